"""Report of a calibration: cross-fitted metrics before and after, and a learning curve over the size of the sample."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from ..calibration_quality import brier_score, expected_calibration_error, macro_average_precision
from ..significance import INTERVAL, macro_f1, resample_f1, summarize
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
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """Describe a calibration in plain values, ready for JSON.

    Args:
        scores: The model's scores of the sample, (texts, labels), without NaN.
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds: policy -> one per label.
        names: Names of the labels.
        fit: What was fitted to the whole sample.
        cross_fitted: The same for each fold; None if the sample has a single text.
        groups: Group of each text, (texts,), 0 to groups - 1, such as that of equal texts: a group is in one fold and
            one resample. None: each text is one.

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
            policy: _compare(apply_thresholds(scores, thresholds[policy]), predictions[policy], gold, groups)
            for policy in predictions
        }
        content |= {"before": _quality(scores, labels), "after": _quality(calibrated, labels)}
        # Within a fold the order stays; the final calibration has one fold.
        content["after"]["macro_average_precision"] = macro_average_precision(fit.calibration(scores), labels)
        content["curve"] = learning_curve(scores, labels, thresholds, groups=groups)
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


def cross_fit(
    scores: np.ndarray, labels: np.ndarray, thresholds: Thresholds, seed: int = 0, groups: np.ndarray | None = None
) -> CrossFit:
    """Calibrate and predict each fold of a sample with calibration and thresholds fitted on the other folds.

    Args:
        scores: (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds.
        seed: Seed of the folds.
        groups: As for `report`.
    """
    common = common_threshold(thresholds[POLICY])
    calibrated = np.empty(scores.shape)
    predictions: dict[str, np.ndarray] = {}
    for rest, fold in folds(len(scores), seed, groups=groups):
        fit = fit_sample(scores[rest], labels[rest], common, seed, _within(groups, rest))
        calibrated[fold] = fit.calibration(scores[fold])
        for policy, values in fit.thresholds.items():
            filled = predictions.setdefault(policy, np.zeros(scores.shape, dtype=bool))
            filled[fold] = apply_thresholds(calibrated[fold], values)
    return CrossFit(calibrated, predictions)


def learning_curve(
    scores: np.ndarray,
    labels: np.ndarray,
    thresholds: Thresholds,
    subsets: int = SUBSETS,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Measure macro F1 on a held-out third after calibrations on parts of the rest, over several random divisions.

    Args:
        scores: (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        thresholds: The model's thresholds, which are evaluated at 0 texts.
        subsets: Number of random divisions.
        seed: Seed of the divisions.
        groups: As for `report`; a group is held out as a whole.

    Returns:
        One row per size that the sample allows: `texts`, `macro_f1` (mean), `low` and `high` (minimum and maximum),
        and `standard_error` of the difference to the largest size over the divisions, None for a single one.
    """
    texts, common = len(scores), common_threshold(thresholds[POLICY])
    groups = np.arange(texts) if groups is None else groups
    total = int(groups.max()) + 1
    outside = max(1, round(total * HELD_OUT))
    divisions, largest = [], texts
    for number in range(subsets):
        order = np.random.default_rng([seed, number]).permutation(total)
        held_out, rest = _members(groups, order[:outside]), _members(groups, order[outside:])
        largest = min(largest, len(rest))
        if labels[held_out].any():
            divisions.append((held_out, rest))
    sizes = sorted({0, *(size for size in SIZES if size < largest), largest})
    found = np.empty((len(sizes), len(divisions)))
    for column, (held_out, rest) in enumerate(divisions):
        occur = np.asarray((labels[held_out] > 0).any(axis=0))
        for row, size in enumerate(sizes):
            values, part = scores[held_out], rest[:size]
            chosen = thresholds[POLICY]
            if size:
                fit = fit_sample(scores[part], labels[part], common, seed, _within(groups, part))
                values, chosen = fit.calibration(values), fit.thresholds[POLICY]
            found[row, column] = macro_f1(apply_thresholds(values, chosen), labels[held_out], occur)
    if not divisions:
        return []
    several = len(divisions) > 1
    errors = (found - found[-1]).std(axis=1, ddof=1) / np.sqrt(len(divisions)) if several else np.zeros(len(sizes))
    return [
        {
            "texts": size,
            "macro_f1": float(each.mean()),
            "low": float(each.min()),
            "high": float(each.max()),
            "standard_error": float(error) if several else None,
        }
        for size, each, error in zip(sizes, found, errors, strict=True)
    ]


def enough_texts(curve: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the smallest size from which on a learning curve is within `NEAR` of its end; None if only its end is.

    A size whose difference to the end has a standard error above `NEAR` is not known to be.

    >>> sizes, f1 = (0, 50, 100, 200), (0.3, 0.495, 0.5, 0.5)
    >>> def curve(error):
    ...     return [{"texts": a, "macro_f1": b, "standard_error": error} for a, b in zip(sizes, f1)]
    >>> enough_texts(curve(0.004)), enough_texts(curve(0.02))
    (50, None)
    """
    if not curve:
        return None
    last = curve[-1]["macro_f1"]

    def is_near(row: Mapping[str, Any]) -> bool:
        return row["standard_error"] is not None and max(abs(row["macro_f1"] - last), row["standard_error"]) <= NEAR

    far = [at for at, row in enumerate(curve[:-1]) if not is_near(row)]
    first = far[-1] + 1 if far else 0
    return None if first >= len(curve) - 1 else int(curve[first]["texts"])


def _members(groups: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the indices of the texts of groups, in the order of the groups."""
    places = np.full(int(groups.max()) + 1, len(chosen))
    places[chosen] = np.arange(len(chosen))
    order = np.argsort(places[groups], kind="stable")
    return order[: int(np.isin(groups, chosen).sum())]


def _within(groups: np.ndarray | None, part: np.ndarray) -> np.ndarray | None:
    """Return the groups of some texts, numbered from 0."""
    return None if groups is None else np.unique(groups[part], return_inverse=True)[1]


def _compare(before: np.ndarray, after: np.ndarray, gold: np.ndarray, groups: np.ndarray | None) -> dict[str, Any]:
    """Compare macro F1 over the labels that occur, in the sample or its resample, with 95 % intervals over texts."""
    occur, row = np.asarray(gold.any(axis=0)), {}
    drawn = resample_f1([before, after], gold, RESAMPLES, groups=groups, absent=np.nan)[..., occur]
    drawn = np.nanmean(drawn[~np.isnan(drawn).all(axis=(1, 2))], axis=2)  # (resamples, 2)
    observed = [macro_f1(guesses, gold, occur) for guesses in (before, after)]
    for at, name in enumerate(("before", "after")):
        low, high = np.percentile(drawn[:, at], INTERVAL).tolist()
        row[name] = {"macro_f1": observed[at], "low": low, "high": high}
    change = asdict(summarize(observed[1] - observed[0], drawn[:, 1] - drawn[:, 0], seed=0))
    row["difference"] = {name: change[name] for name in ("difference", "low", "high", "p_value")}
    return row


def _quality(scores: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return the measures that need no threshold."""
    return {
        "macro_average_precision": macro_average_precision(scores, labels),
        "expected_calibration_error": expected_calibration_error(scores, labels),
        "brier_score": brier_score(scores, labels),
    }
