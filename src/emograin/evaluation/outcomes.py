"""What evaluated runs predict, read back for comparisons: from run folders, or from results/ without the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..common.errors import EmograinError, unknown_name
from .results import located, read_result, read_scores
from .thresholds import predicted


@dataclass(frozen=True)
class Outcome:
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


def read_outcome(run: str, evaluation: str, policy: str) -> Outcome:
    """What a run predicted, at the thresholds that its evaluation used.

    Args:
        run: A run folder or a folder of results/, where :NAME may stand behind it for another evaluation.
        evaluation: The evaluation without such a name.
        policy: Of thresholds.

    Raises:
        EmograinError: There is no such run, evaluation or policy, or a file is damaged.
    """
    folder, chosen = located(run, evaluation)
    ids, gold, scores = read_scores(run, evaluation)
    policies = read_result(run, evaluation)["policies"]
    if policy not in policies:
        raise unknown_name("policy", policy, policies)
    rows = policies[policy]["labels"]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    guesses = predicted(scores, [row["threshold"] for row in rows.values()])
    title = folder.path.resolve().name + (f":{chosen}" if chosen != evaluation else "")
    return Outcome(title, [ids[at] for at in order], gold[order] > 0, guesses[order], list(rows), scores[order])


def check_same_texts(runs: Sequence[Outcome]) -> None:
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
