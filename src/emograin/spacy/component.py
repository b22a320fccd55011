"""The component, its factory, and the extension attributes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..common.checks import from_values, naming, read_json
from ..common.errors import EmograinError
from ..common.files import write_text
from ..common.json_text import to_json
from ..evaluation.policies import DEFAULT_POLICY
from ..prediction.predictor import Prediction, load

BATCH_SIZE = 64  # documents; texts of all of them are sorted by length
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Settings:
    """Settings of a component, as `EmotionComponent` takes them."""

    model: str | None
    policy: str
    sentences: bool


class EmotionComponent:
    """Sets the emotions of each document and, where sentence boundaries are known, of each sentence.

    `doc._.emotions` and `span._.emotions` are the predicted labels, highest score first; `doc._.emotion_scores` and
    `span._.emotion_scores` are the scores of all labels. They are None for spans that are not sentences, and empty for
    a document without text.

    Args:
        model: Folder of an exported model, or a run folder; None: the bundled model.
        policy: Threshold policy: per-label, global or fixed.
        sentences: Predict the sentences, too.
        name: Name of the component in its pipeline.
    """

    def __init__(self, model: str | None, policy: str, sentences: bool, name: str = "emograin"):
        self.name = name
        self._set({"model": None if model is None else str(model), "policy": policy, "sentences": sentences})

    def __call__(self, doc: Doc) -> Doc:
        """Set the emotions of a document and return it."""
        self._annotate([doc])
        return doc

    def pipe(self, docs: Iterable[Doc], batch_size: int = BATCH_SIZE) -> Iterator[Doc]:
        """Yield documents with their emotions; `batch_size` documents are predicted together.

        Args:
            docs: The documents.
            batch_size: Number of documents in memory at once.
        """
        source = iter(docs)
        while batch := list(islice(source, batch_size)):
            self._annotate(batch)
            yield from batch

    def predict(self, texts: list[str]) -> list[Prediction]:
        """Return the predictions of texts."""
        return self.predictor.predict(texts).rows

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy's interface
        """Write the settings. The model stays where it is; the bundled one is part of this package."""
        write_text(Path(path) / SETTINGS, to_json(asdict(self._settings), indent=1) + "\n")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "EmotionComponent":  # noqa: ARG002
        """Read the settings, and load the model that they name.

        Raises:
            EmograinError: The file is missing or damaged, or the model is not there any more.
        """
        file = Path(path) / SETTINGS
        try:
            values = read_json(file)
        except FileNotFoundError:
            raise EmograinError(f"no such file: {str(file)!r}", "nlp.to_disk writes it") from None
        with naming(file):
            self._set(values)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:  # noqa: ARG002 - spaCy's interface
        """Return the settings."""
        return to_json(asdict(self._settings)).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "EmotionComponent":  # noqa: ARG002
        """Read the settings from `to_bytes`.

        Raises:
            EmograinError: They are damaged, or the model is not there any more.
        """
        try:
            values = json.loads(data)
        except ValueError as error:
            raise EmograinError(f"the settings of the component are damaged: {error}") from None
        self._set(values)
        return self

    def _set(self, values: Any) -> None:
        self._settings = from_values(Settings, values)
        self.sentences = self._settings.sentences
        self.predictor = load(self._settings.model, self._settings.policy)

    def _annotate(self, docs: list[Doc]) -> None:
        """Predict documents and sentences together; a sentence that is the whole document is predicted once."""
        spans: list[Doc | Span] = list(docs)
        for doc in docs:
            if self.sentences and doc.has_annotation("SENT_START"):
                found = list(doc.sents)
                spans += found if len(found) > 1 else []
        for span, prediction in zip(spans, self.predict([span.text for span in spans]), strict=True):
            _set_emotions(span, prediction)
            doc = span.doc
            if span is doc and len(doc):
                _set_emotions(doc[:], prediction)


@Language.factory(
    "emograin",
    default_config={"model": None, "policy": DEFAULT_POLICY, "sentences": True},
    assigns=["doc._.emotions", "span._.emotions"],
)
def create_component(
    nlp: Language,  # noqa: ARG001 - spaCy's interface
    name: str,
    model: str | None,
    policy: str,
    sentences: bool,
) -> EmotionComponent:
    """Return the component, for `nlp.add_pipe("emograin", config={"model": ..., "policy": ..., "sentences": ...})`."""
    return EmotionComponent(model, policy, sentences, name)


def _set_emotions(target: Doc | Span, prediction: Prediction) -> None:
    target._.emotions = list(prediction.labels)
    target._.emotion_scores = prediction.scores


for _attribute in ("emotions", "emotion_scores"):
    for _kind in (Doc, Span):
        if not _kind.has_extension(_attribute):
            _kind.set_extension(_attribute, default=None)
