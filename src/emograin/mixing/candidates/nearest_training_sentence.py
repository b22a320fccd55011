"""The training sentence most similar to the document, by BERTScore as in the paper (§3.4.1)."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ..bertscore.score import SCORES
from .source import CandidateRequest, Candidates

if TYPE_CHECKING:  # searches load torch, the registry of sources does not
    from ..bertscore.search import Neighbours

MIN_SEARCHED = 64  # sentences per document, so that one cached search serves every smaller `top`
Excluded = Sequence[Sequence[int]] | None


def find_nearest_training_sentences(request: CandidateRequest) -> Candidates:
    """Find the `top` training sentences of highest `similarity`, the best first.

    Raises:
        EmograinError: No training split, or one of fewer than `top` sentences; an unknown similarity.
    """
    settings, training, documents = request.settings, request.training(), request.documents
    if settings.similarity not in SIMILARITIES:
        raise unknown_name("similarity", settings.similarity, SIMILARITIES)
    if len(training) < settings.top:
        raise EmograinError(f"top must be at most {len(training)}, the training sentences, got {settings.top}")
    from .text_similarity import find_copies

    copies = find_copies(documents.texts, training.texts)
    excluded = copies if settings.without_duplicates else None
    found = SIMILARITIES[settings.similarity](request, training.texts, excluded)
    rows, scores = found.rows[:, : settings.top], found.scores[:, : settings.top]
    return Candidates(
        [[training.texts[row] for row in document_rows] for document_rows in rows],
        rows,
        scores,
        {
            "similarity": settings.similarity,
            "encoder": PurePath(settings.encoder or request.encoder).name,
            "layer": settings.layer,
            "training_sentences": len(training),
            "documents_that_are_training_sentences": sum(map(bool, copies)),
            "left_out": settings.without_duplicates,
            "mean_similarity": round(float(np.mean(scores)), 4),
        },
    )


def _bertscore(measure: str, request: CandidateRequest, corpus: Sequence[str], excluded: Excluded) -> "Neighbours":
    from ...prediction.exported_encoder import load_encoder
    from ..bertscore.search import nearest
    from ..bertscore.token_embeddings import default_cache

    top = request.settings.top
    available = len(corpus) - max(map(len, excluded or [[]]))
    return nearest(
        request.documents.texts,
        corpus,
        load_encoder(request.settings.encoder or request.encoder).on_accelerator(),
        default_cache(),
        request.settings.layer,
        excluded,
        on_embedded=request.on_progress,
        on_scored=_count_documents(request.on_progress, len(corpus)),
        top=max(min(max(top, MIN_SEARCHED), available), top),
        measure=measure,
    )


def _count_documents(on_progress: Callable[[int], Any], sentences: int) -> Callable[[int], Any]:
    """Turn a callback for documents into one for pairs of a document and one of `sentences` sentences."""
    pairs = 0

    def on_scored(count: int) -> None:
        nonlocal pairs
        on_progress((pairs + count) // sentences - pairs // sentences)
        pairs += count

    return on_scored


def _rouge_l(request: CandidateRequest, corpus: Sequence[str], excluded: Excluded) -> "Neighbours":
    from .text_similarity import nearest_by_rouge_l

    return nearest_by_rouge_l(request.documents.texts, corpus, request.settings.top, excluded)


def _cosine(request: CandidateRequest, corpus: Sequence[str], excluded: Excluded) -> "Neighbours":
    from ...prediction.exported_encoder import load_encoder
    from ..bertscore.search import EMBEDDINGS
    from ..bertscore.token_embeddings import default_cache, embed_tokens
    from .text_similarity import nearest_by_cosine

    settings = request.settings
    loaded = load_encoder(settings.encoder or request.encoder).on_accelerator()
    cache = default_cache() / EMBEDDINGS
    queries, keys = (
        embed_tokens(loaded, texts, cache, settings.layer, request.on_progress).mean()
        for texts in (request.documents.texts, corpus)
    )
    return nearest_by_cosine(queries, keys, settings.top, excluded)


SIMILARITIES: dict[str, Callable[[CandidateRequest, Sequence[str], Excluded], "Neighbours"]] = {
    **{f"bertscore-{measure}": partial(_bertscore, measure) for measure in SCORES},
    "rouge-l": _rouge_l,
    "cosine": _cosine,
}
