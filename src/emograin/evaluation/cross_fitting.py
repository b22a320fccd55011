"""Cross-fitted macro F1 on dev: thresholds are chosen on one random half of the texts and applied to the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from .calibration_quality import macro_average_precision
from .significance import INTERVAL, macro_f1, resample_f1, summarize
from .threshold_policies import POLICIES, ThresholdPolicy
from .thresholds import apply_thresholds

HALVINGS = 20
RESAMPLES = 1000  # of the texts; each halving of each system is resampled


def cross_fit_predictions(
    scores: np.ndarray,
    labels: np.ndarray,
    policy: str | ThresholdPolicy = "per-label",
    halvings: int = HALVINGS,
    seed: int = 0,
) -> np.ndarray:
    """Predict every text at thresholds chosen on the half that it is not in, for several random halvings.

    Args:
        scores: Probabilities of the dev split, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        policy: Threshold policy: a key of `POLICIES`, or a function.
        halvings: Number of random halvings.
        seed: Seed of the halvings.

    Returns:
        (halvings, texts, labels), bool.

    Raises:
        EmograinError: There are fewer than two texts.
    """
    if len(scores) < 2:
        raise EmograinError(f"expected two texts or more to halve, got {len(scores)}")
    choose = POLICIES[policy] if isinstance(policy, str) else policy
    random = np.random.default_rng(seed)
    found = np.zeros((halvings, *scores.shape), dtype=bool)
    for predictions in found:
        half = np.zeros(len(scores), dtype=bool)
        half[random.permutation(len(scores))[: len(scores) // 2]] = True
        for chosen_on in (half, ~half):
            thresholds = choose(scores[chosen_on], labels[chosen_on])
            predictions[~chosen_on] = apply_thresholds(scores[~chosen_on], thresholds)
    return found


def compare_cross_fitted(
    systems: Mapping[str, np.ndarray],
    labels: np.ndarray,
    policy: str = "per-label",
    halvings: int = HALVINGS,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Rank systems by cross-fitted macro F1 on dev.

    Args:
        systems: Probabilities of each system, (texts, labels), by name. The first one is what others are compared with.
        labels: Gold labels, (texts, labels) of 0 and 1.
        policy: Threshold policy.
        halvings: Number of random halvings, the same for all systems.
        seed: Seed of the halvings and of the resampling.

    Returns:
        Plain values, highest macro F1 first: `name`, `macro_f1` (mean over halvings), `interval` (95 %, bootstrap over
        texts), `macro_average_precision`, and `difference` to the first system with `low`, `high` and `p_value`, None
        for itself.

    Raises:
        EmograinError: There are fewer than two texts, or the shapes differ.
    """
    rows: list[dict[str, Any]] = []
    first: tuple[float, np.ndarray] | None = None
    for name, scores in systems.items():
        predictions = cross_fit_predictions(scores, labels, policy, halvings, seed)
        resampled = resample_f1(list(predictions), labels, RESAMPLES, seed).mean(axis=(1, 2))  # (resamples,)
        observed = float(np.mean([macro_f1(each, labels) for each in predictions]))
        first = first or (observed, resampled)
        difference = summarize(observed - first[0], resampled - first[1], seed)
        rows.append(
            {
                "name": name,
                "macro_f1": observed,
                "interval": np.percentile(resampled, INTERVAL).tolist(),
                "macro_average_precision": macro_average_precision(scores, labels),
                "difference": difference.difference if len(rows) else None,
                "low": difference.low if len(rows) else None,
                "high": difference.high if len(rows) else None,
                "p_value": difference.p_value if len(rows) else None,
            }
        )
    return sorted(rows, key=lambda row: -row["macro_f1"])
