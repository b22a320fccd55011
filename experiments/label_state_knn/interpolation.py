"""Scores of the model and of a text's neighbours, mixed; how much of which is chosen on dev."""

from dataclasses import dataclass

import numpy as np

from emograin.common.errors import EmograinError, unknown_name
from emograin.evaluation.thresholds import PRIOR, f1_at

WEIGHTS = np.round(np.arange(0, 1.01, 0.05), 2)
KINDS = ("global", "per-label", "agreement")


@dataclass(frozen=True)
class Mixture:
    """How neighbours are mixed in.

    Attributes:
        temperature: Position among the temperatures of the neighbours' scores.
        weights: (labels,), the neighbours' weight m in [0, 1]; 0 leaves the model as it is.
        agreement: Whether a text's weight is m times the agreement of its neighbours.
        macro_f1: On the texts it was chosen on, at the best common threshold.
    """

    temperature: int
    weights: np.ndarray
    agreement: bool
    macro_f1: float


def mixed(
    model: np.ndarray, neighbours: np.ndarray, weights: np.ndarray | float, agreement: bool = False
) -> np.ndarray:
    """(1 - m) model + m neighbours: scores (texts, labels) of both -> (texts, labels).

    The weight m is one for all or (labels,); by agreement it is m * |2 neighbours - 1|, so neighbours that are split
    half and half leave the model's score as it is.

    >>> mixed(np.array([[0.2, 0.2]]), np.array([[1.0, 0.5]]), 0.5).round(2).tolist()
    [[0.6, 0.35]]
    >>> mixed(np.array([[0.2, 0.2]]), np.array([[1.0, 0.5]]), 0.5, agreement=True).round(2).tolist()
    [[0.6, 0.2]]
    """
    share = np.asarray(weights) * (np.abs(2 * neighbours - 1) if agreement else 1)
    return model + share * (neighbours - model)


def choose_mixing(
    model: np.ndarray, neighbours: np.ndarray, labels: np.ndarray, kind: str = "global", grid: np.ndarray = WEIGHTS
) -> Mixture:
    """The temperature and weight with the highest macro F1 at one common threshold, on dev.

    Of equals it is the least weight, so what does not help on dev leaves the model as it is. A weight a label, once
    drawn to the common one, may look worse on dev than that; it overfits less there.

    Args:
        model: (texts, labels), the model's probabilities.
        neighbours: (temperatures, texts, labels).
        labels: (texts, labels), 0 or 1.
        kind: "global" labels, "agreement", or "per-label": each label's best at the common threshold, drawn
            towards the one for all where its examples are few, as `thresholds.per_label` is.
        grid: (weights,) to choose from; [1] is the neighbours alone.

    Raises:
        EmograinError: Unknown kind, or no temperature to choose from.
    """
    if kind not in KINDS:
        raise unknown_name("kind of mixing", kind, KINDS)
    agreement = kind == "agreement"
    chosen: Mixture | None = None
    for at, scores in enumerate(neighbours):
        curves = np.stack([f1_at(mixed(model, scores, weight, agreement), labels) for weight in grid])
        macro = curves.mean(axis=2)  # (weights, thresholds)
        common = _nearest_best(macro.max(axis=1), grid, 0)
        weights = np.full(model.shape[1], common)
        if kind == "per-label":
            threshold = int(curves.max(axis=0).mean(axis=1).argmax())
            own = np.array([_nearest_best(curve, grid, common) for curve in curves[:, threshold].T])
            examples = labels.sum(axis=0)
            weights = common + examples / (examples + PRIOR) * (own - common)
        found = float(f1_at(mixed(model, scores, weights, agreement), labels).mean(axis=1).max())
        if chosen is None or found > chosen.macro_f1 + 1e-12:
            chosen = Mixture(at, weights, agreement, found)
    if chosen is None:
        raise EmograinError("no scores of neighbours to choose from: no temperature")
    return chosen


def _nearest_best(values: np.ndarray, grid: np.ndarray, wanted: float) -> float:
    """Of the weights with the highest value, the one nearest to `wanted`."""
    best = grid[values >= values.max() - 1e-12]
    return float(best[np.abs(best - wanted).argmin()])
