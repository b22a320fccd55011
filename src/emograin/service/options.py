"""Options of a prediction request."""

from typing import NamedTuple


class Options(NamedTuple):
    """Options of a prediction; texts of one batch may differ in them.

    Attributes:
        explain: Compute the contributions of words.
        segments: Predict the labels of each sentence.
        windows: Read long texts whole, not only their beginning.
    """

    explain: bool = False
    segments: bool = False
    windows: bool = True
