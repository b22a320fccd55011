"""Bounds from products in few bits: no score is above its bound, and none far below."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.mixing.bertscore.low_precision import PRECISIONS, int8_is_exact, precision_of, turned
from emograin.mixing.bertscore.score import MEASURES
from emograin.mixing.bertscore.search import Search


def unit_vectors(data, random, hidden):
    """Sentences of random unit vectors, now and then with an entry that stands out, or all around one direction."""
    around = random.normal(size=hidden) * data.draw(st.sampled_from([0.0, 3.0]))
    around[random.integers(hidden)] *= data.draw(st.sampled_from([1.0, 20.0]))

    def some(count):
        lengths = random.integers(3, 8, size=count)
        vectors = [around + random.normal(size=(length, hidden)) for length in lengths]
        return [each / np.linalg.norm(each, axis=1, keepdims=True) for each in vectors]

    return some


@given(data=st.data())
@settings(max_examples=100)
def test_no_score_is_above_its_bound(data):
    """Random unit vectors, among them close, equal and opposite ones, under each measure and precision."""
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    hidden = data.draw(st.sampled_from([2, 7, 64, 192]))
    some = unit_vectors(data, random, hidden)
    queries, texts = some(3), some(12)
    queries[0] = texts[0] if data.draw(st.booleans()) else -texts[0]
    measure, precision = data.draw(st.sampled_from(list(MEASURES))), data.draw(st.sampled_from(list(PRECISIONS)))
    engine = Search(Given(queries), Given(texts), [0], top=2, measure=measure, precision=precision)
    bounds = engine.bounds.of(np.arange(3))
    exact = np.stack([engine.scores(at, np.arange(12)) for at in range(3)])
    assert (bounds >= exact).all()
    if engine.measure != "f1":
        assert (bounds - exact).max() < 0.2  # and not far above


@given(data=st.data())
@settings(max_examples=100)
def test_no_product_is_further_off_than_its_precision_says(data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    hidden = data.draw(st.sampled_from([2, 7, 64, 192]))
    some = unit_vectors(data, random, hidden)
    a, b = (np.concatenate(some(3)).astype(np.float32) for _ in range(2))
    for name, precision in PRECISIONS.items():
        queries, keys = (precision.coarse(torch.from_numpy(each)) for each in (a, b))
        found = precision.multiply(queries.values, keys.values.T).float() * (queries.step * keys.step)
        off = np.abs(a.astype(np.float64) @ b.T.astype(np.float64) - found.numpy()).max()
        assert off <= precision.off(queries, keys), name


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 48, 64, 384]))
def test_turned_vectors_have_the_same_products_and_no_entry_that_stands_out(seed, hidden):
    vectors = torch.randn(5, hidden, generator=torch.Generator().manual_seed(seed))
    assert turned(vectors) @ turned(vectors).T == pytest.approx(vectors @ vectors.T, abs=1e-4 * hidden)
    assert turned(torch.eye(hidden)).abs().max() < 1.001 * max(1 / np.gcd(hidden, 64) ** 0.5, 0.125)


def test_int8_is_taken_only_where_it_is_exact(monkeypatch):
    assert precision_of("auto", "cpu") is PRECISIONS["int8" if int8_is_exact() else "bf16"]
    assert precision_of("auto", "cuda") is PRECISIONS["bf16"]
    monkeypatch.setattr("torch._int_mm", lambda a, b: (a.int() @ b.int()).clamp(-(2**15), 2**15))
    int8_is_exact.cache_clear()
    try:
        assert precision_of("auto", "cpu") is PRECISIONS["bf16"]
        with pytest.raises(EmograinError, match=r"int8 products are not exact on this cpu \(use bf16"):
            precision_of("int8", "cpu")
    finally:
        int8_is_exact.cache_clear()


class Given:
    """Embeddings that are given, in the form of `TokenEmbeddings`."""

    def __init__(self, vectors):
        self.vectors = [each.astype(np.float32) for each in vectors]
        self.ids = [[0, *range(1, len(each) - 1), 0] for each in vectors]
        self.lengths, self.hidden = np.array([len(each) for each in vectors]), vectors[0].shape[1]

    def __len__(self):
        return len(self.ids)

    def sentence(self, row):
        return self.vectors[row]

    def blocks(self, _):
        for length in np.unique(self.lengths):
            rows = np.flatnonzero(self.lengths == length)
            yield SimpleNamespace(
                rows=rows,
                tokens=np.stack([self.vectors[row] for row in rows]),
                ids=np.array([self.ids[row] for row in rows]),
            )
