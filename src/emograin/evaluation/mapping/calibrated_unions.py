"""Unions of a model's labels, calibrated on held-out scores: Platt scaling and thresholds of every policy."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...common.errors import EmograinError
from ..calibration.held_out_scores import HeldOutScores
from ..calibration.label_calibration import Calibration, PlattPrior, fit_platt, logit
from ..threshold_policies import choose
from .label_mapping import LabelMapping, unite_labels, unite_scores
from .score_map import Stage

WEAK = PlattPrior(slope_width=1.0, intercept_width=5.0)  # wide: it matters only for unions without examples


def calibrate_unions(
    mapping: LabelMapping,
    labels: Sequence[str],
    thresholds: Mapping[str, Sequence[float]],
    held_out: HeldOutScores | None,
) -> tuple[Stage, dict[str, list[float]]]:
    """Return the step from a model's labels to those of a mapping, and their thresholds.

    A label that stands for a single one of the model keeps its scores. If all do, thresholds are kept, too.

    Args:
        mapping: The mapping.
        labels: Labels of the model.
        thresholds: Threshold policy -> one threshold per label of the model.
        held_out: Scores on labelled texts; None: there are none.

    Raises:
        EmograinError: The mapping names an unknown label, or unites labels without held-out scores.
    """
    members = mapping.members(labels)
    single = np.array([len(each) == 1 for each in members])
    calibration = Calibration.identity(len(members))
    if single.all():
        kept = {policy: [float(values[each[0]]) for each in members] for policy, values in thresholds.items()}
        return Stage(mapping.labels, members, calibration), kept
    if held_out is None:
        raise EmograinError(
            "this model has no held-out scores, which the scores of united labels are calibrated on",
            "a run: export it again, emograin export RUN DIR; a model calibrated without labels: calibrate it with "
            "--group or --mapping at once; or map each label to one of the model",
        )
    scores, gold = unite_scores(held_out.scores, members), unite_labels(held_out.labels, members)
    parameters = fit_platt(logit(scores), gold.astype(np.float64), WEAK)
    parameters[single] = 1.0, 0.0
    calibration = Calibration.platt(parameters)
    return Stage(mapping.labels, members, calibration), choose(calibration(scores), gold)
