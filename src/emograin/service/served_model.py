"""The model of the service: scores of texts, with the thresholds of every policy."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..common.errors import EmograinError
from ..evaluation.mapping.label_mapping import LabelMapping
from ..prediction.attributions import Word, WordWeights
from ..prediction.model_source import open_source
from ..prediction.predictor import Predictions, Predictor
from ..prediction.segments import Segments
from ..prediction.shipped_model import CARD, read_model_card
from .options import Options
from .text_cost import estimate_cost

LOG = logging.getLogger("emograin.service")

WARM_UP = ("a", "a text of a few words", "a longer text " * 20, "One sentence! " * 20)
Words = Mapping[str, Sequence[Word]]


class Predicting(Protocol):
    """The part of a `Predictor` that the service uses."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of the scores."""

    @property
    def explains(self) -> bool:
        """True if the predictor supports `explain`."""

    def predict(
        self,
        texts: Sequence[str | None],
        *,
        explain: bool = False,
        segments: bool = False,
        windows: bool = True,
    ) -> Predictions:
        """Predict one row per text; an unreadable text gives a row with an error."""


class WordsOfLabels(Mapping[str, list[Word]]):
    """Label -> the words of one text. They are built when they are read: a text may have very many.

    Args:
        weights: Contributions of the words.
        columns: Label -> its row in `weights`.
    """

    def __init__(self, weights: WordWeights, columns: Mapping[str, int]):
        self.weights, self.columns = weights, columns

    def only(self, labels: Sequence[str]) -> "WordsOfLabels":
        """Return the words of some labels, without the memory of the others."""
        weights = self.weights.weights[[self.columns[label] for label in labels]]
        return WordsOfLabels(WordWeights(self.weights.spans, weights), {label: at for at, label in enumerate(labels)})

    def __getitem__(self, label: str) -> list[Word]:
        return self.weights.for_label(self.columns[label])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        return repr(dict(self))


class ExplainingPredictor(Predictor):
    """A predictor of the words of any label, which are built when they are read."""

    def words_of(self, weights: WordWeights, labels: Sequence[str]) -> Mapping[str, list[Word]]:
        """Return the words of some labels."""
        return WordsOfLabels(weights, {label: self.labels.index(label) for label in labels})


@dataclass(frozen=True, slots=True)
class Scored:
    """The model's output for one text.

    Attributes:
        scores: (labels,), float32.
        truncated: Whether only the beginning of the text was read.
        error: Reason for missing scores, or None.
        words: Contribution of each word to each label that may be returned; None unless requested.
        segments: The sentences with their scores; None unless requested.
    """

    scores: np.ndarray
    truncated: bool
    error: str | None = None
    words: Words | None = None
    segments: Segments | None = None


@dataclass(frozen=True)
class ServedModel:
    """A model with its name, thresholds and card.

    Attributes:
        predictor: The model.
        name: Name from the model card, or of the folder.
        method: Name of the method: how labels are used.
        thresholds: Threshold policy -> one threshold per label.
        max_document_tokens: Maximum number of word pieces per text.
        card: The model card, if any.
        unions: Label -> labels of the network that it unites; None if they are the same.
    """

    predictor: Predicting
    name: str
    method: str
    thresholds: Mapping[str, Sequence[float]]
    max_document_tokens: int
    card: Mapping[str, Any] | None = None
    unions: Mapping[str, Sequence[str]] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels."""
        return self.predictor.labels

    @property
    def explains(self) -> bool:
        """True if the model supports explanations."""
        return self.predictor.explains

    def score(self, texts: Sequence[str], options: Sequence[Options]) -> list[Scored]:
        """Score texts. Called from one thread at a time.

        Args:
            texts: The texts.
            options: For each text, what is computed; texts with the same options are predicted together.
        """
        rows: dict[int, Scored] = {}
        for wanted in dict.fromkeys(options):
            chosen = [index for index, each in enumerate(options) if each == wanted]
            predictions = self.predictor.predict([texts[index] for index in chosen], **wanted._asdict())
            for index, scores, row in zip(chosen, predictions.scores, predictions.rows, strict=True):
                words = row.words
                if isinstance(words, WordsOfLabels):  # results wait for slow clients
                    words = words.only(self._possible_labels(scores))
                # A predictor notes truncation only; other notes come from the readers of files.
                rows[index] = Scored(scores, row.note is not None, row.error, words, row.segments)
        return [rows[index] for index in range(len(texts))]

    def _possible_labels(self, scores: np.ndarray) -> list[str]:
        """Return the labels that some threshold policy or `at_least_one` may give for scores (labels,)."""
        reached = scores >= np.min([*self.thresholds.values()], axis=0).astype(scores.dtype)
        reached[scores.argmax()] = True
        return [label for label, is_possible in zip(self.labels, reached, strict=True) if is_possible]

    def cost(self, text: str, options: Options) -> float:
        """Return the estimated cost of a text, in tokens."""
        return estimate_cost(text, options, self.max_document_tokens)

    def warm_up(self) -> None:
        """Predict texts of several lengths, to allocate memory and start threads before the first request."""
        for options in (Options(), Options(self.explains, segments=True)):
            self.score(WARM_UP, [options] * len(WARM_UP))

    def metadata(self) -> dict[str, Any]:
        """Return the content of GET /v1/model."""
        thresholds = {policy: dict(zip(self.labels, each, strict=True)) for policy, each in self.thresholds.items()}
        return {
            "name": self.name,
            "method": self.method,
            "labels": list(self.labels),
            "unions": self.unions,
            "thresholds": thresholds,
            "max_document_tokens": self.max_document_tokens,
            "explanations": self.explains,
            "card": self.card,
        }


def open_model(
    path: Path | None = None, mapping: LabelMapping | None = None, group: str | None = None, device: str = "cpu"
) -> ServedModel:
    """Load a model to serve.

    Args:
        path: Folder of an exported model, or a run folder; None: the bundled model.
        mapping: Labels to predict instead of the model's.
        group: Grouping whose groups are predicted instead of the model's labels.
        device: cpu or cuda.

    Raises:
        EmograinError: The folder holds no model, it is a run folder and torch is not installed, or the labels do not
            fit.
    """
    source = open_source(path, mapping, group, device)
    folder, thresholds, score_map = source.path, source.thresholds, source.score_map
    # A request may choose any policy, and the best label where none reaches its threshold: any label may need words.
    predictor = ExplainingPredictor(
        source.taxonomy, [0.0] * len(source.taxonomy.labels), source.scorer(0), score_map=score_map
    )
    card = _read_card(folder)
    return ServedModel(
        predictor=predictor,
        name=str((card or {}).get("name") or folder.resolve().name.encode(errors="replace").decode()),
        method=source.description.get("settings", {}).get("method", "unknown"),
        thresholds=thresholds,
        max_document_tokens=predictor.scorer.limit,
        card=card,
        unions=None if score_map is None else score_map.unions,
    )


def _read_card(folder: Path) -> dict[str, Any] | None:
    """Read the model card; None without one. A damaged card is logged and left out: predictions do not need it."""
    try:
        return read_model_card(folder)
    except EmograinError as error:
        reason = " ".join(str(error).split())[:200].encode("ascii", "backslashreplace").decode()
        LOG.warning("the model card is left out", extra={"fields": {"file": str(folder / CARD), "reason": reason}})
        return None
