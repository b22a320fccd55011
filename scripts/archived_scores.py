"""Macro F1 on test of runs in results/, from their scores, with thresholds of the current policies.

The results of older runs hold the per-label thresholds of earlier policies, so that they cannot be compared.
"""

from pathlib import Path

from emograin.evaluation.results import read_scores
from emograin.evaluation.significance import macro_f1
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds


def macro_f1_by_policy(folder: Path) -> dict[str, float]:
    """Return threshold policy -> macro F1 on test, with thresholds chosen on dev."""
    _, dev_labels, dev_scores = read_scores(str(folder), "dev")
    _, labels, scores = read_scores(str(folder), "test")
    chosen = choose(dev_scores, dev_labels)
    return {policy: macro_f1(apply_thresholds(scores, values), labels) for policy, values in chosen.items()}
