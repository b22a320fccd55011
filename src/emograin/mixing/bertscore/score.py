"""BERTScore (Zhang et al. 2020): the weights of tokens, and F1. Pure functions."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def combine(precision: Any, recall: Any) -> Any:
    """F1 of precision and recall, elementwise; 0 unless both are positive.

    bert-score takes the same quotient where one is negative. There it has a pole where the two cancel out, and scores
    unrelated sentences far above 1.

    >>> combine(np.array([0.5, 0.0, 0.1]), np.array([1.0, 0.0, -0.099])).round(3).tolist()
    [0.667, 0.0, 0.0]
    """
    positive = (precision > 0) & (recall > 0)
    # 3: never divided by 0 where it is not used; + 0: no negative zero.
    return 2 * precision * recall * positive / (precision + recall + 3 * ~positive) + 0


def _precision(precision: Any, recall: Any) -> Any:
    del recall
    return precision


def _recall(precision: Any, recall: Any) -> Any:
    del precision
    return recall


# Name -> of precision and recall, elementwise. None falls where precision or recall rises.
MEASURES: dict[str, Callable[[Any, Any], Any]] = {"f1": combine, "precision": _precision, "recall": _recall}


def inverse_document_frequencies(ids: Sequence[Sequence[int]]) -> dict[int, float]:
    """bert-score's idf of every token: log((n + 1) / (sentences with it + 1)), in nats; of others see `weights_of`.

    >>> inverse_document_frequencies([[1, 5, 2], [1, 6, 2]])[1]
    0.0
    """
    counts = Counter(token for each in ids for token in set(each))
    return {token: float(np.log((len(ids) + 1) / (count + 1))) for token, count in counts.items()}


def token_weights(
    ids: np.ndarray, lengths: np.ndarray, special: Sequence[int], idf: Mapping[int, float] | None, documents: int
) -> np.ndarray:
    """Each token's share in its sentence's score: of sum 1 a sentence, or all 0 for an empty one.

    Args:
        ids: (tokens,), one sentence after another.
        lengths: (sentences,), their tokens.
        special: Ids of [CLS] and [SEP], which are matched but have no share.
        idf: Token id to weight; None gives all the same.
        documents: Sentences that the idf is of; a token that none has weighs log(documents + 1).

    Returns:
        (tokens,) float32.

    >>> token_weights(np.array([1, 7, 8, 2, 1, 2]), np.array([4, 2]), [1, 2], None, 2).tolist()
    [0.0, 0.5, 0.5, 0.0, 0.0, 0.0]
    """
    if idf is None:
        weights = (~np.isin(ids, special)).astype(np.float64)
    else:
        unseen = float(np.log(documents + 1))
        weights = np.array([idf.get(token, unseen) for token in ids.tolist()])
    weights[np.repeat(lengths == 2, lengths)] = 0  # nothing between [CLS] and [SEP]: scores 0
    total = np.repeat(np.add.reduceat(weights, starts_of(lengths)), lengths)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0).astype(np.float32)


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Where each of some sequences begins, if they stand one after another."""
    return np.cumsum(lengths) - lengths
