"""Thresholds on the scores: fixed, one for all labels, one a label. Chosen on dev, stored with the run."""

from collections.abc import Callable, Sequence

import numpy as np

FIXED = 0.3  # the paper's (§4)
PRIOR = 20  # examples: chosen by cross-validation on dev, see docs/log.md
FREQUENT = 30  # labels with fewer test examples are too noisy to compare systems by
GRID = np.round(np.arange(0.01, 1.0, 0.01), 2)


def f1(true_positives: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """F1 from counts, 0 where nothing is predicted and nothing is there (zero_division=0).

    >>> f1(np.array([3, 0]), predicted=np.array([4, 0]), actual=np.array([5, 0])).round(3).tolist()
    [0.667, 0.0]
    """
    total = predicted + actual
    return np.divide(2 * true_positives, total, out=np.zeros(np.shape(total)), where=total > 0)


def f1_at(scores: np.ndarray, labels: np.ndarray, grid: np.ndarray = GRID) -> np.ndarray:
    """F1 of each label at each threshold; a label is predicted where its score is at least the threshold.

    Args:
        scores: (texts, labels), probabilities.
        labels: (texts, labels), 0 or 1.
        grid: (thresholds,).

    Returns:
        (thresholds, labels).
    """
    # Counts of texts at or above each threshold, from one histogram a label instead of a pass a threshold.
    bins = np.searchsorted(grid, scores, side="right")  # number of thresholds that the score reaches
    rows = np.empty((len(grid), scores.shape[1]))
    for column in range(scores.shape[1]):
        reached = _at_least(bins[:, column], len(grid))
        hit = _at_least(bins[labels[:, column] > 0, column], len(grid))
        rows[:, column] = f1(hit, reached, labels[:, column].sum())
    return rows


def fixed(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:  # noqa: ARG001 - every policy has one signature
    """The paper's 0.3 for every label: (labels,)."""
    return np.full(scores.shape[1], FIXED)


def global_threshold(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The one threshold with the highest macro F1, for every label: (labels,). Of equals, the middle one."""
    return np.full(scores.shape[1], _best(f1_at(scores, labels).mean(axis=1)))


def per_label_unshrunk(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each label the threshold with its highest F1, of equals the middle of the longest stretch: (labels,)."""
    return np.array([_best(curve) for curve in f1_at(scores, labels).T])


def per_label(scores: np.ndarray, labels: np.ndarray, prior: float = PRIOR) -> np.ndarray:
    """For each label its best threshold, drawn towards the one for all where examples are few: (labels,).

    A rare label's F1 is a step function of few examples, and its highest step is mostly luck. A label of n examples
    has weight n / (n + prior), so one without an example gets the one for all, and prior 0 gives each label its best.
    """
    examples = labels.sum(axis=0)
    weight = np.divide(examples, examples + prior, out=np.zeros(len(examples)), where=examples > 0)
    common = global_threshold(scores, labels)
    return common + weight * (per_label_unshrunk(scores, labels) - common)


POLICIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "fixed": fixed,
    "global": global_threshold,
    "per-label": per_label,
}


def choose(scores: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """All policies' thresholds, a value a label, from the dev split's scores and labels (texts, labels)."""
    return {name: policy(scores, labels).tolist() for name, policy in POLICIES.items()}


def predicted(scores: np.ndarray, thresholds: Sequence[float] | np.ndarray) -> np.ndarray:
    """Scores (texts, labels) and thresholds (labels,) -> predictions (texts, labels), bool.

    >>> predicted(np.array([[0.3, 0.2]]), [0.3, 0.3]).tolist()
    [[True, False]]
    """
    return scores >= np.asarray(thresholds)


def _at_least(bins: np.ndarray, size: int) -> np.ndarray:
    """For each threshold, how many scores reach it: (thresholds,)."""
    counts = np.bincount(bins, minlength=size + 1)
    return counts[::-1].cumsum()[::-1][1:]


def _best(curve: np.ndarray, grid: np.ndarray = GRID) -> float:
    """The middle of the longest stretch of thresholds at which the curve is highest."""
    best = np.flatnonzero(curve >= curve.max() - 1e-12)
    stretches = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(stretches, key=len)
    return float(grid[longest[(len(longest) - 1) // 2]])
