"""The sweep over mixing weights on dev, which chooses the best one (§4.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import read_arrays, write_atomically
from ..evaluation.results import EvaluatedRun
from ..evaluation.threshold_policies import choose, fixed
from ..evaluation.thresholds import apply_thresholds, f1

WEIGHTS = tuple(round(0.5 + 0.02 * step, 2) for step in range(26))  # 0.50, 0.52 .. 1.00
CHOOSING_POLICY = "fixed"  # the threshold policy whose macro F1 chooses the weight: the one of Table 2 and §4.4


@dataclass(frozen=True)
class SweptPredictions:
    """Predictions on dev at every mixing weight under the fixed threshold, so that weights can be compared by text.

    Attributes:
        weights: Mixing weights.
        ids: Ids of the texts.
        gold: Gold labels, (texts, labels), bool.
        predictions: (weights, texts, labels), bool.
    """

    weights: tuple[float, ...]
    ids: tuple[str, ...]
    gold: np.ndarray
    predictions: np.ndarray

    @classmethod
    def of_scores(
        cls, scores_by_weight: np.ndarray, labels: np.ndarray, ids: Sequence[str], weights: Sequence[float]
    ) -> "SweptPredictions":
        """Apply the fixed threshold to probabilities (weights, texts, labels)."""
        predictions = [apply_thresholds(scores, fixed(scores, labels)) for scores in scores_by_weight]
        return cls(tuple(map(float, weights)), tuple(ids), labels > 0, np.stack(predictions))

    @classmethod
    def from_file(cls, path: Path) -> "SweptPredictions":
        """Read the file that `save` wrote.

        Raises:
            FileNotFoundError: The file does not exist.
            EmograinError: The file is damaged.
        """
        weights, ids, gold, packed = read_arrays(path, ("weights", "ids", "gold", "predictions"))
        if gold.ndim != 2 or packed.shape != (len(weights), len(gold), -(-gold.shape[1] // 8)) or len(ids) != len(gold):
            raise EmograinError(f"{str(path)!r} does not hold the predictions of a sweep")
        predictions = np.unpackbits(packed, axis=2, count=gold.shape[1]).astype(bool)
        return cls(tuple(weights.tolist()), tuple(ids.tolist()), gold > 0, predictions)

    def save(self, path: Path) -> None:
        """Write them as .npz, one bit per label.

        Raises:
            EmograinError: The file cannot be written.
        """

        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.savez_compressed(
                    file,
                    weights=np.array(self.weights),
                    ids=np.array(self.ids, dtype=np.str_),
                    gold=self.gold.astype(np.uint8),
                    predictions=np.packbits(self.predictions, axis=2),
                )

        write_atomically(path, write)

    def at(self, weight: float, labels: Sequence[str], seed: int | None = None) -> EvaluatedRun:
        """Return the predictions at one weight, as those of an evaluated run.

        Args:
            weight: One of `weights`.
            labels: Names of the labels.
            seed: Seed of the training.
        """
        found = self.predictions[self.weights.index(weight)]
        name, ids = f"weight {weight:g}", list(self.ids)
        return EvaluatedRun(name, ids, self.gold, found, list(labels), found.astype(float), seed)


def sweep(scores_by_weight: np.ndarray, labels: np.ndarray, weights: Sequence[float] = WEIGHTS) -> dict[str, Any]:
    """Compute the metrics at every weight, under thresholds chosen for that weight, and choose the best weight.

    Args:
        scores_by_weight: Probabilities of the dev split, (weights, texts, labels).
        labels: Gold labels of the dev split, (texts, labels) of 0 and 1.
        weights: Mixing weights, (weights,).

    Returns:
        Plain values, ready for JSON. `weights`: one entry per weight, with `policies` (macro_f1 and micro_f1 per
        policy) and `thresholds` (one value per label, per policy). `best`: the entry with the highest macro F1 under
        the fixed threshold; ties: the weight nearest to 1. `chosen_by`: that policy.
    """
    rows = [_evaluate(float(weight), scores, labels) for weight, scores in zip(weights, scores_by_weight, strict=True)]
    return {"weights": rows, **choose_weight(rows)}


def choose_weight(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return `best` and `chosen_by` of the entries of `weights`, see `sweep`."""
    # Rounded, so that a difference in the last bit is a tie.
    best = max(rows, key=lambda row: (round(row["policies"][CHOOSING_POLICY]["macro_f1"], 12), row["weight"]))
    return {"best": best, "chosen_by": CHOOSING_POLICY}


def _evaluate(weight: float, scores: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    thresholds = choose(scores, labels)
    policies = {}
    for policy, values in thresholds.items():
        guesses = apply_thresholds(scores, values)  # (texts, labels)
        correct, found, gold = (guesses & (labels > 0)).sum(axis=0), guesses.sum(axis=0), labels.sum(axis=0, dtype=int)
        policies[policy] = {
            "macro_f1": float(f1(correct, found, gold).mean()),
            "micro_f1": float(f1(correct.sum(), found.sum(), gold.sum())),
        }
    return {"weight": weight, "policies": policies, "thresholds": thresholds}
