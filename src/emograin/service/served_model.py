"""A predictor as the service sees it: scores of texts, and every policy's thresholds beside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..models.run_folder import RunFolder
from ..prediction.onnx.model import ExportedModel
from ..prediction.predictor import Predictions, Predictor, load
from ..prediction.shipped_model import shipped_model

CARD = "card.json"
WARM_UP = ("a", "a text of a few words", "a longer text " * 20)
Words = Mapping[str, Sequence[Mapping[str, Any]]]


class Predicting(Protocol):
    """What the service asks of a predictor. One that has a true `explains` also has `explain`, see `Explaining`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns of the scores."""

    def predict(self, texts: Sequence[str | None]) -> Predictions:
        """As many predictions as texts; a text that cannot be read is a row with an error."""


class Explaining(Protocol):
    """What the service asks of a predictor that explains."""

    explains: bool

    def explain(self, texts: Sequence[str]) -> Sequence[Words]:
        """For each text: label -> words as {"start", "end", "weight"}, in characters of the text."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model says of one text.

    Attributes:
        scores: (labels,), float32.
        cut: Whether only the text's beginning was read.
        error: Why there are no scores; None where there are.
        words: Which words carried each label; None where it was not asked.
    """

    scores: np.ndarray
    cut: bool
    error: str | None = None
    words: Words | None = None


@dataclass(frozen=True)
class ServedModel:
    """A model that is served.

    Attributes:
        predictor: What scores texts.
        name: The model card's name of it, or the folder's.
        method: How labels are used.
        thresholds: Policy -> a threshold a label.
        max_document_tokens: Word pieces of a text that are read.
        card: The model card; None where there is none.
    """

    predictor: Predicting
    name: str
    method: str
    thresholds: Mapping[str, Sequence[float]]
    max_document_tokens: int
    card: Mapping[str, Any] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels."""
        return self.predictor.labels

    @property
    def explains(self) -> bool:
        """Whether the predictor can say which words carried a label."""
        return getattr(self.predictor, "explains", False)

    def score(self, texts: Sequence[str], explained: Sequence[bool]) -> list[Scored]:
        """Texts -> their scores and, where `explained`, their words. Called from one thread at a time."""
        found = self.predictor.predict(texts)
        # Predictor notes a text that was cut, and nothing else: notes on a file's rows come from its reader.
        rows = [
            Scored(scores, row.note is not None, row.error)
            for scores, row in zip(found.scores, found.rows, strict=True)
        ]
        wanted = [at for at, row in enumerate(rows) if explained[at] and row.error is None]
        if wanted:
            words = self.predictor.explain([texts[at] for at in wanted])  # type: ignore[attr-defined]
            for at, each in zip(wanted, words, strict=True):
                rows[at] = Scored(rows[at].scores, rows[at].cut, None, each)
        return rows

    def warm_up(self) -> None:
        """Predict a few texts of several lengths, so that the first request finds memory and threads in place."""
        self.score(WARM_UP, [self.explains] * len(WARM_UP))

    def describe(self) -> dict[str, Any]:
        """What GET /v1/model says of the model."""
        thresholds = {policy: dict(zip(self.labels, each, strict=True)) for policy, each in self.thresholds.items()}
        return {
            "name": self.name,
            "method": self.method,
            "labels": list(self.labels),
            "thresholds": thresholds,
            "max_document_tokens": self.max_document_tokens,
            "explanations": self.explains,
            "card": self.card,
        }


def open_model(path: Path | None = None) -> ServedModel:
    """A model to serve, from an exported model or a run folder.

    Args:
        path: The folder; None is the model that the package carries.

    Raises:
        EmograinError: No model is there, or a run is there and torch is not installed.
    """
    folder = shipped_model() if path is None else path
    loaded = load(folder)
    if ExportedModel.is_at(folder):
        exported = ExportedModel(folder)
        thresholds, facts = exported.thresholds, exported.description
    else:
        run = RunFolder(folder)
        thresholds, facts = run.read_json("thresholds.json"), run.description
    # A request may name any policy: what any of them predicts can be explained.
    predictor = Predictor(loaded.taxonomy, np.min(list(thresholds.values()), axis=0).tolist(), loaded.scorer)
    method = facts.get("settings", {}).get("method", "unknown")
    card = json.loads((folder / CARD).read_text(encoding="utf-8")) if (folder / CARD).is_file() else None
    return ServedModel(
        predictor=predictor,
        name=(card or {}).get("name", folder.resolve().name),
        method=method,
        thresholds=thresholds,
        max_document_tokens=predictor.scorer.limit,
        card=card,
    )
