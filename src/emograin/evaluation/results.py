"""Read the results of evaluations: from run folders, or from results/, which has no weights."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..common.files import read_arrays
from ..models.run_folder import RunFolder
from .captions import describe_texts
from .thresholds import apply_thresholds

EVALUATE = "evaluate the run first: emograin evaluate RUN"


@dataclass(frozen=True)
class EvaluatedRun:
    """Predictions of an evaluated run, sorted by the ids of the texts.

    Attributes:
        name: Name of the run, with that of the evaluation if one was named.
        ids: Ids of the texts, sorted.
        gold: Gold labels, (texts, labels), bool.
        predictions: Predictions at the thresholds of one policy, (texts, labels), bool.
        labels: Names of the labels.
        scores: Probabilities, (texts, labels).
        seed: Seed of the training; None: not known.
    """

    name: str
    ids: list[str]
    gold: np.ndarray
    predictions: np.ndarray
    labels: list[str]
    scores: np.ndarray
    seed: int | None = None


def resolve_run(run: str | Path, evaluation: str = "test") -> tuple[RunFolder, str]:
    """Split RUN:NAME into the folder of the run and the name of an evaluation.

    Args:
        run: A run folder or a folder of results/, with an optional :NAME for another evaluation.
        evaluation: Name of the evaluation, if `run` names none.

    Raises:
        EmograinError: The folder does not exist.
    """
    path, _, name = str(run).rpartition(":")
    if not path or "/" in name or "\\" in name or Path(run).is_dir():  # C:\runs has a colon, too
        path, name = str(run), ""
    folder = RunFolder(path)
    if not folder.path.is_dir():
        raise EmograinError(f"there is no folder {path!r}", "expected a run folder, or one of results/")
    return folder, name or evaluation


def read_result(run: str | Path, evaluation: str = "test") -> dict[str, Any]:
    """Read the JSON file of one evaluation, as `run_evaluation.evaluate_run` wrote it.

    Args:
        run: A run folder or a folder of results/, with an optional :NAME for another evaluation.
        evaluation: Name of the evaluation, if `run` names none.

    Raises:
        EmograinError: The run or the evaluation does not exist, or its file is damaged.
    """
    folder, name = resolve_run(run, evaluation)
    result = folder.read_json(f"results/{name}.json" if folder.exists else f"{name}.json")
    if not isinstance(result, dict) or not result.get("policies"):
        raise EmograinError(f"{name}.json of {str(folder.path)!r} is no evaluation: it has no policies")
    return result


def read_scores(run: str | Path, evaluation: str = "test") -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read ids, gold labels (texts, labels) and scores (texts, labels) of one evaluation.

    Args:
        run: A run folder or a folder of results/, with an optional :NAME for another evaluation.
        evaluation: Name of the evaluation, if `run` names none.

    Raises:
        EmograinError: The run or the evaluation does not exist, or its file is damaged.
    """
    folder, name = resolve_run(run, evaluation)
    if folder.exists:
        path, (ids, labels, scores) = folder.scores_path(name), folder.read_scores(name)
    else:
        path = folder.path / f"{name}.npz"  # results/ has the files of a run side by side
        try:
            found, labels, scores = read_arrays(path, ("ids", "labels", "scores"))
        except FileNotFoundError:
            raise EmograinError(f"there is no {str(path)!r}", EVALUATE) from None
        ids = found.tolist()
    if not np.isfinite(scores).all():
        raise EmograinError(f"{str(path)!r} has scores that are not finite numbers", "evaluate the run again")
    return ids, labels, scores


def read_curve(run: str | Path) -> list[dict[str, float | None]]:
    """Read `curve.csv`, one row per evaluation on dev; an empty cell is None.

    Args:
        run: A run folder or a folder of results/.

    Raises:
        EmograinError: The run does not exist, or its curve is missing, damaged or empty.
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


def read_evaluated(run: str, evaluation: str, policy: str) -> EvaluatedRun:
    """Read the predictions of a run at the thresholds that its evaluation used.

    Args:
        run: A run folder or a folder of results/, with an optional :NAME for another evaluation.
        evaluation: Name of the evaluation, if `run` names none.
        policy: Threshold policy.

    Raises:
        EmograinError: The run, the evaluation or the policy does not exist, or a file is damaged.
    """
    folder, name = resolve_run(run, evaluation)
    ids, gold, scores = read_scores(run, evaluation)
    result = read_result(run, evaluation)
    policies = result["policies"]
    if policy not in policies:
        raise unknown_name("policy", policy, policies)
    rows = policies[policy]["labels"]
    thresholds = [row["threshold"] for row in rows.values()]
    predictions = apply_thresholds(scores, thresholds, result.get("at_least_one", False))
    order = sorted(range(len(ids)), key=ids.__getitem__)
    title = folder.path.resolve().name + (f":{name}" if name != evaluation else "")
    sorted_ids = [ids[at] for at in order]
    return EvaluatedRun(
        title, sorted_ids, gold[order] > 0, predictions[order], list(rows), scores[order], result.get("seed")
    )


def check_same_texts(runs: Sequence[EvaluatedRun]) -> None:
    """Check that runs can be compared text by text.

    Raises:
        EmograinError: The labels, the texts or the gold labels differ.
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


def check_same_split(results: Sequence[Mapping[str, Any]]) -> None:
    """Check that results, which have no texts, are of one split with the same fingerprint.

    Raises:
        EmograinError: The splits differ.
    """
    for result in results[1:]:
        names = [describe_texts(each) for each in (results[0], result)]
        if names[0] != names[1] or result["fingerprint"] != results[0]["fingerprint"]:
            raise EmograinError(
                f"runs must be evaluated on the same texts, got {names[0]!r} and {names[1]!r}", "with the same labels"
            )
