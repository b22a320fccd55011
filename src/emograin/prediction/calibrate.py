"""Calibrate a model for texts of one's own, without training: from a labelled sample, or from texts alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..data.text import normalized
from ..evaluation.calibration.expected_f1 import choose_thresholds, common_threshold
from ..evaluation.calibration.held_out_scores import HeldOutScores
from ..evaluation.calibration.prior_shift import ADAPTATIONS, estimate_priors, match_label_count
from ..evaluation.calibration.report import POLICY, cross_fit, report
from ..evaluation.calibration.sample_calibration import fit_sample
from .model_source import ModelSource


@dataclass(frozen=True)
class CalibratedModel:
    """A model with calibrated scores and thresholds, for `calibrated_folder.write_calibrated`.

    Attributes:
        source: The model.
        held_out: Scores of the sample, each calibrated by the other folds, with gold labels; None without labels.
        report: Metrics as plain values, ready for JSON.
    """

    source: ModelSource
    held_out: HeldOutScores | None
    report: dict[str, Any]


def calibrate_with_labels(
    source: ModelSource, scores: np.ndarray, labels: np.ndarray, texts: Sequence[str] | None = None
) -> CalibratedModel:
    """Calibrate a model from a labelled sample.

    Args:
        source: The model.
        scores: Its scores of the sample, (texts, labels); texts with NaN are left out.
        labels: Gold labels, (texts, labels) of 0 and 1.
        texts: The texts, (texts,): equal ones, such as those of several raters, are never on both sides of a
            cross-fitting, and are resampled together. None: all are different.

    Raises:
        EmograinError: No text could be read, or none has a label.
    """
    readable = np.isfinite(scores).all(axis=1)
    readable_scores, gold = scores[readable], labels[readable]
    if not len(readable_scores):
        raise EmograinError(f"expected a sample of texts, got {len(scores)}, of which none can be read")
    if not gold.any():
        raise EmograinError(f"none of the {len(readable_scores):,} texts of the sample has a label", "--unlabelled")
    names, thresholds = source.taxonomy.labels, source.thresholds
    groups = _group_equal([text for text, kept in zip(texts, readable, strict=True) if kept]) if texts else None
    different = len(gold) if groups is None else int(groups.max()) + 1
    fit = fit_sample(readable_scores, gold, common_threshold(thresholds[POLICY]), groups=groups)
    crossed = cross_fit(readable_scores, gold, thresholds, groups=groups) if different > 1 else None
    metrics = report(readable_scores, gold, thresholds, names, fit, crossed, groups)
    metrics["different_texts"] = different
    _add_shares(metrics, source, gold.mean(axis=0))
    metrics |= {"labelled": True, "unreadable": int((~readable).sum())}
    held_out = HeldOutScores(fit.calibration(readable_scores) if crossed is None else crossed.scores, gold)
    return CalibratedModel(source.calibrated(fit.calibration, fit.thresholds), held_out, metrics)


def calibrate_without_labels(source: ModelSource, scores: np.ndarray, adaptation: str) -> CalibratedModel:
    """Adapt a model to a sample without labels, which is weaker.

    Args:
        source: The model.
        scores: Its scores of the sample, (texts, labels); texts with NaN are left out.
        adaptation: One of `prior_shift.ADAPTATIONS`.

    Raises:
        EmograinError: No text could be read, the adaptation is unknown, or the model has no held-out scores.
    """
    if adaptation not in ADAPTATIONS:
        raise unknown_name("adaptation", adaptation, ADAPTATIONS)
    known = source.held_out_labels()
    readable = np.isfinite(scores).all(axis=1)
    readable_scores = scores[readable]
    if not len(readable_scores):
        raise EmograinError(f"expected a sample of texts, got {len(scores)}, of which none can be read")
    if known is None:
        raise EmograinError(
            "the share of each label on dev is not stored in this model",
            "calibrate the model it was made of; a run: emograin export RUN DIR",
        )
    shares_on_dev = known.mean(axis=0)
    if adaptation == "em":
        calibration = estimate_priors(readable_scores, shares_on_dev).calibration()
    else:
        calibration = match_label_count(readable_scores, float(shares_on_dev.sum()))
    calibrated = calibration(readable_scores)
    thresholds = choose_thresholds(calibrated, common_threshold(source.thresholds[POLICY]))
    metrics: dict[str, Any] = {
        "labelled": False,
        "adaptation": adaptation,
        "texts": len(readable_scores),
        "unreadable": int((~readable).sum()),
        "labels": {
            name: {
                "intercept": float(calibration.intercepts[index]),
                "threshold_before": float(source.thresholds[POLICY][index]),
                "threshold": thresholds[POLICY][index],
            }
            for index, name in enumerate(source.taxonomy.labels)
        },
    }
    _add_shares(metrics, source, calibrated.mean(axis=0))
    return CalibratedModel(source.calibrated(calibration, thresholds), None, metrics)


def _group_equal(texts: Sequence[str]) -> np.ndarray | None:
    """Number texts, (texts,), with one number for those that are equal but for case; None if all are different."""
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(normalized(text), len(numbers)) for text in texts]
    return np.array(groups) if len(numbers) < len(groups) else None


def _add_shares(metrics: dict[str, Any], source: ModelSource, shares: np.ndarray) -> None:
    """Add the share of texts with each label, in the sample and on dev, where that is known."""
    gold = source.held_out_labels()
    for index, row in enumerate(metrics["labels"].values()):
        row["share"] = float(shares[index])
        row["share_on_dev"] = None if gold is None else float(gold[:, index].mean())
