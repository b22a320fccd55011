"""§4.4: which mixing weight is best, chosen on dev."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..evaluation.thresholds import choose, f1, predicted

WEIGHTS = tuple(round(0.5 + 0.02 * step, 2) for step in range(26))  # 0.50, 0.52 .. 1.00
CHOOSING = "global"  # the threshold policy by which the best weight is chosen


def sweep(scores_by_weight: np.ndarray, labels: np.ndarray, weights: Sequence[float] = WEIGHTS) -> dict[str, Any]:
    """Figures at every weight, each under thresholds chosen again for it, and the best weight.

    Args:
        scores_by_weight: (weights, texts, labels), probabilities of the dev split.
        labels: (texts, labels), 0 or 1, of the dev split.
        weights: (weights,).

    Returns:
        Plain values, ready for JSON. `weights`: for each weight its `policies` (macro_f1 and micro_f1 of each) and
        `thresholds` (a value a label of each policy). `best`: that of the best weight, which has the highest macro F1
        at the best one threshold for all labels; of equals, the one nearest to 1. `chosen_by`: that policy.
    """
    rows = [_figures(float(weight), scores, labels) for weight, scores in zip(weights, scores_by_weight, strict=True)]
    # Rounded, so that a difference in the last bit is a tie.
    best = max(rows, key=lambda row: (round(row["policies"][CHOOSING]["macro_f1"], 12), row["weight"]))
    return {"weights": rows, "best": best, "chosen_by": CHOOSING}


def _figures(weight: float, scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    thresholds = choose(scores, labels)
    policies = {}
    for policy, values in thresholds.items():
        guesses = predicted(scores, values)
        hits, found, actual = (guesses & (labels > 0)).sum(axis=0), guesses.sum(axis=0), labels.sum(axis=0, dtype=int)
        policies[policy] = {
            "macro_f1": float(f1(hits, found, actual).mean()),
            "micro_f1": float(f1(hits.sum(), found.sum(), actual.sum())),
        }
    return {"weight": weight, "policies": policies, "thresholds": thresholds}
