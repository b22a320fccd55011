"""Score texts with a trained method, in batches sorted by length."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data.batching import INFERENCE_BATCH_SIZE, inference_batches
from .classifier import Classifier
from .last_layer import leading_tokens_only
from .methods import Method


def score_documents(
    method: Method,
    documents: Sequence[list[int]],
    batch_size: int = INFERENCE_BATCH_SIZE,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """Compute the probability of every label for every text.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        batch_size: Texts per forward pass.
        on_progress: Called with the number of texts scored, after each batch.

    Returns:
        (texts, labels), float32, sigmoid of the logits, in the order of the texts.
    """
    heads = [(method.score, len(method.taxonomy.labels))]
    return _score_heads(method, heads, documents, batch_size, on_progress)[0]


def score_tasks(
    classifier: Classifier,
    documents: Sequence[list[int]],
    batch_size: int = INFERENCE_BATCH_SIZE,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Compute the probabilities of the labels, as `score_documents`, and of the groups of the auxiliary task (§3.2).

    Returns:
        (texts, labels) and (texts, groups), float32, in the order of the texts; no groups without an auxiliary task.
    """
    method, auxiliary = classifier.method, classifier.auxiliary
    heads: list[tuple[Head, int]] = [(method.score, len(method.taxonomy.labels))]
    if auxiliary is not None:
        heads.append((auxiliary, auxiliary.linear.out_features))
    main, *groups = _score_heads(method, heads, documents, batch_size, on_progress)
    return main, groups[0] if groups else None


Head = Callable[[Tensor], Tensor]  # embeddings (batch, slots, hidden) -> logits (batch, outputs)


@torch.inference_mode()
def _score_heads(
    method: Method,
    heads: Sequence[tuple[Head, int]],
    documents: Sequence[list[int]],
    batch_size: int,
    on_progress: Callable[[int], Any],
) -> list[np.ndarray]:
    """Compute the probabilities of each head, given with its number of outputs, from one pass of the encoder."""
    scores = [np.zeros((len(documents), outputs), dtype=np.float32) for _, outputs in heads]
    for batch in inference_batches([len(ids) for ids in documents], batch_size):
        inputs = method.assemble([documents[at] for at in batch])
        with leading_tokens_only(method):
            embeddings = method.embed(inputs)
        for (head, _), rows in zip(heads, scores, strict=True):
            rows[batch] = head(embeddings).float().sigmoid().cpu().numpy()
        on_progress(len(batch))
    return scores


class TorchScorer:
    """The scorer of a `Predictor` for a trained method.

    Args:
        method: A trained method, in evaluation mode.

    Attributes:
        limit: Word pieces of a text that are read.
    """

    def __init__(self, method: Method):
        self.method = method
        self.limit = method.max_document_tokens

    def tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        """Return the ids of each text's first `limit` word pieces, and whether it has more (texts,), bool."""
        documents = self.method.tokenize(texts, self.limit + 1)
        truncated = np.array([len(ids) > self.limit for ids in documents], dtype=bool)
        return [ids[: self.limit] for ids in documents], truncated

    def score(self, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = lambda _: None) -> np.ndarray:
        """Return scores (documents, labels), float32, of documents from `tokenize`."""
        return score_documents(self.method, documents, on_progress=on_progress)
