"""Which texts go together: batches of like length, a pure function of (seed, epoch)."""

from collections.abc import Sequence

import numpy as np

POOL = 50  # batches sorted together: enough for little padding, few enough to leave the order random


def training_batches(lengths: Sequence[int], batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Every text once, in random batches whose texts have about the same length.

    The texts are shuffled, cut into pools of `POOL` batches, sorted by length inside a pool, cut into batches, and the
    batches shuffled. A resumed run asks for the same (seed, epoch) and skips what is done.

    Args:
        lengths: Tokens of each text.
        batch_size: Texts a batch; the last one of the epoch's shuffle may be smaller.
        seed: The run's seed.
        epoch: Number of the epoch, from 0.

    Returns:
        Arrays of indices into `lengths`.

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
    """Every text once, longest first, so that memory runs out at once or never.

    >>> [batch.tolist() for batch in inference_batches([3, 9, 4], batch_size=2)]
    [[1, 2], [0]]
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]


def batches_of_tokens(lengths: Sequence[int], tokens: int) -> list[np.ndarray]:
    """Every text once, longest first, in batches of at most so many tokens with padding, of one text at least.

    >>> [batch.tolist() for batch in batches_of_tokens([3, 9, 4, 2], tokens=8)]
    [[1], [2, 0], [3]]
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    batches, start = [], 0
    while start < len(order):
        end = start + max(1, tokens // max(1, int(sizes[order[start]])))
        batches.append(order[start:end])
        start = end
    return batches
