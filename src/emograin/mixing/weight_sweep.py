"""The sweep over mixing weights on dev, which chooses the best one (§4.4)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..evaluation.thresholds import apply_thresholds, choose, f1

WEIGHTS = tuple(round(0.5 + 0.02 * step, 2) for step in range(26))  # 0.50, 0.52 .. 1.00
CHOOSING_POLICY = "global"  # the threshold policy whose macro F1 chooses the weight


def sweep(scores_by_weight: np.ndarray, labels: np.ndarray, weights: Sequence[float] = WEIGHTS) -> dict[str, Any]:
    """Compute the metrics at every weight, under thresholds chosen for that weight, and choose the best weight.

    Args:
        scores_by_weight: Probabilities of the dev split, (weights, texts, labels).
        labels: Gold labels of the dev split, (texts, labels) of 0 and 1.
        weights: Mixing weights, (weights,).

    Returns:
        Plain values, ready for JSON. `weights`: one entry per weight, with `policies` (macro_f1 and micro_f1 per
        policy) and `thresholds` (one value per label, per policy). `best`: the entry with the highest macro F1 under
        the global threshold; ties: the weight nearest to 1. `chosen_by`: that policy.
    """
    rows = [_evaluate(float(weight), scores, labels) for weight, scores in zip(weights, scores_by_weight, strict=True)]
    # Rounded, so that a difference in the last bit is a tie.
    best = max(rows, key=lambda row: (round(row["policies"][CHOOSING_POLICY]["macro_f1"], 12), row["weight"]))
    return {"weights": rows, "best": best, "chosen_by": CHOOSING_POLICY}


def _evaluate(weight: float, scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    thresholds = choose(scores, labels)
    policies = {}
    for policy, values in thresholds.items():
        guesses = apply_thresholds(scores, values)  # (texts, labels)
        correct, found, gold = (guesses & (labels > 0)).sum(axis=0), guesses.sum(axis=0), labels.sum(axis=0, dtype=int)
        policies[policy] = {
            "macro_f1": float(f1(correct, found, gold).mean()),
            "micro_f1": float(f1(correct.sum(), found.sum(), gold.sum())),
        }
    return {"weight": weight, "policies": policies, "thresholds": thresholds}
