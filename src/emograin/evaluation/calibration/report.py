"""Report of a calibration: cross-fitted metrics before and after, and a learning curve over the size of the sample."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from ..calibration_quality import brier_score, expected_calibration_error, macro_average_precision
from ..significance import INTERVAL, macro_f1, paired_bootstrap, resample_f1
from ..thresholds import apply_thresholds
from .expected_f1 import common_threshold
from .sample_calibration import SampleFit, fit_sample, folds

SIZES = (10, 25, 50, 100, 200, 400, 800, 1600, 3200)
SUBSETS = 5
HELD_OUT = 1 / 3  # of the sample, for the learning curve
NEAR = 0.01  # of macro F1: a sample whose curve is this close to its end is large enough
RESAMPLES = 2000
POLICY = "per-label"

Thresholds = Mapping[str, Sequence[float]]


class CrossFit(NamedTuple):
    """Calibrations of each fold of a sample by the other folds.

    Attributes:
        scores: Calibrated scores, (texts, labels).
        predictions: Threshold policy -> predictions, (texts, labels), bool.
    """

    scores: np.ndarray
    predictions: dict[str, np.ndarray]


def report(
    scores: np.ndarray,
    labels: np.ndarray,
    thresholds: Thresholds,
    names: Sequence[str],
    fit: SampleFit,
    cross_fitted: "CrossFit | None",
) -> dict[str, Any]:
    """Describe a calibration in plain values, ready for JSON.

    Args:
        scores: The model's scores of the sample, (texts, labels), without NaN.
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds: policy -> one per label.
        names: Names of the labels.
        fit: What was fitted to the whole sample.
        cross_fitted: The same for each fold; None if the sample has a single text.

    Returns:
        `texts`; `policies`, macro F1 over the labels that occur, before and after, cross-fitted, with 95 % intervals;
        `before` and `after` with the measures that need no threshold; `labels`; and `curve`.
    """
    gold = labels > 0
    occur = np.asarray(gold.any(axis=0))
    content: dict[str, Any] = {"texts": len(scores), "labels_that_occur": int(occur.sum())}
    if cross_fitted is not None and occur.any():
        calibrated, predictions = cross_fitted
        content["policies"] = {
            policy: _compare(apply_thresholds(scores, thresholds[policy]), predictions[policy], gold, occur)
            for policy in predictions
        }
        content |= {"before": _quality(scores, labels), "after": _quality(calibrated, labels)}
        # Within a fold the order stays; the final calibration has one fold.
        content["after"]["macro_average_precision"] = macro_average_precision(fit.calibration(scores), labels)
        content["curve"] = learning_curve(scores, labels, thresholds)
        content["enough_texts"] = enough_texts(content["curve"])
    content["labels"] = {
        name: {
            "examples": int(gold[:, index].sum()),
            "calibration": fit.calibration.kinds[index],
            "slope": float(fit.calibration.slopes[index]),
            "intercept": float(fit.calibration.intercepts[index]),
            "threshold_before": float(thresholds[POLICY][index]),
            "threshold": float(fit.thresholds[POLICY][index]),
        }
        for index, name in enumerate(names)
    }
    return content


def cross_fit(scores: np.ndarray, labels: np.ndarray, thresholds: Thresholds, seed: int = 0) -> CrossFit:
    """Calibrate and predict each fold of a sample with calibration and thresholds fitted on the other folds.

    Args:
        scores: (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds.
        seed: Seed of the folds.
    """
    common = common_threshold(thresholds[POLICY])
    calibrated = np.empty(scores.shape)
    predictions: dict[str, np.ndarray] = {}
    for rest, fold in folds(len(scores), seed):
        fit = fit_sample(scores[rest], labels[rest], common, seed)
        calibrated[fold] = fit.calibration(scores[fold])
        for policy, values in fit.thresholds.items():
            filled = predictions.setdefault(policy, np.zeros(scores.shape, dtype=bool))
            filled[fold] = apply_thresholds(calibrated[fold], values)
    return CrossFit(calibrated, predictions)


def learning_curve(
    scores: np.ndarray, labels: np.ndarray, thresholds: Thresholds, subsets: int = SUBSETS, seed: int = 0
) -> list[dict[str, Any]]:
    """Measure macro F1 on a held-out third after calibrations on parts of the rest, over several random divisions.

    Args:
        scores: (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds, which are evaluated at 0 texts.
        subsets: Number of random divisions.
        seed: Seed of the divisions.

    Returns:
        One row per size that the sample allows: `texts`, `macro_f1` (mean), `low` and `high` (minimum and maximum).
    """
    texts, common = len(scores), common_threshold(thresholds[POLICY])
    outside = max(1, round(texts * HELD_OUT))
    sizes = sorted({0, *(size for size in SIZES if size < texts - outside), texts - outside})
    found: dict[int, list[float]] = {size: [] for size in sizes}
    for number in range(subsets):
        order = np.random.default_rng([seed, number]).permutation(texts)
        held_out, rest = order[:outside], order[outside:]
        occur = np.asarray((labels[held_out] > 0).any(axis=0))
        if not occur.any():
            continue
        for size in sizes:
            values, part = scores[held_out], rest[:size]
            chosen = thresholds[POLICY]
            if size:
                fit = fit_sample(scores[part], labels[part], common, seed)
                values, chosen = fit.calibration(values), fit.thresholds[POLICY]
            found[size].append(macro_f1(apply_thresholds(values, chosen), labels[held_out], occur))
    return [
        {"texts": size, "macro_f1": float(np.mean(each)), "low": min(each), "high": max(each)}
        for size, each in found.items()
        if each
    ]


def enough_texts(curve: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the smallest size from which on a learning curve stays within `NEAR` of its end; None if only its end is.

    >>> enough_texts([{"texts": size, "macro_f1": f1} for size, f1 in ((0, 0.3), (50, 0.495), (100, 0.5), (200, 0.5))])
    50
    """
    if not curve:
        return None
    last = curve[-1]["macro_f1"]
    far = [at for at, row in enumerate(curve) if abs(row["macro_f1"] - last) > NEAR]
    first = far[-1] + 1 if far else 0
    return None if first >= len(curve) - 1 else int(curve[first]["texts"])


def _compare(before: np.ndarray, after: np.ndarray, gold: np.ndarray, occur: np.ndarray) -> dict[str, Any]:
    """Compare macro F1 over the labels that occur, with 95 % intervals over texts."""
    row: dict[str, Any] = {}
    drawn = resample_f1([before, after], gold, RESAMPLES)[..., occur].mean(axis=2)  # (resamples, 2)
    for name, guesses, values in (("before", before, drawn[:, 0]), ("after", after, drawn[:, 1])):
        low, high = np.percentile(values, INTERVAL).tolist()
        row[name] = {"macro_f1": macro_f1(guesses, gold, occur), "low": low, "high": high}
    change = asdict(paired_bootstrap(after, before, gold, occur, RESAMPLES))
    row["difference"] = {name: change[name] for name in ("difference", "low", "high", "p_value")}
    return row


def _quality(scores: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return the measures that need no threshold."""
    return {
        "macro_average_precision": macro_average_precision(scores, labels),
        "expected_calibration_error": expected_calibration_error(scores, labels),
        "brier_score": brier_score(scores, labels),
    }
