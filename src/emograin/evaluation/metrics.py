"""Metrics of scores: micro, macro and weighted F1, average precision, calibration error; for every threshold policy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    hamming_loss,
    precision_recall_fscore_support,
)

from .calibration_quality import expected_calibration_error, macro_average_precision
from .thresholds import FREQUENT, apply_thresholds


def evaluate(
    scores: np.ndarray,
    labels: np.ndarray,
    thresholds: Mapping[str, Sequence[float]],
    names: Sequence[str],
    at_least_one: bool = False,
) -> dict[str, Any]:
    """Compute all metrics of one split.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: Threshold policy -> one threshold per label.
        names: Names of the labels.
        at_least_one: Predict the label with the highest score for a text that reaches no threshold.

    Returns:
        Plain values, ready for JSON: `texts`, `macro_average_precision`, `expected_calibration_error`, and under
        `policies` the metrics at the thresholds of each policy.
    """
    return {
        "texts": len(scores),
        "macro_average_precision": macro_average_precision(scores, labels),
        "expected_calibration_error": expected_calibration_error(scores, labels),
        "policies": {
            policy: metrics_at_thresholds(scores, labels, values, names, at_least_one)
            for policy, values in thresholds.items()
        },
    }


def metrics_at_thresholds(
    scores: np.ndarray,
    labels: np.ndarray,
    thresholds: Sequence[float],
    names: Sequence[str],
    at_least_one: bool = False,
) -> dict[str, Any]:
    """Compute the metrics of predictions at given thresholds.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: One threshold per label, (labels,).
        names: Names of the labels.
        at_least_one: Predict the label with the highest score for a text that reaches no threshold.

    Returns:
        macro_f1 (mean of the labels' F1, zero_division=0), macro_f1_frequent (over the labels with at least `FREQUENT`
        examples in this split; None without such labels), macro_f1_occurring (over those with an example; None without
        any), frequent_labels and occurring_labels (their numbers), micro_f1, weighted_f1, subset_accuracy,
        hamming_loss, and `labels`: threshold, precision, recall, f1 and support per label.
    """
    guesses = apply_thresholds(scores, thresholds, at_least_one)
    # An array of one column is a binary task to scikit-learn, whose classes are 0 and 1.
    options: dict[str, Any] = {"labels": [1] if len(names) == 1 else None, "zero_division": 0}
    precision, recall, f1, support = precision_recall_fscore_support(labels, guesses, average=None, **options)
    frequent, occurring = support >= FREQUENT, support > 0
    return {
        "macro_f1": float(f1.mean()),
        "macro_f1_frequent": float(f1[frequent].mean()) if frequent.any() else None,
        "frequent_labels": int(frequent.sum()),
        "macro_f1_occurring": float(f1[occurring].mean()) if occurring.any() else None,
        "occurring_labels": int(occurring.sum()),
        "micro_f1": float(f1_score(labels, guesses, average="micro", **options)),
        "weighted_f1": float(f1_score(labels, guesses, average="weighted", **options)),
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
