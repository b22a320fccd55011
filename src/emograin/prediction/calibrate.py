"""Calibrate a model for texts of one's own, without training: from a labelled sample, or from texts alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..evaluation.calibration_report import POLICY, cross_fit, report
from ..evaluation.expected_f1 import choose_thresholds, common_threshold
from ..evaluation.held_out_scores import HeldOutScores
from ..evaluation.prior_shift import ADAPTATIONS, estimate_priors, match_label_count
from ..evaluation.sample_calibration import fit_sample
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


def calibrate_with_labels(source: ModelSource, scores: np.ndarray, labels: np.ndarray) -> CalibratedModel:
    """Calibrate a model from a labelled sample.

    Args:
        source: The model.
        scores: Its scores of the sample, (texts, labels); texts with NaN are left out.
        labels: Gold labels, (texts, labels) of 0 and 1.

    Raises:
        EmograinError: No text could be read, or none has a label.
    """
    readable = np.isfinite(scores).all(axis=1)
    kept, gold = scores[readable], labels[readable]
    if not len(kept):
        raise EmograinError(f"expected a sample of texts, got {len(scores)}, of which none can be read")
    if not gold.any():
        raise EmograinError(f"none of the {len(kept):,} texts of the sample has a label", "--unlabelled")
    names, thresholds = source.taxonomy.labels, source.thresholds
    fit = fit_sample(kept, gold, common_threshold(thresholds[POLICY]))
    crossed = cross_fit(kept, gold, thresholds) if len(kept) > 1 else None
    figures = report(kept, gold, thresholds, names, fit, crossed)
    _add_shares(figures, source, gold.mean(axis=0))
    figures |= {"labelled": True, "unreadable": int((~readable).sum())}
    held_out = HeldOutScores(fit.calibration(kept) if crossed is None else crossed.scores, gold)
    return CalibratedModel(source.calibrated(fit.calibration, fit.thresholds), held_out, figures)


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
    kept = scores[readable]
    if not len(kept):
        raise EmograinError(f"expected a sample of texts, got {len(scores)}, of which none can be read")
    if known is None:
        raise EmograinError("this model does not know how often each label occurs on dev", "emograin export RUN DIR")
    before = known.mean(axis=0)
    if adaptation == "em":
        calibration = estimate_priors(kept, before).calibration()
    else:
        calibration = match_label_count(kept, float(before.sum()))
    after = calibration(kept)
    thresholds = choose_thresholds(after, common_threshold(source.thresholds[POLICY]))
    figures: dict[str, Any] = {
        "labelled": False,
        "adaptation": adaptation,
        "texts": len(kept),
        "unreadable": int((~readable).sum()),
        "labels": {
            name: {
                "intercept": float(calibration.intercepts[at]),
                "threshold_before": float(source.thresholds[POLICY][at]),
                "threshold": thresholds[POLICY][at],
            }
            for at, name in enumerate(source.taxonomy.labels)
        },
    }
    _add_shares(figures, source, after.mean(axis=0))
    return CalibratedModel(source.calibrated(calibration, thresholds), None, figures)


def _add_shares(figures: dict[str, Any], source: ModelSource, shares: np.ndarray) -> None:
    """Add the share of texts with each label, in the sample and on dev, where that is known."""
    gold = source.held_out_labels()
    for at, row in enumerate(figures["labels"].values()):
        row["share"] = float(shares[at])
        row["share_on_dev"] = None if gold is None else float(gold[:, at].mean())
