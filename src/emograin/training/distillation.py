"""Soft targets: a teacher's scores of the training texts, mixed with their gold labels (Hinton et al., 2015, §2)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import disk_errors
from ..data.corpus import Split
from ..data.taxonomy import Taxonomy
from ..models.config import Training
from ..models.run_folder import RunFolder
from ..prediction.predictor import load

SCORES = "teacher.npy"  # in the run folder: a resumed training has the same targets, whatever became of the teacher


def soft_targets(
    settings: Training,
    split: Split,
    taxonomy: Taxonomy,
    run: RunFolder,
    kept: bool = False,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """What is learned: gold labels, or (1 - share) * gold labels + share * the teachers' mean scores.

    Binary cross entropy is linear in its targets, so this is the mixture of the two losses, at temperature 1.

    Args:
        settings: `teacher`, and `distillation_weight` for the share.
        split: Texts with gold labels; of a text that a teacher cannot read the gold labels are kept.
        taxonomy: The student's; the teachers' labels must be the same.
        run: The student's; the mean scores are left there.
        kept: Take the mean scores from there, if they are.
        on_progress: Called with a number of texts when a teacher has scored them.

    Returns:
        (texts, labels), in [0, 1].

    Raises:
        EmograinError: A teacher has other labels, or none is there; the kept scores are damaged.
    """
    if settings.teacher is None:
        return split.labels
    path = run.path / SCORES
    if kept and path.is_file():
        scores = _read(path, split.labels.shape)
    else:
        scores = np.mean([_scores(teacher, split, taxonomy, on_progress) for teacher in settings.teachers], axis=0)
        with disk_errors(path):
            run.path.mkdir(parents=True, exist_ok=True)
            np.save(path, scores)
    mixed = split.labels + settings.distillation_weight * (scores - split.labels)
    return np.where(np.isnan(scores), split.labels, mixed).astype(np.float32)


def _scores(teacher: str, split: Split, taxonomy: Taxonomy, on_progress: Callable[[int], Any]) -> np.ndarray:
    predictor = load(teacher)
    if predictor.labels != taxonomy.labels:
        raise EmograinError(
            f"the teacher {teacher!r} has the labels {', '.join(predictor.labels)}; "
            f"the student has {', '.join(taxonomy.labels)}",
            "teachers are trained on the student's taxonomy",
        )
    return predictor.predict(split.texts, on_progress).scores


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        scores = np.load(path)
    except (OSError, ValueError, EOFError):
        scores = np.empty(0)
    if scores.shape != shape:
        raise EmograinError(
            f"{str(path)!r} is damaged, or of other texts: expected scores of {shape[0]:,} texts and {shape[1]} labels",
            "delete it; the teacher scores the texts again",
        )
    return scores
