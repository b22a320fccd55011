"""Documents that one run labels correctly and another does not, the paper's way to choose an example (§5.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..data.sources import load
from ..evaluation.captions import describe_settings, describe_system
from ..evaluation.results import EvaluatedRun, check_same_texts, read_evaluated
from ..models.classifier import load as load_classifier
from ..models.methods import Method
from ..models.run_folder import RunFolder
from .attention import attend
from .attention_record import Attention

CAPTION_SETTINGS = ("encoder", "epochs", "ema_decay", "seed")


@dataclass(frozen=True)
class Contrast:
    """A document that one run labels correctly and another does not.

    Attributes:
        text_id: Id of the document.
        gold: Gold labels, which the right run predicts exactly.
        wrong_labels: Labels that the wrong run predicts; may be empty.
        confidence: Margin of the right run (its lowest gold score minus its highest other score) minus the margin of
            the wrong run; -2 to 2.
        rare: Whether the document has one gold label, rarer than the median label.
    """

    text_id: str
    gold: list[str]
    wrong_labels: list[str]
    confidence: float
    rare: bool


def find_contrasts(right: EvaluatedRun, wrong: EvaluatedRun, label: str | None = None) -> list[Contrast]:
    """Find the documents whose gold labels one run predicts exactly and the other does not.

    Args:
        right: Predictions of the run to explain.
        wrong: Predictions of the other run, on the same texts.
        label: Gold label that the documents must have; None: any.

    Returns:
        Documents with a single rare gold label first, such as fear in the paper; then those of which the wrong run
        predicts no gold label; then the most confident.

    Raises:
        EmograinError: The runs have different texts or labels, or the label is unknown.
    """
    check_same_texts([right, wrong])
    gold = right.gold  # (texts, labels)
    eligible = gold.any(axis=1)
    if label is not None:
        if label not in right.labels:
            raise unknown_name("label", label, right.labels)
        eligible &= gold[:, right.labels.index(label)]
    contrasting = eligible & (right.predictions == gold).all(axis=1) & ~(wrong.predictions == gold).all(axis=1)
    counts = gold.sum(axis=0)
    rare = counts < np.median(counts)  # (labels,)
    confidence = _margins(right.scores, gold) - _margins(wrong.scores, gold)

    def names(row: np.ndarray) -> list[str]:
        return [right.labels[index] for index in np.flatnonzero(row)]

    contrasts = [
        Contrast(
            text_id=right.ids[index],
            gold=names(gold[index]),
            wrong_labels=names(wrong.predictions[index]),
            confidence=float(confidence[index]),
            rare=bool(gold[index].sum() == 1 and rare[gold[index]].all()),
        )
        for index in np.flatnonzero(contrasting)
    ]
    return sorted(
        contrasts, key=lambda each: (not each.rare, bool(set(each.gold) & set(each.wrong_labels)), -each.confidence)
    )


def find_best_contrast(right: EvaluatedRun, wrong: EvaluatedRun, label: str | None = None) -> Contrast:
    """Return the first result of `find_contrasts`.

    Args:
        right: Predictions of the run to explain.
        wrong: Predictions of the other run, on the same texts.
        label: Gold label that the document must have; None: any.

    Raises:
        EmograinError: No document contrasts the runs, they have different texts or labels, or the label is unknown.
    """
    found = find_contrasts(right, wrong, label)
    if not found:
        with_label = f" with gold label {label!r}" if label else ""
        raise EmograinError(
            f"no text{with_label} is labelled correctly by {right.name!r} and wrongly by {wrong.name!r}"
        )
    return found[0]


def select_document(run: Path, other: Path, label: str | None, data: str | None, policy: str) -> dict[str, Any]:
    """Select the test document that contrasts two runs most.

    Args:
        run: Folder of the run to explain, which labels the document correctly.
        other: Folder of the run that labels it wrongly.
        label: Gold label that the document must have; None: any.
        data: Corpus of the document; None: the one the run was trained on.
        policy: Threshold policy of the predictions.

    Returns:
        `text`, `id` and `gold` of the document.

    Raises:
        EmograinError: A run is not evaluated on test, no document contrasts the runs, or the corpus lacks the document.
    """
    right, wrong = (read_evaluated(str(each), "test", policy) for each in (run, other))
    contrast = find_best_contrast(right, wrong, label)
    folder = RunFolder(run)
    settings = folder.settings
    corpus = load(data or settings.data, folder.taxonomy, settings.text_column, settings.label_column)
    texts = corpus.split("test")
    if contrast.text_id not in texts.ids:
        raise EmograinError(
            f"the test split of {corpus.name!r} has no text {contrast.text_id!r}", "--data: another corpus"
        )
    return {"text": texts.texts[texts.ids.index(contrast.text_id)], "id": contrast.text_id, "gold": contrast.gold}


def attend_document(run: Path, document: Mapping[str, Any], policy: str) -> tuple[Method, Attention]:
    """Load a run's method and compute its attention on a document.

    Args:
        run: A run folder.
        document: `text` of the document; `id` and `gold` if known.
        policy: Threshold policy of the predictions.

    Raises:
        EmograinError: The run is not finished, or the text has no words.
    """
    folder = RunFolder(run).require()
    thresholds = folder.thresholds[policy]
    settings = folder.settings
    described = settings.to_dict() | {"encoder": PurePath(settings.encoder).name}
    model = f"{describe_system(described)} ({describe_settings(described, CAPTION_SETTINGS)})"
    method = load_classifier(folder).method
    text_id, gold = document.get("id", ""), document.get("gold", ())
    return method, attend(method, document["text"], thresholds, model, text_id, gold)


def _margins(scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """Compute the lowest score of a gold label minus the highest of the others: (texts, labels) -> (texts,)."""
    lowest = np.where(gold, scores, np.inf).min(axis=1, initial=1)
    return lowest - np.where(gold, -np.inf, scores).max(axis=1, initial=0)
