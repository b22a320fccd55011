"""Bounds from low-precision products: no score is above its bound, and no bound is far above its score."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.mixing.bertscore.low_precision import PRECISIONS, hadamard_rotate, int8_is_exact, select_precision
from emograin.mixing.bertscore.score import SCORES
from emograin.mixing.bertscore.search import Search


def unit_vectors(data, random, hidden):
    """Return a function that draws sentences of unit vectors, some with an outlying entry or around one direction."""
    around = random.normal(size=hidden) * data.draw(st.sampled_from([0.0, 3.0]))
    around[random.integers(hidden)] *= data.draw(st.sampled_from([1.0, 20.0]))

    def sentences(count):
        lengths = random.integers(2, 8, size=count)  # of 2: empty, but for [CLS] and [SEP]
        vectors = [around + random.normal(size=(length, hidden)) for length in lengths]
        return [each / np.linalg.norm(each, axis=1, keepdims=True) for each in vectors]

    return sentences


@given(data=st.data())
@settings(max_examples=100)
def test_no_score_is_above_its_bound(data):
    """Random unit vectors, among them close, equal and opposite ones, for each measure and precision."""
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    hidden = data.draw(st.sampled_from([2, 7, 64, 192]))
    sentences = unit_vectors(data, random, hidden)
    queries, texts = sentences(3), sentences(12)
    queries[0] = texts[0] if data.draw(st.booleans()) else -texts[0]
    measure, precision = data.draw(st.sampled_from(list(SCORES))), data.draw(st.sampled_from(list(PRECISIONS)))
    embeddings = [InMemoryEmbeddings(queries), InMemoryEmbeddings(texts)]
    search = Search(*embeddings, [0], top=2, measure=measure, precision=precision)
    bounds = search.first_pass.upper_bounds(np.arange(3))
    exact = np.stack([search.score_exactly(at, np.arange(12)) for at in range(3)])
    assert (bounds >= exact).all()
    if search.measure != "f1":
        assert (bounds - exact).max() < 0.2  # and not far above


@given(data=st.data())
@settings(max_examples=100)
def test_errors_of_products_are_within_the_error_bound(data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    hidden = data.draw(st.sampled_from([2, 7, 64, 192]))
    sentences = unit_vectors(data, random, hidden)
    a, b = (np.concatenate(sentences(3)).astype(np.float32) for _ in range(2))
    for name, precision in PRECISIONS.items():
        queries, keys = (precision.quantize(torch.from_numpy(each)) for each in (a, b))
        found = precision.multiply(queries.values, keys.values.T).float() * (queries.scale * keys.scale)
        error = np.abs(a.astype(np.float64) @ b.T.astype(np.float64) - found.numpy()).max()
        assert error <= precision.error_bound(queries, keys), name


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 48, 64, 384]))
def test_rotated_vectors_have_the_same_products_and_no_outlying_entry(seed, hidden):
    vectors = torch.randn(5, hidden, generator=torch.Generator().manual_seed(seed))
    assert hadamard_rotate(vectors) @ hadamard_rotate(vectors).T == pytest.approx(
        vectors @ vectors.T, abs=1e-4 * hidden
    )
    assert hadamard_rotate(torch.eye(hidden)).abs().max() < 1.001 * max(1 / np.gcd(hidden, 64) ** 0.5, 0.125)


def test_int8_is_used_only_if_it_is_exact(monkeypatch):
    assert select_precision("auto", "cpu") is PRECISIONS["int8" if int8_is_exact() else "bf16"]
    assert select_precision("auto", "cuda") is PRECISIONS["bf16"]
    monkeypatch.setattr("torch._int_mm", lambda a, b: (a.int() @ b.int()).clamp(-(2**15), 2**15))
    int8_is_exact.cache_clear()
    try:
        assert select_precision("auto", "cpu") is PRECISIONS["bf16"]
        with pytest.raises(EmograinError, match=r"int8 products are not exact on this cpu \(use bf16"):
            select_precision("int8", "cpu")
    finally:
        int8_is_exact.cache_clear()


class InMemoryEmbeddings:
    """Token embeddings in memory, with the interface of `TokenEmbeddings`."""

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
