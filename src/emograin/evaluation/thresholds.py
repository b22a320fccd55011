"""Threshold policies: a fixed threshold, a global one, one per label. The last two are chosen on dev."""

from collections.abc import Callable, Sequence

import numpy as np

FIXED = 0.3  # the paper's (§4.3)
SHRINKAGE = 20  # examples; chosen by cross-validation on dev, see docs/log.md
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


def fixed(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:  # noqa: ARG001 - every policy has one signature
    """The paper's 0.3, repeated for every label: (labels,)."""
    return np.full(scores.shape[1], FIXED)


def global_threshold(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The threshold with the highest macro F1, repeated for every label: (labels,). Ties: the middle one."""
    return np.full(scores.shape[1], plateau_middle(f1_at(scores, labels).mean(axis=1)))


def per_label_unshrunk(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The threshold with the highest F1 per label: (labels,). Ties: the middle of the longest plateau."""
    return np.array([plateau_middle(curve) for curve in f1_at(scores, labels).T])


def per_label(scores: np.ndarray, labels: np.ndarray, shrinkage: float = SHRINKAGE) -> np.ndarray:
    """The best threshold per label, shrunk towards the global one for rare labels: (labels,).

    F1 of a rare label is a step function of few examples, and its highest step is mostly luck. The best threshold of a
    label with n examples has weight n / (n + shrinkage): without examples the label gets the global threshold, and
    with a shrinkage of 0 its best one.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        shrinkage: Number of examples at which both thresholds have equal weight.
    """
    examples = labels.sum(axis=0)
    weight = np.divide(examples, examples + shrinkage, out=np.zeros(len(examples)), where=examples > 0)
    common = global_threshold(scores, labels)
    return common + weight * (per_label_unshrunk(scores, labels) - common)


POLICIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "fixed": fixed,
    "global": global_threshold,
    "per-label": per_label,
}


def choose(scores: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Choose the thresholds of every policy from dev: policy -> one threshold per label.

    Args:
        scores: Probabilities of the dev split, (texts, labels).
        labels: Gold labels of the dev split, (texts, labels) of 0 and 1.
    """
    return {name: policy(scores, labels).tolist() for name, policy in POLICIES.items()}


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
