"""Which trainings an experiment needs, and which are there: known by what decides the weights, not by a name."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from statistics import median
from typing import Any

from ..common.errors import EmograinError
from ..data.corpus import Corpus, fingerprint, training_fingerprint
from ..evaluation.results import read_curve
from ..models.config import Training
from ..models.run_folder import RunFolder
from .experiment import Experiment

# Settings that leave the course of a training as it is: where texts lie, how often dev is looked at, memory; the
# encoder is compared by its name.
APART = ("data", "text_column", "label_column", "evaluate_every", "micro_batch_size", "encoder")


@dataclass(frozen=True)
class Planned:
    """A training that rows need, and what is there of it.

    Attributes:
        settings: What to train; those of the run in `run`, where there is one.
        run: Its folder.
        state: "finished", "begun" or "absent".
        rows: Names of the rows that use its weights.
    """

    settings: Training
    run: RunFolder
    state: str
    rows: tuple[str, ...]


def plan(experiment: Experiment, corpus: Corpus, folder: Path) -> list[Planned]:
    """Every training that is needed, with the run that is there for it, whatever that is called.

    Args:
        experiment: What is to be remade.
        corpus: Its data.
        folder: Of run folders.

    Raises:
        EmograinError: A run folder cannot be read, or one is in the way of another training.
    """
    splits = [fingerprint(corpus.split(name)) for name in ("train", "dev")]
    there = [RunFolder(path.parent) for path in sorted(folder.glob("*/run.json"))]
    planned = []
    for settings in experiment.trainings():
        rows = tuple(row.name for row in experiment.chosen() if experiment.training(row, settings.seed) == settings)
        same = [run for run in there if is_run_of(run, settings, splits)]
        finished = [run for run in same if is_finished(run)]
        if same:
            run = (finished or same)[0]
            own = run.settings
            planned.append(Planned(own, run, "finished" if finished else "begun", rows))
            continue
        run = RunFolder(folder / run_name(settings))
        if run.exists:
            raise EmograinError(
                f"{str(run.path)!r} is a run of other settings or of other data", "another --output, or move it away"
            )
        planned.append(Planned(settings, run, "absent", rows))
    return planned


def run_name(settings: Training) -> str:
    """What a training's folder is called.

    >>> run_name(Training("baseline", auxiliary="ekman", epochs=10, seed=1))
    'baseline-ekman-10-epochs-seed1'
    """
    parts = [settings.method, settings.auxiliary, f"{settings.epochs}-epochs", f"seed{settings.seed}"]
    return "-".join(filter(None, parts))


def is_run_of(run: RunFolder, settings: Training, splits: Sequence[str]) -> bool:
    """Whether a run is this training: the same texts and labels, and all settings that decide its course.

    Args:
        run: A run folder, whatever it is called.
        settings: Of the training that is wanted.
        splits: Fingerprints of its `train` and `dev`. The run's own is computed again from them and its settings.
    """
    described = run.description
    found = Training.from_dict(described["settings"])
    if PurePath(found.encoder).name != PurePath(settings.encoder).name:
        return False
    if replace(found, **{name: getattr(settings, name) for name in APART}) != settings:
        return False
    return described["fingerprint"] == training_fingerprint(described["settings"], splits)


def is_finished(run: RunFolder) -> bool:
    """Whether its training came to its end: thresholds are what it writes last."""
    return (run.path / "thresholds.json").is_file() and run.weights.is_file()


def describe(planned: Sequence[Planned], corpus: Corpus) -> dict[str, Any]:
    """A plan as plain values, with the time that is left at the rates that runs of its folder have measured.

    Returns:
        `trainings`: of each its `run`, `state`, `rows`, `command`, `texts_left`, `texts_per_second` (that of its own
        curve, else of another run of its method; None if there is none) and `minutes_left`. `minutes_left` of all is
        None if one is. `rows` is how many rows they serve.
    """
    texts = len(corpus.split("train"))
    own = {each.run.path: _rate(each.run) for each in planned}
    by_method: dict[str, list[float]] = {}
    for each in planned:
        by_method.setdefault(each.settings.method, []).extend(own[each.run.path])
    trainings = []
    for each in planned:
        rates = own[each.run.path] or by_method[each.settings.method]
        rate = median(rates) if rates else None
        left = 0 if each.state == "finished" else round(texts * (each.settings.epochs - _epochs_done(each.run)))
        trainings.append(
            {
                "run": each.run.path.name,
                "state": each.state,
                "rows": list(each.rows),
                "command": command(each),
                "texts_left": left,
                "texts_per_second": rate,
                "minutes_left": 0.0 if left == 0 else None if rate is None else left / rate / 60,
            }
        )
    minutes = [each["minutes_left"] for each in trainings]
    rows = {row for each in planned for row in each.rows}
    return {"rows": len(rows), "trainings": trainings, "minutes_left": None if None in minutes else sum(minutes)}


def command(planned: Planned) -> str:
    """What trains it by itself, in a shell."""
    defaults = Training()
    words = ["emograin", "train", planned.settings.method]
    for name, value in planned.settings.to_dict().items():
        if name != "method" and value != getattr(defaults, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += ["--output", str(planned.run.path), *(["--resume"] if planned.state == "begun" else [])]
    return shlex.join(words)


def _rate(run: RunFolder) -> list[float]:
    return [row["texts_per_second"] or 0 for row in _curve(run)]


def _epochs_done(run: RunFolder) -> float:
    return max((row["epoch"] or 0 for row in _curve(run)), default=0)


def _curve(run: RunFolder) -> list[dict[str, float | None]]:
    """Its evaluations so far; a run that was stopped before the first has none."""
    try:
        return read_curve(run.path)
    except EmograinError:
        return []
