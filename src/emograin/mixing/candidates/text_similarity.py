"""Other similarities of sentences than BERTScore (§5.3): ROUGE-L, and the cosine of mean embeddings."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ...common.optional import import_optional
from ..bertscore.search import DECIMALS, Neighbours

QUERIES = 512  # whose similarities are in memory at once
WORD = re.compile(r"\w+")


def nearest_by_rouge_l(
    queries: Sequence[str], corpus: Sequence[str], top: int, excluded: Sequence[Sequence[int]] | None = None
) -> Neighbours:
    """Each query's best corpus sentences by ROUGE-L F1 (Lin 2004): twice their longest common subsequence of words,
    case folded, divided by the words of both; 0 without words.

    Raises:
        EmograinError: rapidfuzz is not installed.
    """
    cdist = import_optional("rapidfuzz", "train").process.cdist
    similarity = import_optional("rapidfuzz.distance", "train").Indel.normalized_similarity
    numbers: dict[str, int] = {}
    asked, keys = ([_as_numbers(text, numbers) for text in texts] for texts in (queries, corpus))

    def similarities() -> Iterator[np.ndarray]:
        for at in range(0, len(asked), QUERIES):
            part = asked[at : at + QUERIES]
            found = cdist(part, keys, scorer=similarity, dtype=np.float32, workers=-1)
            found[[not words for words in part]] = 0  # rapidfuzz calls two empty sequences the same
            yield found

    return _best(similarities(), top, excluded)


def nearest_by_cosine(
    queries: np.ndarray, corpus: np.ndarray, top: int, excluded: Sequence[Sequence[int]] | None = None
) -> Neighbours:
    """Each query's best corpus sentences by cosine.

    Args:
        queries: (queries, hidden) of unit norm.
        corpus: (sentences, hidden) of unit norm.
        top: Sentences a query.
        excluded: For each query rows of the corpus that are left out.
    """
    return _best((queries[at : at + QUERIES] @ corpus.T for at in range(0, len(queries), QUERIES)), top, excluded)


def _as_numbers(text: str, numbers: dict[str, int]) -> list[int]:
    return [numbers.setdefault(word, len(numbers)) for word in WORD.findall(text.casefold())]


def _best(parts: Iterator[np.ndarray], top: int, excluded: Sequence[Sequence[int]] | None) -> Neighbours:
    """The highest of each row, of ties the lower column; parts are rows after rows."""
    rows, scores, start = [], [], 0
    for found in parts:
        for at, each in enumerate(found):
            if excluded is not None:
                each[list(excluded[start + at])] = -np.inf
            # All that tie with the last one take part, so that the lower column wins.
            last = np.partition(each, len(each) - top)[len(each) - top]
            best = np.flatnonzero(each >= last - 10.0**-DECIMALS)
            best = best[np.lexsort((best, -each[best].round(DECIMALS)))[:top]]
            rows.append(best)
            scores.append(each[best])
        start += len(found)
    return Neighbours(np.stack(rows).astype(np.int64), np.stack(scores).astype(np.float32), 0)
