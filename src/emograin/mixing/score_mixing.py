"""The alternative to mixing embeddings: mixing probabilities with the candidates' scores, or with their gold labels."""

from collections.abc import Sequence

import numpy as np

from ..common.errors import EmograinError
from .config import checked_weight


def mix_scores(model_scores: np.ndarray, other: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """`weight * model_scores + (1 - weight) * other` at every weight; at 1 the model's scores themselves.

    Args:
        model_scores: (texts, labels), probabilities.
        other: (texts, labels), probabilities.
        weights: The model's, in [0, 1].

    Returns:
        (weights, texts, labels), float32.

    Raises:
        EmograinError: A weight lies outside [0, 1], or the shapes differ.

    >>> mix_scores(np.array([[0.5, 0.25]]), np.array([[1.0, 0.75]]), [1, 0.5]).tolist()
    [[[0.5, 0.25]], [[0.75, 0.5]]]
    """
    if model_scores.shape != other.shape:
        raise EmograinError(f"scores of one shape can be mixed, got {[*model_scores.shape]} and {[*other.shape]}")
    mixed = np.empty((len(weights), *model_scores.shape), dtype=np.float32)
    for row, weight in enumerate(map(checked_weight, weights)):
        # Apart, because 0 times what is not finite is not 0.
        mixed[row] = (
            model_scores if weight == 1 else other if weight == 0 else weight * model_scores + (1 - weight) * other
        )
    return mixed


def mean_scores(scores: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """Scores of all documents' candidates, one document's after another's -> their mean a document.

    Args:
        scores: (candidates, labels).
        counts: Candidates of each document, one at least.

    Returns:
        (documents, labels), float32.

    >>> mean_scores(np.array([[0.0, 1.0], [0.5, 0.0], [0.5, 0.5]]), [1, 2]).tolist()
    [[0.0, 1.0], [0.5, 0.25]]
    """
    starts = np.cumsum([0, *counts[:-1]])
    return (np.add.reduceat(scores, starts) / np.asarray(counts)[:, None]).astype(np.float32)


def neighbour_scores(labels: np.ndarray, similarities: np.ndarray, temperature: float) -> np.ndarray:
    """Mean of the neighbours' gold labels, each neighbour's weight being softmax(similarity / temperature).

    Args:
        labels: (texts, count, labels), 0 or 1.
        similarities: (texts, count).
        temperature: Small: the nearest counts alone; large: all count alike.

    Returns:
        (texts, labels), float32, between 0 and 1.

    >>> labels = np.array([[[1, 0], [0, 1]]])
    >>> neighbour_scores(labels, np.array([[0.9, 0.8]]), temperature=0.1).round(3).tolist()
    [[0.7310000061988831, 0.26899999380111694]]
    """
    logits = similarities.astype(np.float64) / temperature
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.einsum("tc,tcl->tl", shares, labels).clip(0, 1).astype(np.float32)
