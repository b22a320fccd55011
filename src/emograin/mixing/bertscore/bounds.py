"""Upper bounds of the BERTScore of all pairs, from low-precision products of all tokens.

A maximum and a weighted mean of cosines have at most a cosine's error. F1 is non-decreasing in precision and recall
where both are positive, and 0 elsewhere. So the score of cosines raised by their error bound is an upper bound.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .low_precision import Precision, Quantized, pad_vectors
from .score import SCORES
from .token_embeddings import Block, TokenEmbeddings

QUERY_TOKENS, CORPUS_TOKENS = 512, 4096  # sides of one product, whose result stays in the cache
TokenWeights = Callable[[Sequence[Sequence[int]]], np.ndarray]  # token ids of sentences -> weights (tokens,)


@dataclass(frozen=True)
class QueryBatch:
    """Queries that are multiplied together, the shortest first.

    Attributes:
        rows: (queries,) rows of the result.
        tokens: Quantized tokens of all queries, one query after another.
        length_groups: (queries, tokens per query) of each run of queries of one length.
        token_weights: (queries, tokens), 0 for tokens of other queries.
    """

    rows: np.ndarray
    tokens: Quantized
    length_groups: list[tuple[int, int]]
    token_weights: Tensor


@dataclass(frozen=True)
class FirstPass:
    """The first pass of a search, which bounds every score.

    Attributes:
        queries, corpus: Token embeddings.
        token_weights: Computes the weights of sentences' tokens.
        measure: A key of `SCORES`.
        precision: Number format of the products.
        device: Device that computes them.
        corpus_tokens: Number of corpus tokens per product.
    """

    queries: TokenEmbeddings
    corpus: TokenEmbeddings
    token_weights: TokenWeights
    measure: str
    precision: Precision
    device: str
    corpus_tokens: int

    @torch.inference_mode()
    def upper_bounds(self, queries: np.ndarray, on_progress: Callable[[int], Any] = lambda _: None) -> np.ndarray:
        """Compute upper bounds of the scores of some queries with every sentence.

        Args:
            queries: (queries,) rows of the query embeddings.
            on_progress: Called with the number of pairs done since the last call.

        Returns:
            (queries, sentences) float32.
        """
        bounds = np.empty((len(queries), len(self.corpus)), dtype=np.float32)
        batches = list(self._query_batches(queries))
        for block in self.corpus.blocks(self.corpus_tokens):
            keys = self._quantize_block(block)
            weights = self.token_weights(list(block.ids)).reshape(block.ids.shape)
            key_weights = torch.from_numpy(weights).to(self.device).T.contiguous()
            for batch in batches:
                bounds[batch.rows[:, None], block.rows] = self._bound_block(batch, keys, key_weights).cpu().numpy()
            on_progress(len(queries) * len(block.rows))
        return bounds

    def _query_batches(self, queries: np.ndarray) -> Iterator[QueryBatch]:
        order = np.argsort(self.queries.lengths[queries], kind="stable")
        lengths = self.queries.lengths[queries][order]
        start = 0
        while start < len(order):
            count = max(int(np.searchsorted(lengths[start:].cumsum(), QUERY_TOKENS, side="right")), 1)
            rows, batch_lengths = order[start : start + count], lengths[start : start + count]
            vectors = np.concatenate([self.queries.sentence(int(query)) for query in queries[rows]])
            tokens = self.precision.quantize(torch.from_numpy(vectors).to(self.device))
            tokens = tokens._replace(values=pad_vectors(tokens.values, 0))
            weights = torch.zeros(count, len(tokens.values))
            owners = torch.from_numpy(np.repeat(np.arange(count), batch_lengths))
            ids = [self.queries.ids[query] for query in queries[rows]]
            weights[owners, torch.arange(len(owners))] = torch.from_numpy(self.token_weights(ids))
            values, counts = np.unique(batch_lengths, return_counts=True)
            length_groups = list(zip(counts.tolist(), values.tolist(), strict=True))
            yield QueryBatch(rows, tokens, length_groups, weights.to(self.device))
            start += count

    def _quantize_block(self, block: Block) -> Quantized:
        """Quantize a block's tokens as the columns of a product: all first tokens, all second tokens, and so on."""
        sentences, length, hidden = block.tokens.shape
        keys = self.precision.quantize(torch.from_numpy(block.tokens).to(self.device).view(-1, hidden))
        by_position = keys.values.view(sentences, length, hidden).transpose(0, 1).reshape(-1, hidden)
        return keys._replace(values=pad_vectors(by_position, 1).T)

    def _bound_block(self, batch: QueryBatch, keys: Quantized, key_weights: Tensor) -> Tensor:
        """Compute bounds (queries, sentences) of a batch and a block with token weights (length, sentences)."""
        length, sentences = key_weights.shape
        product = self.precision.multiply(batch.tokens.values, keys.values)
        product = product[:, : length * sentences].unflatten(1, (length, sentences))
        # Recall: each query token's best match in a sentence. Precision: each sentence token's best match in a query.
        recall = batch.token_weights @ product.amax(dim=1).float()
        best = torch.empty(len(batch.rows), length, sentences, device=self.device)
        query, token = 0, 0
        for count, tokens in batch.length_groups:
            group = product[token : token + count * tokens].unflatten(0, (count, tokens))
            best[query : query + count] = group.amax(dim=1)
            query, token = query + count, token + count * tokens
        precision = best.mul_(key_weights).sum(dim=1)
        scale, error = batch.tokens.scale * keys.scale, self.precision.error_bound(batch.tokens, keys)
        # All weights of an empty query or sentence are 0: it scores 0, which may be more than its bounds.
        filled = (batch.token_weights.sum(dim=1) > 0)[:, None] & (key_weights.sum(dim=0) > 0)
        raised = (torch.where(filled, each * scale, 0.0) + error for each in (precision, recall))
        return SCORES[self.measure](*raised)
