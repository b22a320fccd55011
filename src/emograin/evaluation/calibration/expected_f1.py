"""Thresholds from calibrated scores alone: those with the highest expected F1 (Lewis 1995), without gold labels.

A calibrated score is the probability of its label, so the expected counts of true positives and of gold labels are sums
of scores. Unlike F1 of few examples they are smooth, which makes better thresholds (docs/calibration.md).
"""

from collections.abc import Sequence

import numpy as np

from ..thresholds import FIXED, GRID, f1, plateau_middle

COMMON_TEXTS = 10  # texts at which a common threshold is half way between the model's and the sample's
LABEL_EXAMPLES = 5  # expected examples at which a label's threshold is half way between the common one and its best


def expected_f1_at(probabilities: np.ndarray, grid: np.ndarray = GRID, scores: np.ndarray | None = None) -> np.ndarray:
    """Compute the expected F1 of each label at each threshold, as a ratio of expected counts.

    Args:
        probabilities: Calibrated probabilities, (texts, labels).
        grid: Thresholds in any order, (thresholds,).
        scores: Scores that the thresholds are for, (texts, labels); None: the probabilities.

    Returns:
        (thresholds, labels).

    >>> expected_f1_at(np.array([[0.75], [0.25]]), np.array([0.2, 0.5])).round(3).tolist()
    [[0.667], [0.75]]
    """
    compared = probabilities if scores is None else scores
    curves = np.empty((len(grid), probabilities.shape[1]))
    for label in range(probabilities.shape[1]):
        order = np.argsort(-compared[:, label], kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(probabilities[order, label])])
        reached = np.searchsorted(-compared[order, label], -grid, side="right")  # texts that reach each threshold
        curves[:, label] = f1(sums[reached], reached.astype(np.float64), np.full(len(grid), sums[-1]))
    return curves


def choose_thresholds(scores: np.ndarray, common: float) -> dict[str, list[float]]:
    """Choose the thresholds of every policy for the texts of a sample.

    The best common threshold is shrunk towards the model's by the number of texts, and each label's best threshold
    towards the common one by the number of its expected examples: without texts, all thresholds are the model's.

    Args:
        scores: Calibrated probabilities of the sample, (texts, labels).
        common: The model's common threshold, chosen on dev.

    Returns:
        Threshold policy -> one threshold per label.
    """
    labels, texts = scores.shape[1], len(scores)
    curves = expected_f1_at(scores)
    best = plateau_middle(curves.mean(axis=1)) if texts else common
    common += texts / (texts + COMMON_TEXTS) * (best - common)
    examples = scores.sum(axis=0)
    own = np.array([plateau_middle(curve) for curve in curves.T])
    per_label = common + examples / (examples + LABEL_EXAMPLES) * (own - common)
    return {"fixed": [FIXED] * labels, "global": [float(common)] * labels, "per-label": per_label.tolist()}


def common_threshold(thresholds: Sequence[float]) -> float:
    """Return one threshold for labels that have different ones: the median."""
    return float(np.median(thresholds))
