"""Aggregations of the scores of a text's windows, which experiments/document_aggregation.py compares."""

from collections.abc import Callable

import numpy as np

from emograin.prediction.aggregation import EXPONENT, power_mean, weighted_mean

# Scores (windows, labels) and lengths (windows,) -> scores (labels,)
Aggregation = Callable[[np.ndarray, np.ndarray], np.ndarray]


def maximum(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001 - every aggregation has one signature
    """Return the highest score of each label."""
    return scores.max(axis=0)


def noisy_or(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Return the probability that at least one window has the label, if windows were independent."""
    return 1 - (1 - scores).prod(axis=0)


def noisy_or_of_top(count: int) -> Aggregation:
    """Return an aggregation: noisy-or of the `count` highest scores of each label."""

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        return noisy_or(np.sort(scores, axis=0)[-count:], lengths)

    return aggregate


def mean(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Return the mean score of each label."""
    return scores.mean(axis=0)


def top_mean(count: int) -> Aggregation:
    """Return an aggregation: the mean of the `count` highest scores of each label, or of all if there are fewer."""

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
        return np.sort(scores, axis=0)[-count:].mean(axis=0)

    return aggregate


def power_mean_of(exponent: float) -> Aggregation:
    """Return an aggregation: the power mean with an exponent."""

    def aggregate(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:  # noqa: ARG001
        return power_mean(scores, exponent)

    return aggregate


AGGREGATIONS: dict[str, Aggregation] = {
    "maximum": maximum,
    "noisy-or": noisy_or,
    **{f"noisy-or of the top {count}": noisy_or_of_top(count) for count in (2, 3, 5)},
    "mean": mean,
    "length-weighted mean": weighted_mean,
    **{f"mean of the top {count}": top_mean(count) for count in (2, 3)},
    **{f"power mean, {exponent}": power_mean_of(exponent) for exponent in (2, 4, 8, 12, 16, 24)},
}
PRODUCT = f"power mean, {EXPONENT:g}"  # the aggregation of `emograin.prediction.aggregation`
