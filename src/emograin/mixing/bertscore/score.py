"""BERTScore (Zhang et al. 2020): token weights, precision, recall and F1. Pure functions."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def f1(precision: Any, recall: Any) -> Any:
    """Compute F1 from precision and recall, elementwise; 0 unless both are positive.

    bert-score uses the same quotient where one is negative. It has a pole where the two cancel out, and gives unrelated
    sentences scores far above 1.

    >>> f1(np.array([0.5, 0.0, 0.1]), np.array([1.0, 0.0, -0.099])).round(3).tolist()
    [0.667, 0.0, 0.0]
    """
    positive = (precision > 0) & (recall > 0)
    # + 3 where the quotient is not used avoids a division by 0; + 0 turns a negative zero into 0.
    return 2 * precision * recall * positive / (precision + recall + 3 * ~positive) + 0


def _precision(precision: Any, recall: Any) -> Any:
    del recall
    return precision


def _recall(precision: Any, recall: Any) -> Any:
    del precision
    return recall


# Name -> function of precision and recall, elementwise. Each is non-decreasing in precision and recall.
SCORES: dict[str, Callable[[Any, Any], Any]] = {"f1": f1, "precision": _precision, "recall": _recall}


def inverse_document_frequencies(ids: Sequence[Sequence[int]]) -> dict[int, float]:
    """Compute bert-score's idf of every token: log((n + 1) / (sentences with the token + 1)), in nats.

    >>> inverse_document_frequencies([[1, 5, 2], [1, 6, 2]])[1]
    0.0
    """
    counts = Counter(token for each in ids for token in set(each))
    return {token: float(np.log((len(ids) + 1) / (count + 1))) for token, count in counts.items()}


def token_weights(
    ids: np.ndarray, lengths: np.ndarray, special: Sequence[int], idf: Mapping[int, float] | None, documents: int
) -> np.ndarray:
    """Compute each token's weight in its sentence's score. Weights sum to 1 per sentence, or are all 0 if it is empty.

    Args:
        ids: Token ids (tokens,), sentence after sentence.
        lengths: Number of tokens of each sentence (sentences,).
        special: Ids of [CLS] and [SEP], which are matched but have weight 0.
        idf: Token id -> weight; None weighs all tokens equally.
        documents: Number of sentences the idf was computed from; unknown tokens weigh log(documents + 1).

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
    weights[np.repeat(lengths == 2, lengths)] = 0  # [CLS] [SEP] alone: an empty sentence scores 0
    total = np.repeat(np.add.reduceat(weights, offsets(lengths)), lengths)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0).astype(np.float32)


def offsets(lengths: np.ndarray) -> np.ndarray:
    """Return the start (sequences,) of each sequence in the concatenation of sequences of these lengths.

    >>> offsets(np.array([4, 2, 3])).tolist()
    [0, 4, 6]
    """
    return np.cumsum(lengths) - lengths
