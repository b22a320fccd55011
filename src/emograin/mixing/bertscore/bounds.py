"""Upper bounds of the BERTScore of all pairs, from products of all tokens in few bits.

A maximum and a weighted mean of cosines are off by no more than a cosine, and F1 rises with precision and recall where
both are positive, and is 0 elsewhere. So the score of cosines that are raised by what they may be off is a bound.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .low_precision import Coarse, Precision, padded
from .score import MEASURES
from .token_embeddings import Block, TokenEmbeddings

QUERY_TOKENS, CORPUS_TOKENS = 512, 4096  # of one product, whose result stays in the cache
Shares = Callable[[Sequence[Sequence[int]]], np.ndarray]  # token ids of sentences -> weights (tokens,)


@dataclass(frozen=True)
class Slab:
    """Queries that are multiplied together, the shortest first.

    Attributes:
        places: (queries,) rows of the result.
        tokens: Of all of them, one after another.
        runs: Queries and tokens each of a run of one length.
        shares: (queries, tokens) weights, 0 for tokens of other queries.
    """

    places: np.ndarray
    tokens: Coarse
    runs: list[tuple[int, int]]
    shares: Tensor


@dataclass(frozen=True)
class Bounds:
    """Bounds of a search's scores.

    Attributes:
        queries, corpus: The embeddings.
        shares: Weights of sentences' tokens.
        measure: One of `MEASURES`.
        precision: Of the products.
        device: Where they are computed.
        corpus_tokens: Of one product.
    """

    queries: TokenEmbeddings
    corpus: TokenEmbeddings
    shares: Shares
    measure: str
    precision: Precision
    device: str
    corpus_tokens: int

    @torch.inference_mode()
    def of(self, part: np.ndarray, on_progress: Callable[[int], Any] = lambda _: None) -> np.ndarray:
        """Upper bounds of the scores of some queries with every sentence: (queries, sentences) float32."""
        bounds = np.empty((len(part), len(self.corpus)), dtype=np.float32)
        slabs = list(self._slabs(part))
        for block in self.corpus.blocks(self.corpus_tokens):
            keys = self._keys(block)
            shares = torch.from_numpy(self.shares(list(block.ids)).reshape(block.ids.shape)).to(self.device)
            for slab in slabs:
                bounds[slab.places[:, None], block.rows] = self._block(slab, keys, shares.T.contiguous()).cpu().numpy()
            on_progress(len(part) * len(block.rows))
        return bounds

    def _slabs(self, part: np.ndarray) -> Iterator[Slab]:
        order = np.argsort(self.queries.lengths[part], kind="stable")
        lengths = self.queries.lengths[part][order]
        start = 0
        while start < len(order):
            count = max(int(np.searchsorted(lengths[start:].cumsum(), QUERY_TOKENS, side="right")), 1)
            places, some = order[start : start + count], lengths[start : start + count]
            vectors = np.concatenate([self.queries.sentence(int(row)) for row in part[places]])
            tokens = self.precision.coarse(torch.from_numpy(vectors).to(self.device))
            tokens = tokens._replace(values=padded(tokens.values, 0))
            shares = torch.zeros(count, len(tokens.values))
            owners = torch.from_numpy(np.repeat(np.arange(count), some))
            ids = [self.queries.ids[row] for row in part[places]]
            shares[owners, torch.arange(len(owners))] = torch.from_numpy(self.shares(ids))
            values, counts = np.unique(some, return_counts=True)
            runs = list(zip(counts.tolist(), values.tolist(), strict=True))
            yield Slab(places, tokens, runs, shares.to(self.device))
            start += count

    def _keys(self, block: Block) -> Coarse:
        """Tokens of a block as the columns of a product: all first ones, all second ones, and so on."""
        sentences, length, hidden = block.tokens.shape
        keys = self.precision.coarse(torch.from_numpy(block.tokens).to(self.device).view(-1, hidden))
        by_position = keys.values.view(sentences, length, hidden).transpose(0, 1).reshape(-1, hidden)
        return keys._replace(values=padded(by_position, 1).T)

    def _block(self, slab: Slab, keys: Coarse, shares: Tensor) -> Tensor:
        """Bounds (queries, sentences) of a slab and a block of weights (length, sentences)."""
        length, sentences = shares.shape
        product = self.precision.multiply(slab.tokens.values, keys.values)
        product = product[:, : length * sentences].unflatten(1, (length, sentences))
        # Each query's token takes its best of a sentence; each of a sentence's its best of a query.
        recall = slab.shares @ product.amax(dim=1).float()
        best, first = torch.empty(len(slab.places), length, sentences, device=self.device), 0
        done = 0
        for count, tokens in slab.runs:
            run = product[first : first + count * tokens].unflatten(0, (count, tokens))
            best[done : done + count] = run.amax(dim=1)
            first, done = first + count * tokens, done + count
        precision = best.mul_(shares).sum(dim=1)
        step, off = slab.tokens.step * keys.step, self.precision.off(slab.tokens, keys)
        return MEASURES[self.measure](precision * step + off, recall * step + off)
