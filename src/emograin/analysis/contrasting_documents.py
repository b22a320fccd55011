"""Choosing a document the paper's way (§5.2): one that one run labels rightly and another does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..data.sources import load
from ..evaluation.captions import setting, system
from ..evaluation.results import EvaluatedRun, check_same_texts, read_evaluated
from ..models.classifier import load as load_classifier
from ..models.methods import Method
from ..models.run_folder import RunFolder
from .attention import attend
from .attention_record import Attention


@dataclass(frozen=True)
class Contrast:
    """A text that one run gets right and the other wrong.

    Attributes:
        text_id: Of the text.
        gold: Its gold labels, which the good run predicts exactly.
        others: What the bad run predicts; may be empty.
        confidence: Of both: how far the good run's lowest gold score lies above its highest other one, and how far
            the bad run's lies below; -2 to 2.
        rare: Whether it has one gold label, rarer than most labels.
    """

    text_id: str
    gold: list[str]
    others: list[str]
    confidence: float
    rare: bool


def contrasting_documents(good: EvaluatedRun, bad: EvaluatedRun, label: str | None = None) -> list[Contrast]:
    """Texts where one run predicts the gold labels exactly and the other does not.

    Args:
        good: What the run to explain predicts.
        bad: What the other predicts, of the same texts.
        label: Only texts with this gold label.

    Returns:
        First those of one gold label that is rarer than the median label, as fear in the paper; then those of which the
        bad run finds no gold label; then the most confident.

    Raises:
        EmograinError: The runs are of other texts or labels, or there is no such label.
    """
    check_same_texts([good, bad])
    gold = good.gold
    wanted = gold.any(axis=1)
    if label is not None:
        if label not in good.labels:
            raise unknown_name("label", label, good.labels)
        wanted &= gold[:, good.labels.index(label)]
    right = (good.predictions == gold).all(axis=1) & ~(bad.predictions == gold).all(axis=1) & wanted
    counts = gold.sum(axis=0)
    seldom = counts < np.median(counts)
    confidence = _margin(good.scores, gold) - _margin(bad.scores, gold)

    def names(row: np.ndarray) -> list[str]:
        return [good.labels[at] for at in np.flatnonzero(row)]

    found = [
        Contrast(
            good.ids[at],
            names(gold[at]),
            names(bad.predictions[at]),
            float(confidence[at]),
            bool(gold[at].sum() == 1 and seldom[gold[at]].all()),
        )
        for at in np.flatnonzero(right)
    ]
    return sorted(found, key=lambda each: (not each.rare, bool(set(each.gold) & set(each.others)), -each.confidence))


def most_contrasting(good: EvaluatedRun, bad: EvaluatedRun, label: str | None = None) -> Contrast:
    """The first of `contrasting_documents`.

    Raises:
        EmograinError: There is none.
    """
    found = contrasting_documents(good, bad, label)
    if not found:
        of = f" of gold label {label!r}" if label else ""
        raise EmograinError(f"there is no text{of} that {good.name!r} gets right and {bad.name!r} wrong")
    return found[0]


def _margin(scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Lowest score of a gold label minus the highest of the others: (texts, labels) -> (texts,)."""
    lowest = np.where(gold, scores, np.inf).min(axis=1, initial=1)
    return lowest - np.where(gold, -np.inf, scores).max(axis=1, initial=0)


DESCRIBED = ("encoder", "epochs", "ema_decay", "seed")


def chosen_document(run: Path, other: Path, label: str | None, data: str | None, policy: str) -> dict[str, Any]:
    """The test text of the two runs' greatest contrast: its text, id and gold labels.

    Args:
        run: A run folder, which is to be right.
        other: One that is to be wrong.
        label: Only texts of this gold label.
        data: The corpus, if not the one that the run was trained on.
        policy: Of thresholds.

    Raises:
        EmograinError: A run is not evaluated on test, there is no such text, or the corpus does not hold it.
    """
    good, bad = (read_evaluated(str(each), "test", policy) for each in (run, other))
    chosen = most_contrasting(good, bad, label)
    folder = RunFolder(run)
    trained = folder.settings
    corpus = load(data or trained.data, folder.taxonomy, trained.text_column, trained.label_column)
    texts = corpus.split("test")
    if chosen.text_id not in texts.ids:
        raise EmograinError(
            f"the test split of {corpus.name!r} has no text {chosen.text_id!r}", "--data: another corpus"
        )
    return {"text": texts.texts[texts.ids.index(chosen.text_id)], "id": chosen.text_id, "gold": chosen.gold}


def read_document(run: Path, document: Mapping[str, Any], policy: str) -> tuple[Method, Attention]:
    """A run's method and its attention to a document: its `text`, and `id` and `gold` if they are known.

    Raises:
        EmograinError: The run is not finished, or the text is empty.
    """
    folder = RunFolder(run).require()
    limits = folder.read_json("thresholds.json")[policy]
    settings = folder.settings
    described = settings.to_dict() | {"encoder": PurePath(settings.encoder).name}
    model = f"{system(described)} ({setting(described, DESCRIBED)})"
    method = load_classifier(folder).method
    known = (document.get("id", ""), document.get("gold", ()))
    return method, attend(method, document["text"], limits, model, *known)
