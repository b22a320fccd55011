"""The figures that runs leave, read from run folders, or from results/, where they stand without the weights."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..models.run_folder import RunFolder
from .thresholds import predicted

# What the evaluations of one run share.
DESCRIPTION = "method auxiliary encoder parameters epochs batch_size learning_rate ema_decay seed corpus".split()


def resolve_run(run: str | Path, evaluation: str = "test") -> tuple[RunFolder, str]:
    """The folder of a run, and the name of the evaluation that is meant.

    Args:
        run: A run folder or a folder of results/, where :NAME may stand behind it for another evaluation.
        evaluation: The evaluation without such a name.

    Raises:
        EmograinError: There is no such folder.
    """
    path, _, name = str(run).rpartition(":")
    if not path or "/" in name or "\\" in name or Path(run).is_dir():  # C:\runs has a colon, too
        path, name = str(run), ""
    folder = RunFolder(path)
    if not folder.path.is_dir():
        raise EmograinError(f"there is no folder {path!r}", "expected a run folder, or one of results/")
    return folder, name or evaluation


def read_result(run: str | Path, evaluation: str = "test") -> dict[str, Any]:
    """The JSON of one evaluation, as `run_evaluation.evaluate_run` made it.

    Args:
        run: As `resolve_run` reads it.
        evaluation: The evaluation, if `run` names none.

    Raises:
        EmograinError: There is no such run or evaluation, or its file is damaged.
    """
    folder, chosen = resolve_run(run, evaluation)
    kept = folder.read_json(_json_of(folder, chosen))
    if not isinstance(kept, dict) or not kept.get("policies"):
        raise EmograinError(f"{chosen}.json of {str(folder.path)!r} is no evaluation: it has no policies")
    # Training did not always describe its evaluation on dev; the run's other one says the same of the run.
    if "method" not in kept and chosen != "test" and (folder.path / _json_of(folder, "test")).is_file():
        test = read_result(folder.path)
        kept = {key: test[key] for key in DESCRIPTION if key in test} | {"split": chosen} | kept
    return kept


def _json_of(folder: RunFolder, evaluation: str) -> str:
    return f"results/{evaluation}.json" if folder.exists else f"{evaluation}.json"


def read_scores(run: str | Path, evaluation: str = "test") -> tuple[list[str], np.ndarray, np.ndarray]:
    """Ids, labels (texts, labels) and scores (texts, labels) of one evaluation.

    Args:
        run: As `resolve_run` reads it.
        evaluation: The evaluation, if `run` names none.

    Raises:
        EmograinError: There is no such run or evaluation, or its file is damaged.
    """
    folder, chosen = resolve_run(run, evaluation)
    if folder.exists:
        return folder.read_scores(chosen)
    try:  # scripts/update_tables.py puts the files of a run side by side
        with np.load(folder.path / f"{chosen}.npz", allow_pickle=False) as arrays:
            return arrays["ids"].tolist(), arrays["labels"], arrays["scores"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise EmograinError(f"cannot read {chosen}.npz of {str(folder.path)!r}: {error}") from None


def read_curve(run: str | Path) -> list[dict[str, float | None]]:
    """The rows of `curve.csv`, one an evaluation on dev; an empty cell is None.

    Raises:
        EmograinError: There is no such run, or its curve is missing, damaged or empty.
    """
    folder, _ = resolve_run(run)
    try:
        with folder.curve.open(encoding="utf-8", newline="") as lines:
            cells = list(csv.DictReader(lines, strict=True))
        rows = [{name: float(cell) if cell else None for name, cell in row.items()} for row in cells]
    except FileNotFoundError:
        raise EmograinError(f"the run {str(folder.path)!r} has no curve.csv", "was it trained by emograin?") from None
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise EmograinError(f"cannot read {str(folder.curve)!r}: {error}") from None
    if not rows:
        raise EmograinError(f"{str(folder.curve)!r} has no rows", "the run was never evaluated on dev")
    return rows


@dataclass(frozen=True)
class EvaluatedRun:
    """What a run predicts, in the order of the texts' ids.

    Attributes:
        name: Of the run, with the evaluation's if that was named.
        ids: One a text, sorted.
        gold: (texts, labels), bool.
        predictions: (texts, labels), bool.
        labels: The labels' names.
        scores: (texts, labels), probabilities.
    """

    name: str
    ids: list[str]
    gold: np.ndarray
    predictions: np.ndarray
    labels: list[str]
    scores: np.ndarray


def read_evaluated(run: str, evaluation: str, policy: str) -> EvaluatedRun:
    """What a run predicted, at the thresholds that its evaluation used.

    Args:
        run: A run folder or a folder of results/, where :NAME may stand behind it for another evaluation.
        evaluation: The evaluation without such a name.
        policy: Of thresholds.

    Raises:
        EmograinError: There is no such run, evaluation or policy, or a file is damaged.
    """
    folder, chosen = resolve_run(run, evaluation)
    ids, gold, scores = read_scores(run, evaluation)
    policies = read_result(run, evaluation)["policies"]
    if policy not in policies:
        raise unknown_name("policy", policy, policies)
    rows = policies[policy]["labels"]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    guesses = predicted(scores, [row["threshold"] for row in rows.values()])
    title = folder.path.resolve().name + (f":{chosen}" if chosen != evaluation else "")
    return EvaluatedRun(title, [ids[at] for at in order], gold[order] > 0, guesses[order], list(rows), scores[order])


def check_same_texts(runs: Sequence[EvaluatedRun]) -> None:
    """Whether runs can be compared text by text.

    Raises:
        EmograinError: Their labels, their texts or the texts' gold labels differ.
    """
    first = runs[0]
    for run in runs[1:]:
        pair = f"{first.name!r} and {run.name!r}"
        if run.labels != first.labels:
            raise EmograinError(f"{pair} have different labels: {len(first.labels)} and {len(run.labels)}")
        if run.ids != first.ids:
            counts = f"{len(first.ids):,} and {len(run.ids):,}, {len(set(run.ids) & set(first.ids)):,} in common"
            raise EmograinError(f"{pair} are evaluated on different texts: {counts}")
        if (run.gold != first.gold).any():
            raise EmograinError(f"{pair} are evaluated on the same texts with different gold labels")
