"""§3.4.2: the document's embedding and a candidate's, mixed between `embed` and `score`. Weights stay untouched."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.errors import EmograinError
from ..data.batching import inference_batches
from ..models.methods import Method
from .config import checked_weight

BATCH = 64


def mix(document: Tensor, candidate: Tensor, weight: float) -> Tensor:
    """`weight * document + (1 - weight) * candidate`; at 1 the document itself, at 0 the candidate itself.

    Args:
        document: Embeddings (batch, slots, hidden).
        candidate: Embeddings (batch, slots, hidden).
        weight: The document's, in [0, 1].

    Returns:
        (batch, slots, hidden).

    Raises:
        EmograinError: The weight lies outside [0, 1], or the shapes differ.

    >>> mix(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[3.0, 0.0]]]), 0.75)
    tensor([[[1.5000, 1.5000]]])
    """
    weight = checked_weight(weight)
    if document.shape != candidate.shape:
        raise EmograinError(f"embeddings of one shape can be mixed, got {[*document.shape]} and {[*candidate.shape]}")
    # Apart, because 0 times what is not finite is not 0.
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
    batch_size: int = BATCH,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """Probabilities of every label for every text at every weight: each text is embedded once, and scored often.

    Batches are those of plain scoring, so weight 1 gives its scores bit for bit.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        candidates: For each document the token ids of its candidates, one at least; the embeddings of several are
            averaged, and their mean is mixed.
        weights: The document's weights, in [0, 1].
        batch_size: Texts that go through the encoder at once.
        on_progress: Called with the number of documents done, after each batch.

    Returns:
        (weights, texts, labels), float32, sigmoid of the logits, in the order of the documents.

    Raises:
        EmograinError: A weight lies outside [0, 1], or a document has no candidate.
    """
    weights = [checked_weight(weight) for weight in weights]
    if len(candidates) != len(documents):
        raise EmograinError(f"expected candidates of {len(documents)} documents, got them of {len(candidates)}")
    if not all(candidates):
        raise EmograinError(f"document {[bool(each) for each in candidates].index(False) + 1} has no candidate")
    scores = np.zeros((len(weights), len(documents), len(method.taxonomy.labels)), dtype=np.float32)
    for batch in inference_batches([len(ids) for ids in documents], batch_size):
        document = method.embed(method.assemble([documents[at] for at in batch]))  # (batch, slots, hidden)
        candidate = _mean_embeddings(method, [candidates[at] for at in batch], batch_size)
        for row, weight in enumerate(weights):
            logits = method.score(mix(document, candidate, weight))
            scores[row, batch] = logits.float().sigmoid().cpu().numpy()
        on_progress(len(batch))
    return scores


def _mean_embeddings(method: Method, candidates: Sequence[Sequence[list[int]]], batch_size: int) -> Tensor:
    """The mean of each document's candidates' embeddings: (batch, slots, hidden)."""
    flat = [ids for some in candidates for ids in some]
    batches = inference_batches([len(ids) for ids in flat], batch_size)
    embedded = torch.cat([method.embed(method.assemble([flat[at] for at in batch])) for batch in batches])
    places = torch.from_numpy(np.argsort(np.concatenate(batches))).to(embedded.device)
    each = embedded[places].split([len(some) for some in candidates])
    return torch.stack([some.mean(dim=0) for some in each])
