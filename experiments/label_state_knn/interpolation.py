"""Interpolate model scores with kNN scores (Khandelwal et al. 2020); the weight is chosen on dev."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emograin.common.errors import EmograinError, unknown_name
from emograin.evaluation.thresholds import f1_at

WEIGHTS = np.round(np.arange(0, 1.01, 0.05), 2)
SHRINKAGE = 20  # examples


@dataclass(frozen=True)
class Interpolation:
    """A chosen interpolation of model scores and kNN scores.

    Attributes:
        temperature: Index of the temperature of the kNN scores.
        weights: Weight m of the kNN scores per label, (labels,), in [0, 1]; 0 leaves the model's scores unchanged.
        agreement: Whether a text's weight is m times the agreement of its neighbours.
        macro_f1: Macro F1 at the best global threshold, on the texts it was chosen on.
    """

    temperature: int
    weights: np.ndarray
    agreement: bool
    macro_f1: float


def interpolate(
    model: np.ndarray, neighbours: np.ndarray, weights: np.ndarray | float, agreement: bool = False
) -> np.ndarray:
    """Compute (1 - m) * model + m * neighbours.

    Args:
        model: Scores of the model, (texts, labels).
        neighbours: kNN scores, (texts, labels).
        weights: Weight m of the kNN scores, one for all labels or (labels,).
        agreement: Whether to multiply m by |2 neighbours - 1|, so that evenly split neighbours change nothing.

    Returns:
        (texts, labels).

    >>> interpolate(np.array([[0.2, 0.2]]), np.array([[1.0, 0.5]]), 0.5).round(2).tolist()
    [[0.6, 0.35]]
    >>> interpolate(np.array([[0.2, 0.2]]), np.array([[1.0, 0.5]]), 0.5, agreement=True).round(2).tolist()
    [[0.6, 0.2]]
    """
    share = np.asarray(weights) * (np.abs(2 * neighbours - 1) if agreement else 1)
    return model + share * (neighbours - model)


def choose_interpolation(
    model: np.ndarray, neighbours: np.ndarray, labels: np.ndarray, variant: str = "global", grid: np.ndarray = WEIGHTS
) -> Interpolation:
    """Choose the temperature and weight with the highest macro F1 at one global threshold, on dev.

    Ties: the smallest weight, so that useless neighbours leave the model's scores unchanged. Weights per label are
    shrunk towards the global one, so they may have a lower F1 on dev; they overfit less.

    Args:
        model: Probabilities of the model, (texts, labels).
        neighbours: kNN scores, (temperatures, texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        variant: Key of `VARIANTS`.
        grid: Weights to choose from, (weights,); [1] is the kNN scores alone.

    Raises:
        EmograinError: The variant is unknown, or there is no temperature to choose from.
    """
    if variant not in VARIANTS:
        raise unknown_name("variant of interpolation", variant, VARIANTS)
    agreement, choose_weights = VARIANTS[variant]
    chosen: Interpolation | None = None
    for at, scores in enumerate(neighbours):
        curves = np.stack([f1_at(interpolate(model, scores, weight, agreement), labels) for weight in grid])
        weights = choose_weights(curves, labels, grid)
        macro_f1 = float(f1_at(interpolate(model, scores, weights, agreement), labels).mean(axis=1).max())
        if chosen is None or macro_f1 > chosen.macro_f1 + 1e-12:
            chosen = Interpolation(at, weights, agreement, macro_f1)
    if chosen is None:
        raise EmograinError("there are no kNN scores to choose from: expected at least one temperature")
    return chosen


def _global_weights(curves: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Choose one weight for all labels: (weights, thresholds, labels) F1 -> (labels,)."""
    macro = curves.mean(axis=2)  # (weights, thresholds)
    return np.full(labels.shape[1], _nearest_best(macro.max(axis=1), grid, 0))


def _per_label_weights(curves: np.ndarray, labels: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Choose each label's best weight, shrunk towards the global one: (weights, thresholds, labels) F1 -> (labels,).

    A label with `SHRINKAGE` examples gets the mean of both.
    """
    common = _global_weights(curves, labels, grid)[0]
    threshold = int(curves.max(axis=0).mean(axis=1).argmax())
    best = np.array([_nearest_best(curve, grid, common) for curve in curves[:, threshold].T])
    examples = labels.sum(axis=0)
    return common + examples / (examples + SHRINKAGE) * (best - common)


def _nearest_best(values: np.ndarray, grid: np.ndarray, target: float) -> float:
    """Return the weight with the highest value; ties: the one nearest to `target`."""
    best = grid[values >= values.max() - 1e-12]
    return float(best[np.abs(best - target).argmin()])


class Variant(NamedTuple):
    """A variant of interpolation.

    Attributes:
        agreement: Whether a text's weight is multiplied by the agreement of its neighbours.
        choose_weights: (F1 curves, gold labels, grid) -> weights (labels,).
    """

    agreement: bool
    choose_weights: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


VARIANTS = {
    "global": Variant(False, _global_weights),
    "per-label": Variant(False, _per_label_weights),
    "agreement": Variant(True, _global_weights),
}
