"""The scorer protocol of a predictor."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .attributions import WordWeights


class Scorer(Protocol):
    """Scores texts: with onnxruntime for an exported model, with torch for a run folder.

    Attributes:
        limit: Maximum number of word pieces per text.
    """

    limit: int

    def tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        """Return the ids of each text's first `limit` word pieces, and whether it has more (texts,), bool."""

    def score(self, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = ...) -> np.ndarray:
        """Return scores (documents, labels), float32, of word pieces from `tokenize`."""


@runtime_checkable
class Explaining(Protocol):
    """A scorer that computes the contribution of each word to each label's logit, if `explains` is true."""

    explains: bool

    def explain(
        self, texts: Sequence[str], on_progress: Callable[[int], Any]
    ) -> tuple[np.ndarray, np.ndarray, list[WordWeights]]:
        """Return scores (texts, labels), which texts were truncated (texts,), and the word weights of each text."""
