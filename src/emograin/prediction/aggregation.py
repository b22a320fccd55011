"""Aggregate the scores of the windows of a text into scores of the text.

experiments/document_aggregation.py compares the `AGGREGATIONS` on dev; docs/log.md says why `DEFAULT` was chosen.
"""

from collections.abc import Callable, Sequence

import numpy as np

# Labels for the absence of emotions. Nearly every long text has a sentence without emotion, so the label applies to the
# text as a whole only by its share: its score is the mean over the windows, weighted by length.
ABSENCE = ("neutral",)
DEFAULT = "power mean, 12"
# Scores (windows, labels) and lengths (windows,) -> scores (labels,)
Aggregation = Callable[[np.ndarray, np.ndarray], np.ndarray]


def maximum(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001 - as all aggregations
    """Return the highest score of each label.

    >>> maximum(np.array([[0.5, 0.25], [0.25, 0.75]]), np.ones(2)).tolist()
    [0.5, 0.75]
    """
    return scores.max(axis=0)


def noisy_or(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Return the probability that at least one window has the label, if windows were independent.

    >>> noisy_or(np.array([[0.5], [0.5]]), np.ones(2)).tolist()
    [0.75]
    """
    return 1 - (1 - scores).prod(axis=0)


def noisy_or_of_top(count: int) -> Aggregation:
    """Return an aggregation: noisy-or of the `count` highest scores of each label, which does not grow without end.

    >>> noisy_or_of_top(2)(np.array([[0.5], [0.5], [0.25]]), np.ones(3)).tolist()
    [0.75]
    """

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return noisy_or(np.sort(scores, axis=0)[-count:], lengths)

    return aggregate


def mean(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Return the mean score of each label.

    >>> mean(np.array([[0.5], [1.0]]), np.array([1, 3])).tolist()
    [0.75]
    """
    return scores.mean(axis=0)


def weighted_mean(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the mean score of each label, weighted by length.

    >>> weighted_mean(np.array([[0.5], [1.0]]), np.array([1, 3])).tolist()
    [0.875]
    """
    return np.average(scores, axis=0, weights=lengths).astype(scores.dtype)


def top_mean(count: int) -> Aggregation:
    """Return an aggregation: the mean of the `count` highest scores of each label, or of all if there are fewer.

    >>> top_mean(2)(np.array([[0.5], [1.0], [0.0]]), np.ones(3)).tolist()
    [0.75]
    """

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
        return np.sort(scores, axis=0)[-count:].mean(axis=0)

    return aggregate


def power_mean(exponent: float) -> Aggregation:
    """Return an aggregation: the power mean, between the mean (1) and the maximum (infinity).

    >>> power_mean(2)(np.array([[0.5], [0.5]]), np.ones(2)).tolist()
    [0.5]
    """

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
        highest = np.maximum(scores.max(axis=0).astype(float), 1e-30)  # as a factor, so that no power is rounded to 0
        return (highest * ((scores / highest) ** exponent).mean(axis=0) ** (1 / exponent)).astype(scores.dtype)

    return aggregate


AGGREGATIONS: dict[str, Aggregation] = {
    "maximum": maximum,
    "noisy-or": noisy_or,
    "noisy-or of the top 2": noisy_or_of_top(2),
    "noisy-or of the top 3": noisy_or_of_top(3),
    "noisy-or of the top 5": noisy_or_of_top(5),
    "mean": mean,
    "length-weighted mean": weighted_mean,
    "mean of the top 2": top_mean(2),
    "mean of the top 3": top_mean(3),
    "power mean, 2": power_mean(2),
    "power mean, 4": power_mean(4),
    "power mean, 8": power_mean(8),
    "power mean, 12": power_mean(12),
    "power mean, 16": power_mean(16),
    "power mean, 24": power_mean(24),
}


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
    found = AGGREGATIONS[DEFAULT](scores, lengths)
    absent = [at for at, label in enumerate(labels) if label in ABSENCE]
    found[absent] = weighted_mean(scores[:, absent], np.maximum(lengths, 1))
    return found
