"""Threshold policies: a fixed threshold, a global one, one per label. The last two are chosen on dev."""

from collections.abc import Callable

import numpy as np

from .calibration.expected_f1 import expected_f1_at
from .calibration.label_calibration import Calibration
from .calibration.sample_calibration import fit_shrunk_platt
from .thresholds import FIXED, f1_at, plateau_middle

ThresholdPolicy = Callable[[np.ndarray, np.ndarray], np.ndarray]  # scores, gold labels -> (labels,)


def fixed(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:  # noqa: ARG001 - every policy has one signature
    """The paper's 0.3, repeated for every label: (labels,)."""
    return np.full(scores.shape[1], FIXED)


def global_threshold(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The threshold with the highest macro F1, repeated for every label: (labels,). Ties: the middle one."""
    return np.full(scores.shape[1], plateau_middle(f1_at(scores, labels).mean(axis=1)))


def per_label(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The threshold with the highest expected F1 per label: (labels,). Ties: the middle of the longest plateau.

    F1 of a rare label is a step function of few examples, and its maximum is mostly noise. Expected F1 is smooth:
    the scores of all texts, calibrated by shrunk Platt scaling, replace their gold labels. On GoEmotions' dev split
    it makes better thresholds than the highest F1, shrunk or not (docs/log.md). A label without examples gets the
    global threshold.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
    """
    calibrated = Calibration.platt(fit_shrunk_platt(scores, labels))(scores)
    best = np.array([plateau_middle(curve) for curve in expected_f1_at(calibrated, scores=scores).T])
    return np.where(labels.any(axis=0), best, global_threshold(scores, labels))


POLICIES: dict[str, ThresholdPolicy] = {
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
