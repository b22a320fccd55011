"""Mix the embeddings of a document and its candidates between `embed` and `score` (§3.4.2); no weight changes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.errors import EmograinError
from ..data.batching import INFERENCE_BATCH_SIZE, inference_batches
from ..models.last_layer import leading_tokens_only
from ..models.methods import Method
from .config import checked_weight


def mix(document: Tensor, candidate: Tensor, weight: float) -> Tensor:
    """Compute `weight * document + (1 - weight) * candidate`; at 1 the document itself, at 0 the candidate itself.

    Args:
        document: Embeddings of the documents, (batch, slots, hidden).
        candidate: Embeddings of the candidates, (batch, slots, hidden).
        weight: Weight of the document, in [0, 1].

    Returns:
        (batch, slots, hidden).

    Raises:
        EmograinError: The weight lies outside [0, 1], or the shapes differ.

    >>> mix(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[3.0, 0.0]]]), 0.75)
    tensor([[[1.5000, 1.5000]]])
    """
    weight = checked_weight(weight)
    if document.shape != candidate.shape:
        raise EmograinError(f"mixed embeddings must have one shape, got {[*document.shape]} and {[*candidate.shape]}")
    # Weights 1 and 0 are separate cases because 0 * inf and 0 * NaN are not 0.
    if weight == 1:
        return document
    if weight == 0:
        return candidate
    return weight * document + (1 - weight) * candidate


@torch.inference_mode()
def score_mixed(
    method: Method,
    documents: Sequence[list[int]],
    candidates: Sequence[Sequence[list[int]]],
    weights: Sequence[float],
    batch_size: int = INFERENCE_BATCH_SIZE,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """Score every document at every mixing weight. Each text is embedded once; only `score` runs per weight.

    Batches are those of scoring without mixing, so weight 1 gives the same scores bit for bit.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        candidates: Token ids of each document's candidates, at least one; the embeddings of several are averaged.
        weights: Weights of the document, in [0, 1].
        batch_size: Number of texts per pass through the encoder.
        on_progress: Called with the number of documents done, after each batch.

    Returns:
        Probabilities (weights, texts, labels), float32, in the order of the documents.

    Raises:
        EmograinError: A weight lies outside [0, 1], the lengths differ, or a document has no candidate.
    """
    weights = [checked_weight(weight) for weight in weights]
    if len(candidates) != len(documents):
        raise EmograinError(f"expected candidates of {len(documents)} documents, got {len(candidates)}")
    if not all(candidates):
        raise EmograinError(f"document {[bool(each) for each in candidates].index(False) + 1} has no candidate")
    scores = np.zeros((len(weights), len(documents), len(method.taxonomy.labels)), dtype=np.float32)
    for batch in inference_batches([len(ids) for ids in documents], batch_size):
        with leading_tokens_only(method):
            document = method.embed(method.assemble([documents[at] for at in batch]))  # (batch, slots, hidden)
            candidate = _mean_embeddings(method, [candidates[at] for at in batch], batch_size)
        for row, weight in enumerate(weights):
            logits = method.score(mix(document, candidate, weight))
            scores[row, batch] = logits.float().sigmoid().cpu().numpy()
        on_progress(len(batch))
    return scores


def _mean_embeddings(method: Method, candidates: Sequence[Sequence[list[int]]], batch_size: int) -> Tensor:
    """Average the embeddings of each document's candidates: (batch, slots, hidden)."""
    flat = [ids for of_document in candidates for ids in of_document]
    batches = inference_batches([len(ids) for ids in flat], batch_size)
    embedded = torch.cat([method.embed(method.assemble([flat[at] for at in batch])) for batch in batches])
    order = torch.from_numpy(np.argsort(np.concatenate(batches))).to(embedded.device)
    by_document = embedded[order].split([len(of_document) for of_document in candidates])
    return torch.stack([of_document.mean(dim=0) for of_document in by_document])
