"""Means and 95 % bootstrap intervals over texts of the attention to and from slots."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..evaluation.significance import INTERVAL

LAYERS = 3  # first and last layers compared, as in Figure 7
BYTES_PER_BLOCK = 64 * 2**20  # bytes of weights in memory at a time
KEY, QUERY = 0, 2  # quantities shown per label: attention received from all tokens, and attention to the document


def label_flow_intervals(flows: np.ndarray, gold: np.ndarray, resamples: int, seed: int) -> dict[str, Any]:
    """Compare the slots of gold labels with those of the other labels, and with the same labels' in other texts.

    Args:
        flows: Attention to and from each slot, (texts, quantities, layers, labels).
        gold: Gold labels, (texts, labels), bool; each text has some, and lacks some.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.

    Returns:
        `quantities`, the comparisons of each quantity; `labels`, one entry per label; `compared_layers`.
    """
    shares, other_shares = (each / each.sum(axis=1, keepdims=True) for each in (gold, ~gold))  # (texts, labels)
    of_gold = np.einsum("tqls,ts->tql", flows, shares)
    of_others = np.einsum("tqls,ts->tql", flows, other_shares)
    count = compared_layers(flows.shape[2])
    last = flows[:, (KEY, QUERY), -max(1, count) :].mean(axis=2)  # (texts, 2, labels)
    ahead = last - of_others[:, (KEY, QUERY), -max(1, count) :].mean(axis=2)[..., None]
    columns = {
        "gold": of_gold,
        "others": of_others,
        "absent": flows * ~gold[:, None, None],
        "absent_texts": ~gold,
        "shares": shares,
        "ahead": ahead * gold[:, None],
        "label_texts": gold,
    }
    sums = resample_sums(columns, resamples, seed)
    texts = len(flows)
    means, others = sums["gold"] / texts, sums["others"] / texts  # (1 + resamples, quantities, layers)
    absent = _ratio(sums["absent"], sums["absent_texts"][:, None, None])
    # Labels that no text has do not count. With one that every text has there is no comparison: NaN.
    weighted = np.where(sums["shares"][:, None, None] > 0, absent * sums["shares"][:, None, None], 0)
    same = weighted.sum(axis=-1) / texts
    compared = {
        "gold": means,
        "other_labels": others,
        "same_labels": same,
        "gold_minus_other_labels": means - others,
        "gold_minus_same_labels": means - same,
    }
    by_label = _ratio(sums["ahead"], sums["label_texts"][:, None])  # (1 + resamples, 2, labels)
    counts = gold.sum(axis=0).tolist()
    labels = [
        {"texts": counts[at], "as_key": interval(by_label[:, 0, at]), "as_query": interval(by_label[:, 1, at])}
        for at in range(gold.shape[1])
    ]
    return {"compared_layers": count, "quantities": _by_quantity(compared), "labels": labels}


def single_slot_intervals(flows: np.ndarray, even: np.ndarray, resamples: int, seed: int) -> dict[str, Any]:
    """Compare a single slot with even attention.

    Args:
        flows: Attention to and from the slot, (texts, quantities, layers).
        even: The same if every token attended evenly to all tokens of its text, (texts, quantities).
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.

    Returns:
        `quantities`, the comparisons of each quantity; `compared_layers`.
    """
    expected = np.broadcast_to(even[..., None], flows.shape)
    sums = resample_sums({"slot": flows, "even": expected}, resamples, seed)
    slot, evenly = sums["slot"] / len(flows), sums["even"] / len(flows)
    compared = {"slot": slot, "even": evenly, "slot_minus_even": slot - evenly}
    return {"compared_layers": compared_layers(flows.shape[2]), "quantities": _by_quantity(compared)}


def compared_layers(layers: int) -> int:
    """Return how many first and how many last layers are compared: three, or half of fewer than six.

    >>> [compared_layers(layers) for layers in (12, 6, 2, 1)]
    [3, 3, 1, 0]
    """
    return min(LAYERS, layers // 2)


def resample_sums(columns: Mapping[str, np.ndarray], resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Sum values over the texts, and over resamples of the texts.

    Args:
        columns: Values of each text, (texts, ...), by name; all names share the resamples.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.

    Returns:
        Sums, (1 + resamples, ...), by name: the first is over the texts as they are.
    """
    texts = len(next(iter(columns.values())))
    table = np.concatenate([values.reshape(texts, -1) for values in columns.values()], axis=1, dtype=np.float32)
    sums = np.empty((1 + resamples, table.shape[1]))
    sums[0] = table.sum(axis=0, dtype=np.float64)
    random, size = np.random.default_rng(seed), max(1, BYTES_PER_BLOCK // (8 * texts))
    for start in range(0, resamples, size):
        draws = random.integers(0, texts, (min(size, resamples - start), texts))
        weights = np.stack([np.bincount(draw, minlength=texts) for draw in draws]).astype(np.float32)
        sums[1 + start : 1 + start + len(draws)] = weights @ table
    ends = np.cumsum([np.prod(values.shape[1:], dtype=int) for values in columns.values()])[:-1]
    parts = zip(columns.items(), np.split(sums, ends, axis=1), strict=True)
    return {name: part.reshape(len(sums), *values.shape[1:]) for (name, values), part in parts}


def interval(values: np.ndarray) -> dict[str, float] | None:
    """Return the mean and its 95 % percentile interval, rounded to 6 decimals; None without a mean.

    Args:
        values: Mean over the texts as they are, then over each resample, (1 + resamples,); NaN where there is none.
    """
    if np.isnan(values[0]) or np.isnan(values[1:]).all():
        return None
    low, high = np.nanpercentile(values[1:], INTERVAL)
    return {"mean": round(float(values[0]), 6), "low": round(float(low), 6), "high": round(float(high), 6)}


def _by_quantity(compared: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Turn values (1 + resamples, quantities, layers) of each comparison into intervals: one entry per quantity."""
    quantities = next(iter(compared.values())).shape[1]
    return [{name: _by_layer(values[:, at]) for name, values in compared.items()} for at in range(quantities)]


def _by_layer(values: np.ndarray) -> dict[str, Any]:
    """Turn values (1 + resamples, layers) into intervals of each layer, and of the first and last ones."""
    count = compared_layers(values.shape[1])
    layers = [interval(each) for each in values.T]
    if not count:
        return {"layers": layers, "first": None, "last": None, "last_minus_first": None}
    first, last = values[:, :count].mean(axis=1), values[:, -count:].mean(axis=1)
    ends = {"first": interval(first), "last": interval(last), "last_minus_first": interval(last - first)}
    return {"layers": layers, **ends}


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Divide sums by counts; NaN where the count is 0."""
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
