"""The alternative to mixing embeddings: mix probabilities with the candidates' scores or gold labels (§5.4)."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from ..common.errors import EmograinError
from .config import checked_weight


def mix_scores(model_scores: np.ndarray, candidate_scores: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """Compute `weight * model_scores + (1 - weight) * candidate_scores` at every weight.

    At weight 1 the result is the model's scores, bit for bit.

    Args:
        model_scores: Probabilities of the documents, (texts, labels).
        candidate_scores: Probabilities of the candidates, (texts, labels).
        weights: Weights of the model's scores, in [0, 1].

    Returns:
        (weights, texts, labels), float32.

    Raises:
        EmograinError: A weight lies outside [0, 1], or the shapes differ.

    >>> mix_scores(np.array([[0.5, 0.25]]), np.array([[1.0, 0.75]]), [1, 0.5]).tolist()
    [[[0.5, 0.25]], [[0.75, 0.5]]]
    """
    if model_scores.shape != candidate_scores.shape:
        raise EmograinError(
            f"mixed scores must have one shape, got {[*model_scores.shape]} and {[*candidate_scores.shape]}"
        )
    mixed = np.empty((len(weights), *model_scores.shape), dtype=np.float32)
    for row, weight in enumerate(map(checked_weight, weights)):
        # Weights 1 and 0 are separate cases because 0 * inf and 0 * NaN are not 0.
        if weight == 1:
            mixed[row] = model_scores
        elif weight == 0:
            mixed[row] = candidate_scores
        else:
            mixed[row] = weight * model_scores + (1 - weight) * candidate_scores
    return mixed


def mean_scores(scores: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """Average the scores of each document's candidates.

    Args:
        scores: Scores of all candidates, document by document, (candidates, labels).
        counts: Number of candidates of each document, at least one.

    Returns:
        (documents, labels), float32.

    >>> mean_scores(np.array([[0.0, 1.0], [0.5, 0.0], [0.5, 0.5]]), [1, 2]).tolist()
    [[0.0, 1.0], [0.5, 0.25]]
    """
    offsets = np.cumsum([0, *counts[:-1]])
    return (np.add.reduceat(scores, offsets) / np.asarray(counts)[:, None]).astype(np.float32)


def neighbour_scores(labels: np.ndarray, similarities: np.ndarray, temperature: float) -> np.ndarray:
    """Average the neighbours' gold labels, weighted by softmax(similarity / temperature).

    Args:
        labels: Gold labels of the neighbours, (texts, neighbours, labels) of 0 and 1.
        similarities: Similarity of each neighbour to its text, (texts, neighbours).
        temperature: Temperature of the softmax; a small one counts the nearest only, a large one all alike.

    Returns:
        (texts, labels), float32, in [0, 1].

    >>> labels = np.array([[[1, 0], [0, 1]]])
    >>> neighbour_scores(labels, np.array([[0.9, 0.8]]), temperature=0.1).round(3).tolist()
    [[0.7310000061988831, 0.26899999380111694]]
    """
    weights = softmax(similarities.astype(np.float64) / temperature, axis=1)  # (texts, neighbours)
    return np.einsum("tc,tcl->tl", weights, labels).clip(0, 1).astype(np.float32)
