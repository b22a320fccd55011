"""Compare ways to choose thresholds by split-half cross-validation on dev: choose on one half, judge on the other.

    python experiments/threshold_policies.py results/label-embedding-seed0/dev.npz

Test scores are not read. docs/log.md has the outcome.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from emograin.evaluation.metrics import at_thresholds
from emograin.evaluation.thresholds import fixed, global_threshold, per_label, per_label_unshrunk

POLICIES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "fixed": fixed,
    "global": global_threshold,
    "each label its best": per_label_unshrunk,
    **{f"per-label, prior {prior}": partial(per_label, prior=prior) for prior in (5, 10, 20, 50, 100, 200)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path, nargs="+", help="dev.npz of runs")
    parser.add_argument("--halvings", type=int, default=30)
    options = parser.parse_args()
    for path in options.scores:
        with np.load(path, allow_pickle=False) as arrays:
            scores, labels = arrays["scores"], arrays["labels"]
        found: dict[str, list[float]] = {name: [] for name in POLICIES}
        random = np.random.default_rng(0)
        for _ in range(options.halvings):
            half = random.random(len(scores)) < 0.5
            for here, there in ((half, ~half), (~half, half)):
                for name, policy in POLICIES.items():
                    chosen = policy(scores[here], labels[here])
                    names = [str(at) for at in range(labels.shape[1])]
                    figures = at_thresholds(scores[there], labels[there], chosen.tolist(), names)
                    found[name].append(figures["macro_f1"])
        print(f"{path.parent.name}: mean macro F1 on the other half of dev, {options.halvings} halvings")
        for name, values in found.items():
            print(f"  {name:<24} {np.mean(values):.4f}")


if __name__ == "__main__":
    main()
