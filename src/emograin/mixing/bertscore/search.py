"""Exact BERTScore search (Zhang et al. 2020): each query's best corpus sentences among all pairs.

Filter and refine: a cheap first pass of low-precision products bounds every pair's score from above. Pairs that cannot
be among the best are dropped, the others are rescored in float32. The result is that of scoring every pair in float32.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...common.errors import EmograinError, unknown_name
from ...common.files import read_arrays, sha256_json, write_atomically
from ...models.encoder import Encoder
from .bounds import CORPUS_TOKENS, QUERY_TOKENS, FirstPass
from .low_precision import select_precision
from .score import SCORES, inverse_document_frequencies, offsets, token_weights
from .token_embeddings import TokenEmbeddings, embed_tokens

DECIMALS = 6  # scores that agree to this many decimals are ties, and the lower row comes first
QUERY_BATCH = 1024  # queries that are finished, and saved, together
EMBEDDINGS, SEARCHES = "embeddings", "searches"  # subfolders of a cache
OnProgress = Callable[[int], Any]


@dataclass(frozen=True)
class Neighbours:
    """The best corpus sentences of each query, the best first.

    Attributes:
        rows: (queries, top) int64, rows of the corpus.
        scores: (queries, top) float32.
        rescored: Number of pairs rescored in float32, over all queries.
    """

    rows: np.ndarray
    scores: np.ndarray
    rescored: int


class Search:
    """Exact search for the corpus sentences of highest BERTScore.

    Args:
        queries: Embeddings of the references.
        corpus: Embeddings of the candidates.
        special: Ids of [CLS] and [SEP].
        top: Number of sentences per query.
        measure: A key of `SCORES`.
        idf: Weigh tokens by their inverse document frequency in the corpus.
        baseline: Score of unrelated sentences, mapped to 0 by `(score - baseline) / (1 - baseline)`; None: no mapping.
        precision: Number format of the first pass: int8, bf16, float32, or auto (int8 on a CPU that multiplies it
            exactly, else bf16).
        device: Device that computes the products.
        memory: Bytes for scores, blocks and products, besides the encoder's memory.

    Raises:
        EmograinError: A corpus of fewer than `top` sentences, no queries, or an unknown measure or precision.
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
        if measure not in SCORES:
            raise unknown_name("measure", measure, list(SCORES))
        if not 1 <= top <= len(corpus):
            raise EmograinError(f"top must lie in [1, {len(corpus)}], the corpus's sentences, got {top}")
        if baseline is not None and not baseline < 1:
            raise EmograinError(f"baseline must be below 1, got {baseline}")
        if queries.hidden != corpus.hidden:
            raise EmograinError(f"queries have {queries.hidden} dimensions, the corpus {corpus.hidden}")
        self.queries, self.corpus, self.special = queries, corpus, list(special)
        self.top, self.measure, self.baseline = top, measure, baseline
        self.idf = inverse_document_frequencies(corpus.ids) if idf else None
        # Bounds take 4 bytes per query and sentence; half of the memory is left for blocks and products.
        self.batch_size = min(max(memory // 2 // (4 * len(corpus)), 1), QUERY_BATCH)
        tokens = int(min(max(memory // 4 // (16 * corpus.hidden + 4 * QUERY_TOKENS), 64), CORPUS_TOKENS))
        products = select_precision(precision, device)
        self.first_pass = FirstPass(queries, corpus, self._token_weights, measure, products, device, tokens)

    @classmethod
    def from_texts(
        cls,
        queries: Sequence[str],
        corpus: Sequence[str],
        encoder: Encoder,
        cache: Path,
        layer: int | None = None,
        on_progress: OnProgress = lambda _: None,
        **options: Any,
    ) -> "Search":
        """Embed texts, or load their embeddings from the cache, and prepare a search.

        Args:
            queries: Texts, the references.
            corpus: Texts, the candidates.
            encoder: Encoder whose hidden states are compared, on the device that computes.
            cache: Folder whose subfolder `EMBEDDINGS` holds embeddings.
            layer: Layer of the hidden states, counted from 1; None is the last.
            on_progress: Called with the number of texts embedded since the last call.
            **options: `top`, `measure`, `idf`, `baseline`, `precision` and `memory` of `Search`.

        Raises:
            EmograinError: No query; a corpus of fewer than `top` sentences; an unknown layer, measure or precision; a
                damaged cache; a full disk.
        """
        if len(queries) == 0:
            raise EmograinError("no queries to search for")
        if options.get("top", 1) > len(corpus):  # before anything is computed
            raise EmograinError(f"top must lie in [1, {len(corpus)}], the corpus's sentences, got {options['top']}")
        keys = embed_tokens(encoder, corpus, cache / EMBEDDINGS, layer, on_progress)
        embedded = embed_tokens(encoder, queries, cache / EMBEDDINGS, layer, on_progress)
        return cls(embedded, keys, encoder.tokenizer("")["input_ids"], device=str(encoder.model.device), **options)

    def run(
        self,
        folder: Path | None = None,
        excluded: Sequence[Sequence[int]] | None = None,
        on_progress: OnProgress = lambda _: None,
    ) -> Neighbours:
        """Find the best sentences of every query.

        Args:
            folder: Folder for finished queries, from which an interrupted search resumes; None saves nothing.
            excluded: Rows of the corpus to leave out, for each query.
            on_progress: Called with the number of pairs done since the last call.

        Raises:
            EmograinError: A query has fewer than `top` sentences left, a saved file cannot be read, or a full disk.
        """
        order = np.argsort(self.queries.lengths, kind="stable")
        rows = np.full((len(order), self.top), -1, dtype=np.int64)
        scores = np.full((len(order), self.top), np.nan, dtype=np.float32)
        rescored = 0
        fingerprint = self._fingerprint(excluded) if folder else ""
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            path = folder / f"{fingerprint}-{start}-{len(batch)}.npz" if folder else None
            if path is None or not path.exists():
                found = self.search_batch(batch, excluded, on_progress)
                if path is not None:
                    write_atomically(path, partial(_save, found=found))
            else:
                found = _load(path)
                on_progress(len(batch) * len(self.corpus))
            rows[batch], scores[batch] = found.rows, found.scores
            rescored += found.rescored
        return Neighbours(rows, scores, rescored)

    def search_batch(
        self,
        queries: np.ndarray,
        excluded: Sequence[Sequence[int]] | None = None,
        on_progress: OnProgress = lambda _: None,
    ) -> Neighbours:
        """Find the best sentences of the queries at some rows (queries,). Arguments and errors as of `run`."""
        bounds = self.first_pass.upper_bounds(queries, on_progress)
        for row, query in enumerate(queries):
            if excluded is not None and len(excluded[query]):
                if len(self.corpus) - len(excluded[query]) < self.top:
                    raise EmograinError(f"query {query} has fewer than {self.top} sentences left in the corpus")
                bounds[row, list(excluded[query])] = -np.inf
        found = [self._refine(int(query), row) for query, row in zip(queries, bounds, strict=True)]
        return Neighbours(
            np.stack([rows for rows, _, _ in found]),
            np.stack([scores for _, scores, _ in found]),
            sum(count for _, _, count in found),
        )

    def _refine(self, query: int, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Rescore the sentences with the highest bounds, then all whose bounds reach the scores of these.

        Args:
            query: Row of the query.
            bounds: (sentences,) upper bounds of its scores.

        Returns:
            Rows (top,) and scores (top,) of the best sentences, and the number of pairs rescored.
        """
        first = np.argpartition(-bounds, self.top - 1)[: self.top]
        scores = self.score_exactly(query, first)
        # Ties in the last decimal are rescored too: the lower row wins.
        others = np.flatnonzero(bounds >= scores.min() - 10.0**-DECIMALS)
        others = others[~np.isin(others, first)]
        rows, scores = np.concatenate([first, others]), np.concatenate([scores, self.score_exactly(query, others)])
        order = np.lexsort((rows, -scores.round(DECIMALS)))[: self.top]
        best = scores[order]
        if self.baseline is not None:
            best = (best - self.baseline) / (1 - self.baseline)
        return rows[order], best.astype(np.float32), len(rows)

    @torch.inference_mode()
    def score_exactly(self, query: int, rows: np.ndarray) -> np.ndarray:
        """Compute the scores (rows,) of one query with the sentences at some rows, in float32, without baseline."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        starts = offsets(self.corpus.lengths[rows])
        keys = np.concatenate([self.corpus.sentence(int(row)) for row in rows])
        product = (torch.from_numpy(self.queries.sentence(query)) @ torch.from_numpy(keys).T).numpy()
        weights = self._token_weights([self.queries.ids[query]])
        key_weights = self._token_weights([self.corpus.ids[row] for row in rows])
        # All weights of an empty query or sentence are 0: it scores 0 in both directions.
        filled = np.add.reduceat(key_weights, starts) * weights.sum() > 0
        recall = (weights[:, None] * np.maximum.reduceat(product, starts, axis=1)).sum(axis=0) * filled
        precision = np.add.reduceat(key_weights * product.max(axis=0), starts) * filled
        return SCORES[self.measure](precision, recall).astype(np.float32)

    def _token_weights(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Compute the weights (tokens,) of sentences' tokens, sentence after sentence."""
        lengths = np.array([len(each) for each in ids])
        return token_weights(np.concatenate(ids), lengths, self.special, self.idf, len(self.corpus))

    def _fingerprint(self, excluded: Sequence[Sequence[int]] | None) -> str:
        """Hash everything that determines the result, so that a search resumes from its own files only."""
        embeddings = [str(each.folder.name) for each in (self.queries, self.corpus)]
        rows = None if excluded is None else [list(map(int, each)) for each in excluded]
        return sha256_json([*embeddings, self.top, self.measure, self.idf is not None, self.baseline, rows])[:16]


def nearest(
    queries: Sequence[str],
    corpus: Sequence[str],
    encoder: Encoder,
    cache: Path,
    layer: int | None = None,
    excluded: Sequence[Sequence[int]] | None = None,
    on_embedded: OnProgress = lambda _: None,
    on_scored: OnProgress = lambda _: None,
    **options: Any,
) -> Neighbours:
    """Find each query's best corpus sentences by BERTScore. Embeddings and finished queries are cached.

    Args:
        queries, corpus, encoder, cache, layer: Arguments of `Search.from_texts`.
        excluded: Rows of the corpus to leave out, for each query.
        on_embedded: Called with the number of texts embedded since the last call; the sum is that of all texts.
        on_scored: Called with the number of pairs scored since the last call; the sum is that of all pairs.
        **options: `top`, `measure`, `idf`, `baseline`, `precision` and `memory` of `Search`.

    Raises:
        EmograinError: No query; a corpus of fewer than `top` sentences; an unknown layer, measure or precision; a
            damaged cache; a full disk.
    """
    search = Search.from_texts(queries, corpus, encoder, cache, layer, on_embedded, **options)
    return search.run(cache / SEARCHES, excluded, on_scored)


def _save(path: Path, found: Neighbours) -> None:
    with path.open("wb") as file:
        np.savez(file, rows=found.rows, scores=found.scores, rescored=np.int64(found.rescored))


def _load(path: Path) -> Neighbours:
    arrays = read_arrays(path, ("rows", "scores", "rescored"), "delete it to compute it again")
    return Neighbours(arrays[0], arrays[1], int(arrays[2]))
