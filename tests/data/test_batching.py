"""Batches of texts: complete, reproducible, with little padding."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emograin.data.batching import inference_batches, token_budget_batches, training_batches

lengths = st.lists(st.integers(0, 50), max_size=300)
sizes = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)


@given(lengths=lengths, size=sizes, seed=seeds, epoch=st.integers(0, 20))
def test_an_epoch_has_every_text_once_in_the_fewest_batches(lengths, size, seed, epoch):
    batches = training_batches(lengths, size, seed, epoch)
    assert sorted(np.concatenate([[], *batches]).tolist()) == list(range(len(lengths)))
    assert len(batches) == math.ceil(len(lengths) / size)
    assert all(1 <= len(batch) <= size for batch in batches)
    assert sum(len(batch) < size for batch in batches) <= 1


@given(lengths=lengths, size=sizes, seed=seeds, epoch=st.integers(0, 20))
def test_batches_are_a_pure_function_of_seed_and_epoch(lengths, size, seed, epoch):
    before = training_batches(lengths, size, seed, epoch)
    np.random.seed(epoch)  # noqa: NPY002 - the global random state must not change the batches
    training_batches(lengths, size, seed + 1, epoch)
    after = training_batches(lengths, size, seed, epoch)
    assert [batch.tolist() for batch in before] == [batch.tolist() for batch in after]


def test_another_seed_or_epoch_gives_other_batches():
    texts = np.random.default_rng(0).integers(1, 50, 1000)
    orders = {
        (seed, epoch): np.concatenate(training_batches(texts, 16, seed, epoch)).tolist()
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len({tuple(order) for order in orders.values()}) == 4


def test_batches_of_similar_lengths_need_little_padding():
    texts = np.random.default_rng(0).integers(1, 51, 5000)
    batches = training_batches(texts, 16, seed=0, epoch=0)
    padded = sum(len(batch) * texts[batch].max() for batch in batches)
    shuffled = np.random.default_rng(1).permutation(texts)[:4992].reshape(-1, 16)
    assert padded < 1.05 * texts.sum()
    assert 16 * shuffled.max(axis=1).sum() > 1.7 * shuffled.sum()  # random batches


def test_long_and_short_batches_are_mixed_over_the_epoch():
    texts = np.random.default_rng(0).integers(1, 51, 800)
    means = np.array([texts[batch].mean() for batch in training_batches(texts, 16, seed=0, epoch=0)])
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.5


@given(lengths=lengths, size=sizes)
def test_inference_has_every_text_once_longest_first(lengths, size):
    batches = inference_batches(lengths, size)
    order = np.concatenate([[], *batches]).astype(int)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert len(batches) == math.ceil(len(lengths) / size)
    assert (np.diff(np.asarray(lengths)[order]) <= 0).all()


@given(lengths=lengths, tokens=st.integers(1, 100))
def test_a_token_budget_is_exceeded_only_by_a_text_alone(lengths, tokens):
    batches = token_budget_batches(lengths, tokens)
    assert sorted(np.concatenate([[], *batches]).astype(int).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= tokens for batch in batches)
