"""Metrics of an auxiliary task (§3.2.2): of its own head, and of the predicted labels' groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data.taxonomy import Taxonomy
from .calibration_quality import macro_average_precision
from .metrics import metrics_at_thresholds
from .threshold_policies import choose
from .thresholds import apply_thresholds


def evaluate_auxiliary(
    group_scores: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    thresholds: Mapping[str, Sequence[float]],
    taxonomy: Taxonomy,
    grouping: str,
) -> dict[str, Any]:
    """Compute the metrics of an auxiliary task on dev, and those of the groups of the predicted labels.

    The task is multi-label, as the main one. The thresholds of the second head are chosen on these texts by the same
    policies as the main task's were, so that fixed is 0.3 for both.

    Args:
        group_scores: Probabilities of the second head, (texts, groups).
        scores: Probabilities of the main task, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: Threshold policy -> one threshold per label, those of the main task.
        taxonomy: Labels and groupings.
        grouping: The grouping that is the auxiliary task.

    Returns:
        `grouping`, `macro_average_precision` of the second head, and under `policies` for each policy `own_head` and
        `from_labels`: `macro_f1`, `micro_f1`, and under `groups` F1 and support of each group, with the threshold of
        the second head.
    """
    names = taxonomy.groups(grouping)
    gold = taxonomy.to_groups(labels, grouping)
    policies = {}
    for policy, chosen in choose(group_scores, gold).items():
        implied = taxonomy.to_groups(apply_thresholds(scores, thresholds[policy]), grouping)
        from_labels = metrics_at_thresholds(implied.astype(float), gold, [0.5] * len(names), names)
        own_head = metrics_at_thresholds(group_scores, gold, chosen, names)
        policies[policy] = {
            "own_head": _select(own_head, ("threshold", "f1", "support")),
            "from_labels": _select(from_labels, ("f1", "support")),
        }
    return {
        "grouping": grouping,
        "macro_average_precision": macro_average_precision(group_scores, gold),
        "policies": policies,
    }


def _select(metrics: Mapping[str, Any], of_group: Sequence[str]) -> dict[str, Any]:
    """Select macro F1, micro F1, and some metrics of each group."""
    groups = {name: {key: each[key] for key in of_group} for name, each in metrics["labels"].items()}
    return {"macro_f1": metrics["macro_f1"], "micro_f1": metrics["micro_f1"], "groups": groups}
