"""Compare threshold policies by split-half cross-validation on dev: choose on one half, evaluate on the other.

    python experiments/threshold_policies.py results/label-embedding-seed0/dev.npz

Test scores are not read. docs/log.md has the results.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from emograin.evaluation.metrics import metrics_at_thresholds
from emograin.evaluation.thresholds import fixed, global_threshold, per_label, per_label_unshrunk

POLICIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "fixed": fixed,
    "global": global_threshold,
    "per-label, not shrunk": per_label_unshrunk,
    **{
        f"per-label, shrinkage {shrinkage}": partial(per_label, shrinkage=shrinkage)
        for shrinkage in (5, 10, 20, 50, 100, 200)
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path, nargs="+", help="dev.npz of each run")
    parser.add_argument("--halvings", type=int, default=30, help="number of random halves")
    options = parser.parse_args()
    for path in options.scores:
        with np.load(path, allow_pickle=False) as arrays:
            scores, labels = arrays["scores"], arrays["labels"]
        found: dict[str, list[float]] = {name: [] for name in POLICIES}
        random = np.random.default_rng(0)
        for _ in range(options.halvings):
            half = random.random(len(scores)) < 0.5
            for chosen_on, evaluated_on in ((half, ~half), (~half, half)):
                for name, policy in POLICIES.items():
                    thresholds = policy(scores[chosen_on], labels[chosen_on]).tolist()
                    names = [str(at) for at in range(labels.shape[1])]
                    metrics = metrics_at_thresholds(scores[evaluated_on], labels[evaluated_on], thresholds, names)
                    found[name].append(metrics["macro_f1"])
        print(f"{path.parent.name}: mean macro F1 on the other half of dev, {options.halvings} random halves")
        for name, values in found.items():
            print(f"  {name:<24} {np.mean(values):.4f}")


if __name__ == "__main__":
    main()
