"""BERTScore (Zhang et al. 2020) of all pairs of queries and corpus, and each query's best corpus sentences, exactly.

A cheap pass bounds every pair's score from above: products in few bits, whose largest possible error is known. What
cannot be among the best is dropped, the rest is scored again in float32. The result is that of scoring every pair in
float32; the bound costs nothing but the few pairs that are scored twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from ...common.errors import EmograinError, unknown_name
from ...common.files import sha256_json, write_atomically
from ...common.progress import Progress
from ...models.encoder import Encoder
from .bounds import CORPUS_TOKENS, QUERY_TOKENS, Bounds
from .low_precision import precision_of
from .score import MEASURES, inverse_document_frequencies, starts_of, token_weights
from .token_embeddings import TokenEmbeddings, embed_tokens

DECIMALS = 6  # scores that agree to so many are ties, and the lower row comes first
BATCH = 1024  # queries that are finished, and kept, together


@dataclass(frozen=True)
class Neighbours:
    """The best corpus sentences of each query, the best first.

    Attributes:
        rows: (queries, top) int64, rows of the corpus.
        scores: (queries, top) float32.
        rescored: Pairs that were scored in float32, of all queries.
    """

    rows: np.ndarray
    scores: np.ndarray
    rescored: int


def nearest(
    queries: Sequence[str],
    corpus: Sequence[str],
    encoder: Encoder,
    cache: Path,
    layer: int | None = None,
    excluded: Sequence[Sequence[int]] | None = None,
    show: bool = True,
    **options: Any,
) -> Neighbours:
    """Each query's best corpus sentences by BERTScore, from texts. Embeddings and finished queries are kept.

    Args:
        queries: Texts, the references.
        corpus: Texts, the candidates.
        encoder: Whose hidden states are compared, on the device that computes.
        cache: A folder for embeddings and finished queries; what is in it is used.
        layer: Counted from 1; None is the last.
        excluded: For each query rows of the corpus that are left out.
        show: Show progress.
        **options: `top`, `measure`, `idf`, `baseline`, `precision` and `memory` of `Search`.

    Raises:
        EmograinError: As `Search` and `embed_tokens`.
    """
    if len(queries) == 0:
        raise EmograinError("there is no query")
    if options.get("top", 1) > len(corpus):  # before anything is computed
        raise EmograinError(f"top must lie in [1, {len(corpus)}], the corpus's sentences, got {options['top']}")
    with Progress(len(corpus) + len(queries), "texts", show=show) as progress:
        keys = embed_tokens(encoder, corpus, cache / "embeddings", layer, progress.advance)
        asked = embed_tokens(encoder, queries, cache / "embeddings", layer, progress.advance)
    search = Search(asked, keys, encoder.tokenizer("")["input_ids"], device=str(encoder.model.device), **options)
    with Progress(len(corpus) * len(queries), "pairs", show=show) as progress:
        return search.run(cache / "searches", excluded, progress.advance)


class Search:
    """Exact search for the corpus sentences of highest BERTScore.

    Args:
        queries: The references.
        corpus: The candidates.
        special: Ids of [CLS] and [SEP].
        top: Sentences a query.
        measure: One of `MEASURES`.
        idf: Weigh tokens by their inverse document frequency in the corpus.
        baseline: Score of unrelated sentences, mapped to 0 by `(score - baseline) / (1 - baseline)`; None leaves it.
        precision: Of the first pass: int8, bf16, float32, or auto: int8 where a CPU multiplies it exactly, else bf16.
        device: Where products are computed.
        memory: Bytes that scores, blocks and products may take, the encoder's own memory not counted.

    Raises:
        EmograinError: A corpus of fewer than `top` sentences, no queries, or an unknown measure.
    """

    def __init__(
        self,
        queries: TokenEmbeddings,
        corpus: TokenEmbeddings,
        special: Sequence[int],
        top: int = 5,
        measure: str = "f1",
        idf: bool = False,
        baseline: float | None = None,
        precision: str = "auto",
        device: str = "cpu",
        memory: int = 1 << 30,
    ):
        if measure not in MEASURES:
            raise unknown_name("measure", measure, list(MEASURES))
        if not 1 <= top <= len(corpus):
            raise EmograinError(f"top must lie in [1, {len(corpus)}], the corpus's sentences, got {top}")
        if baseline is not None and not baseline < 1:
            raise EmograinError(f"baseline must be below 1, got {baseline}")
        if queries.hidden != corpus.hidden:
            raise EmograinError(f"queries have {queries.hidden} dimensions, the corpus {corpus.hidden}")
        self.queries, self.corpus, self.special = queries, corpus, list(special)
        self.top, self.measure, self.baseline = top, measure, baseline
        self.idf = inverse_document_frequencies(corpus.ids) if idf else None
        # A query's row of bounds is 4 bytes a sentence; half of the memory is left to blocks and products.
        self.batch = min(max(memory // 2 // (4 * len(corpus)), 1), BATCH)
        tokens = int(min(max(memory // 4 // (16 * corpus.hidden + 4 * QUERY_TOKENS), 64), CORPUS_TOKENS))
        products = precision_of(precision, device)
        self.bounds = Bounds(queries, corpus, self._weights, measure, products, device, tokens)

    def run(
        self,
        folder: Path | None = None,
        excluded: Sequence[Sequence[int]] | None = None,
        on_progress: Callable[[int], Any] = lambda _: None,
    ) -> Neighbours:
        """The best sentences of every query.

        Args:
            folder: Keeps finished queries, so that a search that was broken off goes on; None keeps nothing.
            excluded: For each query rows of the corpus that are left out.
            on_progress: Called with a number of pairs when they are done.
        """
        order = np.argsort(self.queries.lengths, kind="stable")
        rows = np.full((len(order), self.top), -1, dtype=np.int64)
        scores = np.full((len(order), self.top), np.nan, dtype=np.float32)
        rescored = 0
        for start in range(0, len(order), self.batch):
            part = order[start : start + self.batch]
            path = folder / f"{self._fingerprint(excluded)}-{start}-{len(part)}.npz" if folder else None
            if path is None or not path.exists():
                found = self._batch(part, excluded, on_progress)
                if path is not None:
                    write_atomically(path, partial(_save, found=found))
            else:
                found = _read(path)
                on_progress(len(part) * len(self.corpus))
            rows[part], scores[part] = found.rows, found.scores
            rescored += found.rescored
        return Neighbours(rows, scores, rescored)

    def _batch(
        self, part: np.ndarray, excluded: Sequence[Sequence[int]] | None, on_progress: Callable[[int], Any]
    ) -> Neighbours:
        bounds = self.bounds.of(part, on_progress)
        for at, query in enumerate(part):
            if excluded is not None and len(excluded[query]):
                if len(self.corpus) - len(excluded[query]) < self.top:
                    raise EmograinError(f"query {query} has fewer than {self.top} sentences left in the corpus")
                bounds[at, list(excluded[query])] = -np.inf
        found = [self._best(int(query), row) for query, row in zip(part, bounds, strict=True)]
        return Neighbours(
            np.stack([rows for rows, _, _ in found]),
            np.stack([scores for _, scores, _ in found]),
            sum(count for _, _, count in found),
        )

    def _best(self, query: int, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """The best sentences of one query: first those of the highest bounds, then all that could still beat them."""
        first = np.argpartition(-bounds, self.top - 1)[: self.top]
        scores = self.scores(query, first)
        # Ties in the last digit count: the lower row is to win.
        others = np.flatnonzero(bounds >= scores.min() - 10.0**-DECIMALS)
        others = others[~np.isin(others, first)]
        rows, scores = np.concatenate([first, others]), np.concatenate([scores, self.scores(query, others)])
        order = np.lexsort((rows, -scores.round(DECIMALS)))[: self.top]
        best = scores[order]
        if self.baseline is not None:
            best = (best - self.baseline) / (1 - self.baseline)
        return rows[order], best.astype(np.float32), len(rows)

    @torch.inference_mode()
    def scores(self, query: int, rows: np.ndarray) -> np.ndarray:
        """Exact scores of one query with some sentences, in float32 throughout, not rescaled: (rows,)."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        starts = starts_of(self.corpus.lengths[rows])
        keys = np.concatenate([self.corpus.sentence(int(row)) for row in rows])
        product = (torch.from_numpy(self.queries.sentence(query)) @ torch.from_numpy(keys).T).numpy()
        weights = self._weights([self.queries.ids[query]])
        corpus_weights = self._weights([self.corpus.ids[row] for row in rows])
        # An empty query or sentence has weights 0 only, and scores 0 in both directions.
        filled = np.add.reduceat(corpus_weights, starts) * weights.sum() > 0
        recall = (weights[:, None] * np.maximum.reduceat(product, starts, axis=1)).sum(axis=0) * filled
        precision = np.add.reduceat(corpus_weights * product.max(axis=0), starts) * filled
        return MEASURES[self.measure](precision, recall).astype(np.float32)

    def _weights(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Shares of the tokens of sentences, one after another."""
        lengths = np.array([len(each) for each in ids])
        return token_weights(np.concatenate(ids), lengths, self.special, self.idf, len(self.corpus))

    def _fingerprint(self, excluded: Sequence[Sequence[int]] | None) -> str:
        """Of everything that decides the result: a search goes on only with its own rows."""
        parts = [str(each.folder.name) for each in (self.queries, self.corpus)]
        left_out = None if excluded is None else [list(map(int, rows)) for rows in excluded]
        content = [*parts, self.top, self.measure, self.idf is not None, self.baseline, left_out]
        return sha256_json(content)[:16]


def _save(path: Path, found: Neighbours) -> None:
    with path.open("wb") as file:
        np.savez(file, rows=found.rows, scores=found.scores, rescored=np.int64(found.rescored))


def _read(path: Path) -> Neighbours:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Neighbours(arrays["rows"], arrays["scores"], int(arrays["rescored"]))
    except (ValueError, OSError, KeyError, EOFError, BadZipFile) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete it to have it made again") from None
