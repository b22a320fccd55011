"""Batches of texts of similar length; for training a pure function of (seed, epoch)."""

from collections.abc import Sequence

import numpy as np

INFERENCE_BATCH_SIZE = 64  # one value: scores with and without mixing are bit-identical only for equal batches
POOL = 50  # batches sorted together: enough for little padding, few enough to leave the order random


def training_batches(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Put every text into one of the random batches of an epoch, with texts of similar length.

    The texts are shuffled, cut into pools of `POOL` batches, sorted by length within each pool, and cut into batches,
    which are shuffled. A resumed run computes the batches of the same (seed, epoch) and skips the finished ones.

    Args:
        lengths: Number of tokens of each text.
        batch_size: Number of texts per batch; one batch per epoch may be smaller.
        seed: Seed of the run.
        epoch: Number of the epoch, from 0.

    Returns:
        Indices into `lengths` for each batch, (batch,) int64.

    >>> [batch.tolist() for batch in training_batches([3, 9, 4, 8], batch_size=2, seed=0, epoch=0)]
    [[3, 1], [0, 2]]
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches = []
    for start in range(0, len(order), POOL * batch_size):
        pool = order[start : start + POOL * batch_size]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[at] for at in random.permutation(len(batches))]


def inference_batches(lengths: Sequence[int], batch_size: int) -> list[np.ndarray]:
    """Put every text into a batch, longest texts first: if memory is too small, the first batch fails.

    Args:
        lengths: Number of tokens of each text.
        batch_size: Number of texts per batch; the last batch may be smaller.

    Returns:
        Indices into `lengths` for each batch, (batch,) int64.

    >>> [batch.tolist() for batch in inference_batches([3, 9, 4], batch_size=2)]
    [[1, 2], [0]]
    """
    order = _longest_first(lengths)
    return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]


def token_budget_batches(lengths: Sequence[int], tokens: int) -> list[np.ndarray]:
    """Put every text into a batch, longest texts first, with a maximum number of tokens per batch.

    Args:
        lengths: Number of tokens of each text.
        tokens: Maximum number of tokens per batch, padding included; a longer text is a batch of its own.

    Returns:
        Indices into `lengths` for each batch, (batch,) int64.

    >>> [batch.tolist() for batch in token_budget_batches([3, 9, 4, 2], tokens=8)]
    [[1], [2, 0], [3]]
    """
    order = _longest_first(lengths)
    batches, start = [], 0
    while start < len(order):
        end = start + max(1, tokens // max(1, int(lengths[order[start]])))
        batches.append(order[start:end])
        start = end
    return batches


def _longest_first(lengths: Sequence[int]) -> np.ndarray:
    return np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
