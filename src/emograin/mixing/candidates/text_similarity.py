"""Alternatives to BERTScore (§5.3): ROUGE-L, and the cosine of mean embeddings; and copies of a text."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ...common.errors import EmograinError
from ...common.optional import import_optional
from ...data.text import normalized
from ..bertscore.search import DECIMALS, Neighbours

QUERY_BATCH = 512  # queries whose similarities are in memory at once
WORD = re.compile(r"\w+")


def nearest_by_rouge_l(
    queries: Sequence[str], corpus: Sequence[str], top: int, excluded: Sequence[Sequence[int]] | None = None
) -> Neighbours:
    """Find each query's best corpus sentences by ROUGE-L F1 (Lin 2004).

    ROUGE-L F1 is twice the longest common subsequence of words, case folded, divided by the number of words of both; 0
    if both have no words.

    Args:
        queries: Texts to search for.
        corpus: Texts to search in.
        top: Number of sentences per query.
        excluded: Rows of the corpus to leave out, for each query.

    Raises:
        EmograinError: rapidfuzz is not installed.
    """
    cdist = import_optional("rapidfuzz", "train").process.cdist
    similarity = import_optional("rapidfuzz.distance", "train").Indel.normalized_similarity
    vocabulary: dict[str, int] = {}
    query_ids, corpus_ids = ([_to_ids(text, vocabulary) for text in texts] for texts in (queries, corpus))

    def similarities() -> Iterator[np.ndarray]:
        for start in range(0, len(query_ids), QUERY_BATCH):
            batch = query_ids[start : start + QUERY_BATCH]
            found = cdist(batch, corpus_ids, scorer=similarity, dtype=np.float32, workers=-1)
            found[[not ids for ids in batch]] = 0  # rapidfuzz: two empty sequences are equal
            yield found

    return _top_rows(similarities(), top, excluded)


def nearest_by_cosine(
    queries: np.ndarray, corpus: np.ndarray, top: int, excluded: Sequence[Sequence[int]] | None = None
) -> Neighbours:
    """Find each query's best corpus sentences by cosine.

    Args:
        queries: (queries, hidden) of unit norm.
        corpus: (sentences, hidden) of unit norm.
        top: Number of sentences per query.
        excluded: Rows of the corpus to leave out, for each query.
    """
    batches = (queries[start : start + QUERY_BATCH] @ corpus.T for start in range(0, len(queries), QUERY_BATCH))
    return _top_rows(batches, top, excluded)


def find_copies(queries: Sequence[str], corpus: Sequence[str]) -> list[list[int]]:
    """Return the rows of each query's copies in the corpus: equal texts, ignoring case and surrounding white space.

    >>> find_copies(["So glad", "so sad"], ["the table", " so glad ", "so GLAD"])
    [[1, 2], []]
    """
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(corpus):
        rows.setdefault(normalized(text), []).append(row)
    return [rows.get(normalized(text), []) for text in queries]


def _to_ids(text: str, vocabulary: dict[str, int]) -> list[int]:
    """Map words, case folded, to ids; new words are added to the vocabulary."""
    return [vocabulary.setdefault(word, len(vocabulary)) for word in WORD.findall(text.casefold())]


def _top_rows(batches: Iterator[np.ndarray], top: int, excluded: Sequence[Sequence[int]] | None) -> Neighbours:
    """Select the highest similarities of each query; ties go to the lower row.

    Args:
        batches: Similarities (queries, sentences) of consecutive queries.
        top: Number of sentences per query.
        excluded: Rows of the corpus to leave out, for each query.

    Raises:
        EmograinError: Fewer than `top` sentences are left of a query.
    """
    rows, scores = [], []
    for query, similarities in enumerate(each for batch in batches for each in batch):
        if excluded is not None:
            similarities[list(excluded[query])] = -np.inf
            if (left := len(similarities) - len(set(excluded[query]))) < top:
                raise EmograinError(f"expected at least {top} sentences to search, got {left} besides a query's copies")
        # Include all ties with the last one, so that the lower row wins.
        last = np.partition(similarities, len(similarities) - top)[len(similarities) - top]
        best = np.flatnonzero(similarities >= last - 10.0**-DECIMALS)
        best = best[np.lexsort((best, -similarities[best].round(DECIMALS)))[:top]]
        rows.append(best)
        scores.append(similarities[best])
    return Neighbours(np.stack(rows).astype(np.int64), np.stack(scores).astype(np.float32), 0)
