"""Compare ways to choose a threshold per label, on dev: choose on some texts, evaluate on the others.

    python experiments/threshold_policies.py results/*/dev.npz --output results/threshold_policies.json

Each size is a number of texts to choose on, drawn at random several times; half of dev among them. Test is not read.
docs/log.md has the results.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from emograin.common.files import write_text
from emograin.evaluation.calibration.expected_f1 import expected_f1_at
from emograin.evaluation.cross_fitting import cross_fit_predictions
from emograin.evaluation.significance import macro_f1, resample_f1, summarize
from emograin.evaluation.threshold_policies import ThresholdPolicy, fixed, global_threshold, per_label
from emograin.evaluation.thresholds import apply_thresholds, f1_at, plateau_middle

SIZES = (100, 300, 1000, 2713)  # the last is half of dev
SHRINKAGE = 20  # examples
HALVINGS, RESAMPLES = 5, 1000


def highest_f1(scores: np.ndarray, labels: np.ndarray, shrinkage: float = SHRINKAGE) -> np.ndarray:
    """The threshold with the highest F1 per label, shrunk towards the global one: (labels,).

    The best threshold of a label with n examples has weight n / (n + shrinkage): without examples the label gets the
    global threshold, and with a shrinkage of 0 its best one.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        shrinkage: Number of examples at which both thresholds have equal weight.
    """
    examples = labels.sum(axis=0)
    weight = np.divide(examples, examples + shrinkage, out=np.zeros(len(examples)), where=examples > 0)
    best = np.array([plateau_middle(curve) for curve in f1_at(scores, labels).T])
    common = global_threshold(scores, labels)
    return common + weight * (best - common)


def uncalibrated_expected_f1(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """The threshold with the highest expected F1 per label, if the scores were calibrated: (labels,)."""
    return np.array([plateau_middle(curve) for curve in expected_f1_at(scores).T])


POLICIES: dict[str, ThresholdPolicy] = {
    "0.3": fixed,
    "global": global_threshold,
    **{f"highest F1, shrinkage {each}": partial(highest_f1, shrinkage=each) for each in (0, SHRINKAGE, 100)},
    "highest expected F1, scores as they are": uncalibrated_expected_f1,
    "highest expected F1, calibrated scores (`per-label`)": per_label,
}


def compare(scores: np.ndarray, labels: np.ndarray, size: int, repeats: int) -> dict[str, float]:
    """Return the mean macro F1 of each policy on the texts that it was not chosen on.

    Args:
        scores: Probabilities of the dev split, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        size: Number of texts to choose on.
        repeats: Number of random draws of them.
    """
    random = np.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in POLICIES}
    for _ in range(repeats):
        order = random.permutation(len(scores))
        chosen, others = order[:size], order[size:]
        for name, policy in POLICIES.items():
            thresholds = policy(scores[chosen], labels[chosen])
            found[name].append(macro_f1(apply_thresholds(scores[others], thresholds), labels[others]))
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}


def difference(runs: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """Return the mean difference over runs of `per_label` to `highest_f1`, cross-fitted on halves, and its interval.

    Args:
        runs: Scores and gold labels of each run, (texts, labels), the same texts in the same order.
    """
    observed, resampled = [], []
    for scores, labels in runs:
        ours, theirs = (list(cross_fit_predictions(scores, labels, way, HALVINGS)) for way in (per_label, highest_f1))
        observed.append(
            np.mean([macro_f1(one, labels) - macro_f1(other, labels) for one, other in zip(ours, theirs, strict=True)])
        )
        drawn = [resample_f1(each, labels, RESAMPLES).mean(axis=(1, 2)) for each in (ours, theirs)]
        resampled.append(drawn[0] - drawn[1])
    found = summarize(float(np.mean(observed)), np.mean(resampled, axis=0), 0)
    return [round(each, 4) for each in (found.difference, found.low, found.high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path, nargs="+", help="dev.npz of each run")
    parser.add_argument("--repeats", type=int, default=20, help="number of random draws of each size")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    options = parser.parse_args()
    runs, scored = {}, []
    for path in options.scores:
        with np.load(path, allow_pickle=False) as arrays:
            scores, labels = arrays["scores"].astype(np.float64), arrays["labels"]
        runs[path.parent.name] = {str(size): compare(scores, labels, size, options.repeats) for size in SIZES}
        scored.append((scores, labels))
    means = {
        name: {str(size): round(float(np.mean([run[str(size)][name] for run in runs.values()])), 4) for size in SIZES}
        for name in POLICIES
    }
    for name, row in means.items():
        print(f"{name:<55}", *(f"{value:.4f}" for value in row.values()))
    gain = difference(scored)
    print(f"per-label to the highest F1 with shrinkage, on halves: {gain[0]:+.4f} ({gain[1]:+.4f} to {gain[2]:+.4f})")
    if options.output is not None:
        content = {"sizes": SIZES, "repeats": options.repeats, "means": means, "difference": gain, "runs": runs}
        write_text(options.output, json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
