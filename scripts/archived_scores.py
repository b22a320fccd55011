"""Macro F1 on test of runs in results/, from their scores, with thresholds of the current policies.

The results of older runs hold the per-label thresholds of earlier policies, so that they cannot be compared.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emograin.evaluation.results import read_scores
from emograin.evaluation.significance import INTERVAL, macro_f1, resample_f1
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds

RESAMPLES = 1000  # of the texts


def macro_f1_by_policy(folder: Path) -> dict[str, float]:
    """Return threshold policy -> macro F1 on test, with thresholds chosen on dev."""
    predictions, labels = predict_by_policy(folder)
    return {policy: macro_f1(predicted, labels) for policy, predicted in predictions.items()}


def predict_by_policy(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return threshold policy -> predictions on test (texts, labels), with thresholds chosen on dev; gold labels."""
    _, dev_labels, dev_scores = read_scores(str(folder), "dev")
    _, labels, scores = read_scores(str(folder), "test")
    chosen = choose(dev_scores, dev_labels)
    return {policy: apply_thresholds(scores, values) for policy, values in chosen.items()}, labels


def interval_over_texts(folders: Sequence[Path], policy: str) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over texts of the mean macro F1 on test of several seeds."""
    found = [predict_by_policy(folder) for folder in folders]
    resampled = resample_f1([predictions[policy] for predictions, _ in found], found[0][1], RESAMPLES, 0)
    low, high = np.percentile(resampled.mean(axis=(1, 2)), INTERVAL).tolist()
    return low, high
