"""Texts through a trained method: scores, in batches sorted by length."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..data.batching import inference_batches
from .methods import Method

BATCH = 64


@torch.inference_mode()
def score_documents(
    method: Method,
    documents: Sequence[list[int]],
    batch_size: int = BATCH,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """Probabilities of every label for every text.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        batch_size: Texts that go through the encoder at once.
        on_progress: Called with the number of texts done, after each batch.

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
    """Scores texts with a trained method, as `Predictor` asks for it.

    Args:
        method: A trained method, in evaluation mode.
    """

    def __init__(self, method: Method):
        self.method = method
        self.limit = method.max_document_tokens

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Texts -> scores (texts, labels), float32, and whether a text was cut (texts,), bool."""
        documents = self.method.tokenize(texts, self.limit + 1)
        cut = np.array([len(ids) > self.limit for ids in documents], dtype=bool)
        return score_documents(self.method, [ids[: self.limit] for ids in documents], on_progress=on_progress), cut
