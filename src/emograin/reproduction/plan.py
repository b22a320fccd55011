"""Plan the trainings of an experiment. Existing runs are recognised by what decides their weights, not by name."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from statistics import median
from typing import Any

from ..common.errors import EmograinError
from ..data.corpus import Corpus, fingerprint, training_fingerprint
from ..evaluation.results import read_curve, read_result
from ..models.config import Training
from ..models.run_folder import RunFolder
from .experiment import Experiment, is_hub_name
from .results_archive import ENCODERS, ResultsArchive

# Settings that do not change the weights: location of the texts, memory. The encoder is compared by its name.
IGNORED_SETTINGS = ("data", "text_column", "label_column", "micro_batch_size", "encoder")
DONE = ("finished", "archived")  # states of trainings that are not run


@dataclass(frozen=True)
class PlannedTraining:
    """A training that rows need, and its state.

    Attributes:
        settings: Settings of the training; those of the existing run, if any.
        run: Run folder, existing or to create; of an archived training, where its weights would be.
        state: "finished", "begun", "absent", or "archived": its weights are not needed, as its rows are in the archive.
        rows: Names of the rows that use its weights.
    """

    settings: Training
    run: RunFolder
    state: str
    rows: tuple[str, ...]


def locate(experiment: Experiment, output: Path) -> tuple[Path, Path]:
    """Return the folder of the run folders of an experiment, and the folder of its archive.

    Args:
        experiment: The experiment.
        output: Folder of runs and results.

    Raises:
        EmograinError: OUTPUT holds rows on another corpus.
    """
    runs, results = output / "runs", output / "results"
    if not (results / "experiment.json").is_file():
        return runs, results
    first, settings = RunFolder(results).read_json("experiment.json")["settings"], experiment.to_dict()
    if first["data"] != settings["data"]:
        raise EmograinError(
            f"{str(results)!r} holds results on {first['data']!r}, got {settings['data']!r}", "another --output"
        )
    if first["encoder"] == settings["encoder"]:
        return runs, results
    name = Path(ENCODERS) / settings["encoder"]
    return runs / name, results / name


def plan(experiment: Experiment, corpus: Corpus, folder: Path, archive: Path) -> list[PlannedTraining]:
    """List every training that an experiment needs, with the existing run for it, whatever its name.

    Args:
        experiment: The experiment.
        corpus: Corpus of the experiment.
        folder: Folder of the run folders.
        archive: Folder of the archive. A training whose rows it holds is not repeated.

    Raises:
        EmograinError: A run folder or the archive cannot be read, the archive is of another experiment, or another run
            has the name of a new training.
    """
    require_same_settings(experiment, archive)
    splits = [fingerprint(corpus.split(name)) for name in ("train", "dev")]
    existing = [RunFolder(path.parent) for path in sorted(folder.glob("*/run.json"))]
    planned = []
    for settings in experiment.trainings():
        rows = tuple(
            row.name for row in experiment.selected_rows() if experiment.training(row, settings.seed) == settings
        )
        same = [run for run in existing if matches(run, settings, splits)]
        finished = [run for run in same if is_finished(run)]
        archived_name = None if finished else _archived_run(archive, rows, settings.seed, corpus)
        if archived_name is not None:
            planned.append(PlannedTraining(settings, RunFolder(folder / archived_name), "archived", rows))
            continue
        if same:
            run = (finished or same)[0]
            own = run.settings
            planned.append(PlannedTraining(own, run, "finished" if finished else "begun", rows))
            continue
        run = RunFolder(folder / run_name(settings))
        if run.exists:
            raise EmograinError(
                f"{str(run.path)!r} is a run of other settings or of other data",
                "choose another --output, or move the folder",
            )
        planned.append(PlannedTraining(settings, run, "absent", rows))
    return planned


def require_same_settings(experiment: Experiment, archive: Path) -> None:
    """Raise an error if an archive, where it exists, was made with other settings than those of an experiment.

    Args:
        experiment: The experiment; its seeds and rows may be others.
        archive: Folder of the archive.

    Raises:
        EmograinError: The settings differ, or the archive cannot be read.
    """
    if not (archive / "experiment.json").is_file():
        return
    archived, settings = ResultsArchive(archive).experiment["settings"], experiment.to_dict()
    del settings["seeds"]
    if differing := [name for name in settings if archived.get(name) != settings[name]]:
        changes = ", ".join(f"{name} {archived.get(name)!r}" for name in differing)
        raise EmograinError(f"{str(archive)!r} holds results of another experiment: {changes}")


def run_name(settings: Training) -> str:
    """Return the folder name of a training.

    >>> run_name(Training("baseline", auxiliary="ekman", epochs=10, seed=1))
    'baseline-ekman-10-epochs-seed1'
    """
    parts = [settings.method, settings.auxiliary, f"{settings.epochs}-epochs", f"seed{settings.seed}"]
    return "-".join(filter(None, parts))


def matches(run: RunFolder, settings: Training, splits: Sequence[str]) -> bool:
    """Return whether a run is the training with these settings, on the same texts and labels.

    Args:
        run: A run folder of any name.
        settings: Settings of the training.
        splits: Fingerprints of `train` and `dev`, from which the fingerprint of the run is recomputed.
    """
    description = run.description
    found = run.settings
    if not _is_same_encoder(found.encoder, settings.encoder):
        return False
    # The evaluations choose the checkpoint, so they count where the experiment fixes them.
    ignored = IGNORED_SETTINGS if settings.evaluate_every else (*IGNORED_SETTINGS, "evaluate_every")
    if replace(found, **{name: getattr(settings, name) for name in ignored}) != settings:
        return False
    return description["fingerprint"] == training_fingerprint(description["settings"], splits)


def _is_same_encoder(one: str, other: str) -> bool:
    """Compare encoders on the hub by their full names, others by the last part: a folder may have moved."""
    if is_hub_name(one) and is_hub_name(other):
        return one == other
    return PurePath(one).name == PurePath(other).name


def is_finished(run: RunFolder) -> bool:
    """Return whether the training of a run has finished: it writes its thresholds last."""
    return (run.path / "thresholds.json").is_file() and run.weights.is_file()


def describe_plan(planned: Sequence[PlannedTraining], corpus: Corpus) -> dict[str, Any]:
    """Return a plan as plain values, with the time left at the rates that existing runs have measured.

    Args:
        planned: Trainings of the plan.
        corpus: Corpus of the experiment.

    Returns:
        `trainings`: of each its `run`, `state`, `rows`, `command`, `texts_left`, `texts_per_second` (from its own
        curve, or else that of another run of the method; None without one) and `minutes_left`. `minutes_left` of the
        plan is None if one of them is. `rows` is the number of rows of the table.
    """
    texts = len(corpus.split("train"))
    rates_of_run = {each.run.path: _rates(each.run) for each in planned}
    by_method: dict[str, list[float]] = {}
    for each in planned:
        by_method.setdefault(each.settings.method, []).extend(rates_of_run[each.run.path])
    trainings = []
    for each in planned:
        rates = rates_of_run[each.run.path] or by_method[each.settings.method]
        rate = median(rates) if rates else None
        left = 0 if each.state in DONE else round(texts * (each.settings.epochs - _epochs_done(each.run)))
        trainings.append(
            {
                "run": each.run.path.name,
                "state": each.state,
                "rows": list(each.rows),
                "command": train_command(each),
                "texts_left": left,
                "texts_per_second": rate,
                "minutes_left": 0.0 if left == 0 else None if rate is None else left / rate / 60,
            }
        )
    minutes = [each["minutes_left"] for each in trainings]
    rows = {row for each in planned for row in each.rows}
    return {"rows": len(rows), "trainings": trainings, "minutes_left": None if None in minutes else sum(minutes)}


def train_command(planned: PlannedTraining) -> str:
    """Return the shell command of a single training."""
    defaults = Training()
    words = ["emograin", "train", planned.settings.method]
    for name, value in planned.settings.to_dict().items():
        if name != "method" and value != getattr(defaults, name):
            flag = name.replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                words += [f"--{flag}", str(value)]
    words += ["--output", str(planned.run.path), *(["--resume"] if planned.state == "begun" else [])]
    return shlex.join(words)


def _archived_run(archive: Path, rows: Sequence[str], seed: int, corpus: Corpus) -> str | None:
    """Return the name of the run of archived rows; None unless all are archived, with texts and labels of a corpus.

    Args:
        archive: Folder of the archive.
        rows: Names of rows that take their weights from one training.
        seed: Seed of the training.
        corpus: The corpus; its dev and test splits are compared, as the archive keeps nothing of the train split.

    Raises:
        EmograinError: A file is missing or damaged.
    """
    if not (archive / "experiment.json").is_file():
        return None
    entries = ResultsArchive(archive).experiment["rows"]
    found = {each["row"]: each["run"] for each in entries if each["seed"] == seed and each["row"] in rows}
    if set(found) != set(rows) or len(set(found.values())) != 1:
        return None
    name = str(found[rows[0]])
    results = {split: read_result(archive / name, split) for split in ("dev", "test")}
    same = all(result.get("fingerprint") == fingerprint(corpus.split(split)) for split, result in results.items())
    return name if same else None


def _rates(run: RunFolder) -> list[float]:
    """Return the training throughput at each evaluation, in texts per second."""
    return [row["texts_per_second"] or 0 for row in _curve(run)]


def _epochs_done(run: RunFolder) -> float:
    return max((row["epoch"] or 0 for row in _curve(run)), default=0)


def _curve(run: RunFolder) -> list[dict[str, float | None]]:
    """Return the evaluations of a run so far; none if it was stopped before the first one."""
    try:
        return read_curve(run.path)
    except EmograinError:
        return []
