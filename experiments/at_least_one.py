"""Choose the label of a text that reaches no threshold: compare rules, and their effect on all texts, on dev.

    python experiments/at_least_one.py results/student-seed0

Reads the scores on dev and the thresholds of a run; writes results/at_least_one.json. Test scores are not read.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from emograin.data.taxonomy import GOEMOTIONS
from emograin.evaluation.metrics import metrics_at_thresholds
from emograin.evaluation.thresholds import apply_thresholds

# Scores and thresholds -> the label of each text.
RULES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "highest score": lambda scores, _: scores.argmax(axis=1),
    "smallest distance to the threshold": lambda scores, thresholds: (scores - thresholds).argmax(axis=1),
    "highest share of the threshold": lambda scores, thresholds: (scores / thresholds).argmax(axis=1),
}
METRICS = ("macro_f1", "micro_f1", "subset_accuracy")


def compare_rules(scores: np.ndarray, labels: np.ndarray, thresholds: np.ndarray) -> dict[str, Any]:
    """Compare the rules under one threshold policy.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels).
        thresholds: One threshold per label, (labels,).
    """

    def evaluated(changed: np.ndarray) -> dict[str, float]:
        found = metrics_at_thresholds(changed, labels, thresholds.tolist(), GOEMOTIONS.labels)
        return {name: round(found[name], 4) for name in METRICS}

    none = np.flatnonzero(apply_thresholds(scores, thresholds).sum(axis=1) == 0)
    rules: dict[str, dict[str, float]] = {"no label": evaluated(scores)}
    for name, rule in RULES.items():
        best = rule(scores, thresholds)[none]
        forced = scores.copy()
        forced[none, best] = 1.0  # which reaches every threshold
        rules[name] = {"right": round(float(labels[none, best].mean()), 4), **evaluated(forced)}
    return {"texts": len(scores), "without_label": len(none), "rules": rules}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run in results/")
    parser.add_argument("--output", type=Path, default=Path("results/at_least_one.json"))
    options = parser.parse_args()
    with np.load(options.run / "dev.npz", allow_pickle=False) as arrays:
        scores, labels = arrays["scores"], arrays["labels"]
    thresholds = json.loads((options.run / "thresholds.json").read_text(encoding="utf-8"))
    found = {policy: compare_rules(scores, labels, np.asarray(each)) for policy, each in thresholds.items()}
    written = json.dumps({"run": options.run.name, "split": "dev", "policies": found}, indent=1)
    options.output.write_text(written + "\n", encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
