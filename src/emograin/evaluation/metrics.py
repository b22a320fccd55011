"""Scores -> figures: F1 in all its averages, average precision, calibration; under every threshold policy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hamming_loss,
    precision_recall_fscore_support,
)

from .thresholds import FREQUENT, predicted


def evaluate(
    scores: np.ndarray, labels: np.ndarray, thresholds: Mapping[str, Sequence[float]], names: Sequence[str]
) -> dict[str, Any]:
    """Every figure of one split.

    Args:
        scores: (texts, labels), probabilities.
        labels: (texts, labels), 0 or 1.
        thresholds: Policy -> a threshold a label.
        names: The labels' names.

    Returns:
        Plain values, ready for JSON: `texts`, `macro_average_precision`, `expected_calibration_error`, and under
        `policies` the metrics at each policy's thresholds.
    """
    return {
        "texts": len(scores),
        "macro_average_precision": macro_average_precision(scores, labels),
        "expected_calibration_error": expected_calibration_error(scores, labels),
        "policies": {policy: at_thresholds(scores, labels, values, names) for policy, values in thresholds.items()},
    }


def at_thresholds(
    scores: np.ndarray, labels: np.ndarray, thresholds: Sequence[float], names: Sequence[str]
) -> dict[str, Any]:
    """Figures of predictions at given thresholds.

    Args:
        scores: (texts, labels), probabilities.
        labels: (texts, labels), 0 or 1.
        thresholds: (labels,).
        names: The labels' names.

    Returns:
        macro_f1 (mean of per-label F1, zero_division=0), macro_f1_frequent (over labels with at least `FREQUENT`
        examples in this split, None if there are none), micro_f1, weighted_f1, subset_accuracy, hamming_loss, and
        `labels`: a row a label.
    """
    guesses = predicted(scores, thresholds)
    precision, recall, f1, support = precision_recall_fscore_support(labels, guesses, average=None, zero_division=0)
    frequent = support >= FREQUENT
    return {
        "macro_f1": float(f1.mean()),
        "macro_f1_frequent": float(f1[frequent].mean()) if frequent.any() else None,
        "frequent_labels": int(frequent.sum()),
        "micro_f1": float(f1_score(labels, guesses, average="micro", zero_division=0)),
        "weighted_f1": float(f1_score(labels, guesses, average="weighted", zero_division=0)),
        "subset_accuracy": float(accuracy_score(labels, guesses)),
        "hamming_loss": float(hamming_loss(labels, guesses)),
        "labels": {
            name: {
                "threshold": float(thresholds[at]),
                "precision": float(precision[at]),
                "recall": float(recall[at]),
                "f1": float(f1[at]),
                "support": int(support[at]),
            }
            for at, name in enumerate(names)
        },
    }


def macro_average_precision(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean of average precision over the labels that have an example; None if none has.

    Args:
        scores: (texts, labels), probabilities.
        labels: (texts, labels), 0 or 1.
    """
    present = labels.any(axis=0)
    if not present.any():
        return None
    return float(average_precision_score(labels[:, present], scores[:, present], average="macro"))


def expected_calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over all (text, label) pairs: |mean score - share of positives|, weighted by bin.

    Args:
        scores: (texts, labels), probabilities.
        labels: (texts, labels), 0 or 1.
        bins: Bins of equal width on [0, 1].

    >>> expected_calibration_error(np.array([[0.9], [0.9]]), np.array([[1], [0]])).__round__(3)
    0.4
    """
    flat, truth = scores.ravel().astype(np.float64), labels.ravel()
    which = np.minimum((flat * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=flat, minlength=bins) - np.bincount(which, weights=truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(flat))
