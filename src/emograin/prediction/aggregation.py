"""Aggregate the scores of the windows of a text into scores of the text.

experiments/document_aggregation.py compares the power mean with other aggregations on dev; docs/log.md has the results.
"""

from collections.abc import Sequence

import numpy as np

# Labels for the absence of emotions. Nearly every long text has a sentence without emotion, so the label applies to the
# text as a whole only by its share: its score is the mean over the windows, weighted by length.
ABSENCE = ("neutral",)
EXPONENT = 12.0


def power_mean(scores: np.ndarray, exponent: float = EXPONENT) -> np.ndarray:
    """Return the power mean of the scores of each label, between the mean (1) and the maximum (infinity).

    Args:
        scores: Scores of the windows of a text, (windows, labels).
        exponent: The exponent.

    Returns:
        (labels,).

    >>> power_mean(np.array([[0.25], [0.75]]), 1).tolist()
    [0.5]
    """
    highest = np.maximum(scores.max(axis=0).astype(float), 1e-30)  # as a factor, so that no power is rounded to 0
    return (highest * ((scores / highest) ** exponent).mean(axis=0) ** (1 / exponent)).astype(scores.dtype)


def weighted_mean(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the mean score of each label, weighted by length.

    Args:
        scores: Scores of the windows of a text, (windows, labels).
        lengths: Number of word pieces of each window, (windows,).

    Returns:
        (labels,).

    >>> weighted_mean(np.array([[0.5], [1.0]]), np.array([1, 3])).tolist()
    [0.875]
    """
    return np.average(scores, axis=0, weights=lengths).astype(scores.dtype)


def aggregate(scores: np.ndarray, lengths: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Return the scores of a text, (labels,): those of its window if it has one only.

    Args:
        scores: Scores of its windows, (windows, labels).
        lengths: Number of word pieces of each window, (windows,).
        labels: The labels.

    >>> aggregate(np.array([[0.0, 0.75], [0.5, 0.25]]), np.array([4, 4]), ("joy", "neutral")).round(2).tolist()
    [0.47, 0.5]
    """
    if len(scores) == 1:
        return scores[0]
    aggregated = power_mean(scores)
    absent = [at for at, label in enumerate(labels) if label in ABSENCE]
    aggregated[absent] = weighted_mean(scores[:, absent], np.maximum(lengths, 1))
    return aggregated
