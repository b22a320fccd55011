"""Checks of an exported model: float32 against torch, int8 against float32."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...common.errors import EmograinError
from ...data.corpus import Split, fingerprint
from ...evaluation.significance import macro_f1
from ...evaluation.threshold_policies import choose
from ...evaluation.thresholds import apply_thresholds
from ...models.methods import Method
from ...models.scoring import score_documents
from .scorer import OnnxScorer

TOLERANCE = 1e-4  # largest difference between the probabilities of torch and of the float32 model
SINGLE_TEXTS = 64  # texts that are also scored one by one


def check_against_torch(method: Method, scorer: OnnxScorer, texts: Sequence[str]) -> dict[str, float]:
    """Compare the float32 model with torch on texts, in batches and one by one.

    Args:
        method: The method that was exported, in evaluation mode.
        scorer: The exported model.
        texts: The texts.

    Returns:
        `maximum` and `mean` of the absolute differences in batches, and `maximum_alone`, one by one.

    Raises:
        EmograinError: The tokenizers differ, or the probabilities differ by more than `TOLERANCE`.
    """
    documents, _ = scorer.tokenize(texts)
    if documents != method.tokenize(texts):
        raise EmograinError("the exported tokenizer reads other word pieces than the run's")
    expected = score_documents(method, documents)
    differences = compare(scorer.score(documents), expected)
    alone = np.concatenate([scorer.score([document]) for document in documents[:SINGLE_TEXTS]])
    differences["maximum_alone"] = compare(alone, expected[:SINGLE_TEXTS])["maximum"]
    if not max(differences["maximum"], differences["maximum_alone"]) <= TOLERANCE:
        raise EmograinError(
            f"the exported network differs from torch by {differences['maximum']:.2g} in batches and by "
            f"{differences['maximum_alone']:.2g} alone, expected at most {TOLERANCE:g}"
        )
    return differences


def compare(scores: np.ndarray, others: np.ndarray) -> dict[str, float]:
    """Return `maximum` and `mean` of the absolute differences between two arrays of probabilities (texts, labels).

    >>> compare(np.array([[0.5, 0.75]]), np.array([[0.5, 0.25]]))
    {'maximum': 0.5, 'mean': 0.25}
    """
    differences = np.abs(scores.astype(np.float64) - others)
    return {"maximum": float(differences.max()), "mean": float(differences.mean())}


def score_texts(scorer: OnnxScorer, texts: Sequence[str]) -> np.ndarray:
    """Return the probabilities of texts (texts, labels)."""
    return scorer.score(scorer.tokenize(texts)[0])


def measure_int8(
    float32: OnnxScorer, int8: OnnxScorer, dev: Split, thresholds: Mapping[str, Sequence[float]]
) -> tuple[dict[str, Any], dict[str, list[float]], np.ndarray]:
    """Measure the loss from quantization on dev, and choose new thresholds there.

    Args:
        float32: The model before quantization.
        int8: The model after quantization.
        dev: The split.
        thresholds: Threshold policy -> one threshold per label, chosen for `float32`.

    Returns:
        Differences of the probabilities and, for each policy, macro F1 of `float32`, of `int8` at the same thresholds,
        and of `int8` at new thresholds; then the new thresholds, and the scores of `int8` (texts, labels).
    """
    before, after = score_texts(float32, dev.texts), score_texts(int8, dev.texts)
    new_thresholds = choose(after, dev.labels)
    metrics = {
        policy: {
            "float32": macro_f1(apply_thresholds(before, chosen), dev.labels),
            "int8_same_thresholds": macro_f1(apply_thresholds(after, chosen), dev.labels),
            "int8": macro_f1(apply_thresholds(after, new_thresholds[policy]), dev.labels),
        }
        for policy, chosen in thresholds.items()
    }
    measured = {"texts": len(dev), "fingerprint": fingerprint(dev), **compare(after, before), "macro_f1": metrics}
    return measured, new_thresholds, after
