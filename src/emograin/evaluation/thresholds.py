"""Thresholds on scores: F1 at every threshold of a grid, and predictions. `threshold_policies` chooses them."""

from collections.abc import Sequence

import numpy as np

FIXED = 0.3  # the paper's (§4.3)
FREQUENT = 30  # labels with fewer test examples are too noisy to compare systems by
GRID = np.round(np.arange(0.01, 1.0, 0.01), 2)


def f1(true_positives: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Compute F1 from counts, 0 where nothing is predicted and nothing is gold (zero_division=0).

    Args:
        true_positives: Counts of correct predictions, of any shape.
        predicted: Counts of predictions, of that shape.
        actual: Counts of gold labels, of that shape.

    >>> f1(np.array([3, 0]), predicted=np.array([4, 0]), actual=np.array([5, 0])).round(3).tolist()
    [0.667, 0.0]
    """
    total = predicted + actual
    return np.divide(2 * true_positives, total, out=np.zeros(np.shape(total)), where=total > 0)


def f1_at(scores: np.ndarray, labels: np.ndarray, grid: np.ndarray = GRID) -> np.ndarray:
    """Compute F1 of each label at each threshold; a label is predicted if its score is at least the threshold.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        grid: Thresholds in ascending order, (thresholds,).

    Returns:
        F1, (thresholds, labels).
    """
    # One histogram per label instead of one pass per threshold.
    bins = np.searchsorted(grid, scores, side="right")  # number of thresholds that the score reaches
    rows = np.empty((len(grid), scores.shape[1]))
    for column in range(scores.shape[1]):
        predicted = _count_reaching(bins[:, column], len(grid))
        correct = _count_reaching(bins[labels[:, column] > 0, column], len(grid))
        rows[:, column] = f1(correct, predicted, labels[:, column].sum())
    return rows


def apply_thresholds(
    scores: np.ndarray, thresholds: Sequence[float] | np.ndarray, at_least_one: bool = False
) -> np.ndarray:
    """Predict the labels whose scores reach their thresholds: (texts, labels), bool.

    Args:
        scores: Probabilities, (texts, labels).
        thresholds: One threshold per label, (labels,).
        at_least_one: Predict the label with the highest score for a text that reaches no threshold. Rules that compare
            with the thresholds were no better on dev (docs/python.md).

    >>> apply_thresholds(np.array([[0.3, 0.2]]), [0.3, 0.3]).tolist()
    [[True, False]]
    >>> apply_thresholds(np.array([[0.1, 0.2]]), [0.3, 0.3], at_least_one=True).tolist()
    [[False, True]]
    """
    reached = scores >= np.asarray(thresholds)
    if at_least_one and scores.shape[1]:
        none = ~reached.any(axis=1) & ~np.isnan(scores).any(axis=1)
        reached[none, scores[none].argmax(axis=1)] = True
    return reached


def predicted_labels(
    scores: np.ndarray, thresholds: Sequence[float] | np.ndarray, at_least_one: bool = False
) -> list[list[int]]:
    """Return the indices of each text's predicted labels, highest score first.

    Args:
        scores: As for `apply_thresholds`, (texts, labels).
        thresholds: As for `apply_thresholds`.
        at_least_one: As for `apply_thresholds`.

    >>> predicted_labels(np.array([[0.5, 0.1, 0.9], [0.1, 0.2, 0.3]]), [0.4, 0.4, 0.4])
    [[2, 0], []]
    """
    order = np.argsort(-scores, axis=1, kind="stable").tolist()
    reached = apply_thresholds(scores, thresholds, at_least_one).tolist()
    return [[at for at in ranked if above[at]] for ranked, above in zip(order, reached, strict=True)]


def _count_reaching(bins: np.ndarray, size: int) -> np.ndarray:
    """Count the scores that reach each threshold: bins (texts,) -> (thresholds,)."""
    counts = np.bincount(bins, minlength=size + 1)
    return counts[::-1].cumsum()[::-1][1:]


def plateau_middle(curve: np.ndarray, grid: np.ndarray = GRID) -> float:
    """Return the middle of the longest plateau at the maximum of a curve (thresholds,)."""
    best = np.flatnonzero(curve >= curve.max() - 1e-12)
    plateaus = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(plateaus, key=len)
    return float(grid[longest[(len(longest) - 1) // 2]])
