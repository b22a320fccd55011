"""Choosing a document the paper's way (§5.2): one that one run labels rightly and another does not."""

from dataclasses import dataclass

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..evaluation.outcomes import Outcome, check_same_texts


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


def contrasting_documents(good: Outcome, bad: Outcome, label: str | None = None) -> list[Contrast]:
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


def most_contrasting(good: Outcome, bad: Outcome, label: str | None = None) -> Contrast:
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
