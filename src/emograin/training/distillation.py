"""Knowledge distillation: soft targets from teachers' scores and gold labels (Hinton et al., 2015, §2)."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import write_atomically
from ..data.corpus import Split
from ..data.taxonomy import Taxonomy
from ..models.config import Training
from ..models.run_folder import RunFolder
from ..prediction.predictor import load
from ..prediction.shipped_model import named_model
from .teacher_scores import SUFFIX, other_labels, read_teacher_scores

SCORES = "teacher.npy"  # in the run folder: a resumed training has the same targets even if the teacher has changed


def soft_targets(
    settings: Training,
    split: Split,
    taxonomy: Taxonomy,
    run: RunFolder,
    reuse: bool = False,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """Return the training targets: (1 - weight) * gold labels + weight * mean scores of the teachers.

    Binary cross entropy is linear in its targets, so this is the weighted sum of the two losses, at softmax
    temperature 1. Without a teacher the targets are the gold labels.

    A teacher is a model, or a file of scores (`teacher_scores`). With a weight of 1 texts need no labels; with another
    one, a text without labels has none of them.

    Args:
        settings: Settings with the teachers and the `distillation_weight`.
        split: Texts with gold labels; a text that the teachers cannot score has its gold labels as targets.
        taxonomy: Labels of the student, which must be those of the teachers.
        run: Run folder of the student; the teachers' mean scores are saved in it.
        reuse: Read the mean scores from the run folder if they have been saved.
        on_progress: Called with the number of texts scored, after each batch.

    Returns:
        (texts, labels), in [0, 1].

    Raises:
        EmograinError: A teacher is missing or has other labels; a text has neither labels nor a score; or the saved
            scores are damaged.
    """
    if settings.teacher is None:
        return split.labels
    path = run.path / SCORES
    if reuse and path.is_file():
        scores = _read_scores(path, split.labels.shape)
    else:
        found = [_score(teacher, split, taxonomy, on_progress) for teacher in settings.teachers]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a text that no teacher can score: NaN
            scores = np.nanmean(found, axis=0)
        _write_scores(path, scores)
    if len(unscored := np.flatnonzero(np.isnan(scores).any(axis=1) & ~split.labels.any(axis=1))):
        raise EmograinError(
            f"{len(unscored):,} of {len(split):,} texts of {split.name} have neither labels nor a teacher's score, "
            f"such as {split.ids[unscored[0]]!r}",
            "score them with each teacher: python scripts/teacher_scores.py",
        )
    mixed = split.labels + settings.distillation_weight * (scores - split.labels)
    return np.where(np.isnan(scores), split.labels, mixed).astype(np.float32)


def _score(teacher: str, split: Split, taxonomy: Taxonomy, on_progress: Callable[[int], Any]) -> np.ndarray:
    """Score a split with one teacher: (texts, labels), NaN for texts that it cannot score."""
    if Path(teacher).suffix == SUFFIX:
        return read_teacher_scores(Path(teacher), split, taxonomy)
    predictor = load(named_model(teacher))
    if predictor.labels != taxonomy.labels:
        raise other_labels(teacher, predictor.labels, taxonomy)
    return predictor.predict(split.texts, on_progress=on_progress).scores


def _write_scores(path: Path, scores: np.ndarray) -> None:
    def write(part: Path) -> None:
        with part.open("wb") as file:  # given a name, np.save would append .npy to it
            np.save(file, scores)

    write_atomically(path, write)


def _read_scores(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read saved scores and check their shape (texts, labels)."""
    try:
        scores = np.load(path)
    except (OSError, ValueError, EOFError):
        scores = np.empty(0)
    if scores.shape != shape:
        raise EmograinError(
            f"{str(path)!r} is damaged or belongs to other texts: "
            f"expected scores of {shape[0]:,} texts and {shape[1]} labels",
            "delete it to score the texts again",
        )
    return scores
