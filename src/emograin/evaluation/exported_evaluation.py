"""An exported model on a split: figures under every threshold policy, without torch."""

from collections.abc import Callable
from typing import Any

from ..common.errors import EmograinError
from ..data.corpus import Corpus, fingerprint
from ..prediction.onnx.model import ExportedModel
from .metrics import evaluate

SETTINGS = ("method", "auxiliary", "encoder", "epochs", "batch_size", "learning_rate", "weight_averaging", "seed")


def evaluate_exported(
    model: ExportedModel, corpus: Corpus, split: str = "test", advance: Callable[[int], Any] = lambda _: None
) -> dict[str, Any]:
    """Evaluate an exported model at its own thresholds. Nothing is written.

    Args:
        model: Of `emograin export`, or the shipped one.
        corpus: A corpus of its labels.
        split: Which split of it.
        advance: Called with a number of texts when they are done.

    Returns:
        As `run_evaluation.evaluate_run`, with `weights`: float32 or int8; and `scores` (texts, labels), float32.

    Raises:
        EmograinError: The corpus has other labels, or the split is empty.
    """
    if corpus.taxonomy.labels != model.taxonomy.labels:
        raise EmograinError(
            f"the model's labels are {model.taxonomy.name!r}, the corpus {corpus.name!r} has {corpus.taxonomy.name!r}"
        )
    texts = corpus.split(split)
    if not len(texts):
        raise EmograinError(f"split {split!r} of {corpus.name!r} has no texts")
    scores, _ = model.scorer()(texts.texts, advance)
    settings = model.description["settings"]
    return {
        **{name: settings[name] for name in SETTINGS},
        "weights": model.description["weights"],
        "corpus": corpus.name,
        "split": texts.name,
        "fingerprint": fingerprint(texts),
        **evaluate(scores, texts.labels, model.thresholds, model.taxonomy.labels),
        "scores": scores,
    }
