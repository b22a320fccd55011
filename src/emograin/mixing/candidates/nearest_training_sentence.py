"""§3.4.1, first way: the training sentence that is most like the document, by BERTScore as in the paper."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...data.corpus import same
from ..bertscore.score import MEASURES
from ..config import Mixing
from .source import Candidates, Request

if TYPE_CHECKING:  # torch is loaded by a search, not by a look at the sources
    from ..bertscore.search import Neighbours

SEARCHED = 64  # at least: one search then serves every count up to it
Excluded = Sequence[Sequence[int]] | None


def nearest_training_sentence(request: Request) -> Candidates:
    """The `count` training sentences of highest `similarity`, the best first.

    Raises:
        EmograinError: No training split, fewer sentences in it than are asked for, or an unknown similarity.
    """
    settings, training = request.settings, request.training()
    if settings.similarity not in SIMILARITIES:
        raise unknown_name("similarity", settings.similarity, SIMILARITIES)
    if len(training) < settings.count:
        raise EmograinError(f"count must be at most {len(training)}, the training sentences, got {settings.count}")
    by_text: dict[str, list[int]] = {}
    for row, text in enumerate(training.texts):
        by_text.setdefault(same(text), []).append(row)
    copies = [by_text.get(same(text), []) for text in request.documents.texts]
    excluded = copies if settings.without_duplicates else None
    texts = request.documents.texts
    found = SIMILARITIES[settings.similarity](texts, training.texts, settings, request.encoder, excluded)
    rows, scores = found.rows[:, : settings.count], found.scores[:, : settings.count]
    return Candidates(
        [[training.texts[row] for row in some] for some in rows],
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


def _bertscore(
    measure: str, texts: Sequence[str], corpus: Sequence[str], settings: Mixing, name: str, excluded: Excluded
) -> "Neighbours":
    from ...models import encoder
    from ..bertscore.search import nearest
    from ..bertscore.token_embeddings import default_cache

    loaded = encoder.load(settings.encoder or name)
    place = (default_cache(), settings.layer, excluded)
    top = min(max(settings.count, SEARCHED), len(corpus) - max(map(len, excluded or [[]])))
    return nearest(texts, corpus, loaded, *place, top=max(top, settings.count), measure=measure)


def _rouge_l(
    texts: Sequence[str], corpus: Sequence[str], settings: Mixing, name: str, excluded: Excluded
) -> "Neighbours":
    from .text_similarity import nearest_by_rouge_l

    del name  # words need no encoder
    return nearest_by_rouge_l(texts, corpus, settings.count, excluded)


def _cosine(
    texts: Sequence[str], corpus: Sequence[str], settings: Mixing, name: str, excluded: Excluded
) -> "Neighbours":
    from ...models import encoder
    from ..bertscore.token_embeddings import default_cache, embed_tokens
    from .text_similarity import nearest_by_cosine

    loaded = encoder.load(settings.encoder or name)
    asked, keys = (
        embed_tokens(loaded, each, default_cache() / "embeddings", settings.layer).mean() for each in (texts, corpus)
    )
    return nearest_by_cosine(asked, keys, settings.count, excluded)


SIMILARITIES: dict[str, Callable[[Sequence[str], Sequence[str], Mixing, str, Excluded], "Neighbours"]] = {
    **{f"bertscore-{measure}": partial(_bertscore, measure) for measure in MEASURES},
    "rouge-l": _rouge_l,
    "cosine": _cosine,
}
