"""Score texts with a trained method, in batches sorted by length."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..data.batching import INFERENCE_BATCH_SIZE, inference_batches
from .methods import Method


@torch.inference_mode()
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
    scores = np.zeros((len(documents), len(method.taxonomy.labels)), dtype=np.float32)
    for batch in inference_batches([len(ids) for ids in documents], batch_size):
        logits = method.score(method.embed(method.assemble([documents[at] for at in batch])))
        scores[batch] = logits.float().sigmoid().cpu().numpy()
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

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Texts -> scores (texts, labels), float32, and whether each text was truncated (texts,), bool."""
        documents, truncated = self.tokenize(texts)
        return self.score(documents, on_progress), truncated
