"""Evaluate an exported model on a split of a corpus, without torch."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol

import numpy as np

from ..common.errors import EmograinError
from ..data.corpus import Corpus, fingerprint
from ..data.taxonomy import Taxonomy
from .evaluation_split import evaluation_split
from .metrics import evaluate

EXPORTED_SETTINGS = ("method", "auxiliary", "epochs", "batch_size", "learning_rate", "ema_decay", "seed")


class ExportedModel(Protocol):
    """A model without torch, as `prediction.onnx.model.ExportedModel` implements it.

    Attributes:
        taxonomy: Labels of the model.
        thresholds: Threshold policy -> one threshold per label.
        description: Content of model.json.
    """

    @property
    def taxonomy(self) -> Taxonomy: ...

    @property
    def thresholds(self) -> Mapping[str, Sequence[float]]: ...

    @property
    def description(self) -> Mapping[str, Any]: ...


def evaluate_exported(
    model: ExportedModel,
    score: Callable[[Sequence[str], Callable[[int], Any]], np.ndarray],
    corpus: Corpus,
    split: str = "test",
    on_progress: Callable[[int], Any] = lambda _: None,
    at_least_one: bool = False,
) -> dict[str, Any]:
    """Evaluate an exported model at its own thresholds. No file is written.

    Args:
        model: An exported model.
        score: Texts, progress callback -> scores of its labels (texts, labels), NaN for texts that cannot be read.
        corpus: A corpus with the labels of the model.
        split: Name of the split.
        on_progress: Called with the number of texts scored, after each batch.
        at_least_one: Predict the label with the highest score for a text that reaches no threshold.

    Returns:
        The result as `evaluate_run` returns it, with `weights` (float32 or int8) and `scores` (texts, labels), float32.

    Raises:
        EmograinError: The corpus has other labels, the split is empty, or a text cannot be read.
    """
    texts = evaluation_split(model.taxonomy, corpus, split)
    scores = score(texts.texts, on_progress)
    unread = np.flatnonzero(np.isnan(scores).any(axis=1))
    if len(unread):
        raise EmograinError(f"the text {texts.texts[unread[0]]!r:.80} of {texts.name} cannot be read")
    settings = model.description["settings"]
    return {
        **{name: settings[name] for name in EXPORTED_SETTINGS},
        "encoder": PurePath(settings["encoder"]).name,
        "weights": model.description.get("weights", "float32"),
        "corpus": corpus.name,
        "split": texts.name,
        "fingerprint": fingerprint(texts),
        **({"at_least_one": True} if at_least_one else {}),
        **evaluate(scores, texts.labels, model.thresholds, model.taxonomy.labels, at_least_one),
        "scores": scores,
    }
