"""Rank models by macro F1 on dev, with thresholds cross-fitted on random halves. Test is not read.

    python scripts/select_on_dev.py results/baseline-seed0 results/student-seed*
    python scripts/select_on_dev.py results/student-seed0 results/student-seed0+results/student-seed1

A system is a run folder or a folder of results/; with +, the mean of the scores of several. Differences are to the
first one. The bundled model is selected in this way: not by the best seed on test, and with thresholds that are not
chosen on the texts that they are evaluated on.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from emograin.common.text_table import aligned
from emograin.evaluation.cross_fitting import HALVINGS, compare_cross_fitted
from emograin.evaluation.policies import DEFAULT_POLICY
from emograin.evaluation.results import read_scores
from emograin.evaluation.threshold_policies import POLICIES


def read_system(name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read ids, gold labels and scores on dev of RUN, or of RUN+RUN+..., whose scores are averaged; sorted by id."""
    found = []
    for run in name.split("+"):
        ids, labels, scores = read_scores(run, "dev")
        order = np.argsort(ids, kind="stable")
        found.append(([ids[at] for at in order.tolist()], labels[order], scores[order]))
    if any(each[0] != found[0][0] for each in found):
        raise SystemExit(f"{name}: the runs were evaluated on different texts")
    return found[0][0], found[0][1], np.mean([scores for _, _, scores in found], axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("systems", nargs="+", metavar="RUN[+RUN]", help="runs that were evaluated on dev")
    parser.add_argument("--thresholds", choices=POLICIES, default=DEFAULT_POLICY, help="threshold policy")
    parser.add_argument("--halvings", type=int, default=HALVINGS, help="number of random halves")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    systems = {name: read_system(name) for name in options.systems}
    ids, labels, _ = next(iter(systems.values()))
    for name, (other, gold, _) in systems.items():
        if other != ids or (gold != labels).any():
            raise SystemExit(f"{name} was evaluated on other texts than {options.systems[0]}")
    scores = {name: each[2] for name, each in systems.items()}
    rows = compare_cross_fitted(scores, labels, options.thresholds, options.halvings)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    table = [["model", "macro F1", "95 % interval", "macro AP", "to the first", "95 % interval"]]
    for row in rows:
        low, high = row["interval"]
        to_first = row["difference"] is not None
        table.append(
            [
                " + ".join(Path(run).name for run in row["name"].split("+")),
                f"{row['macro_f1']:.4f}",
                f"{low:.3f} to {high:.3f}",
                f"{row['macro_average_precision']:.4f}",
                f"{row['difference']:+.4f}" if to_first else "",
                f"{row['low']:+.4f} to {row['high']:+.4f}" if to_first else "",
            ]
        )
    halves = f"cross-fitted on {options.halvings} random halves"
    print(f"dev, {len(ids):,} texts, {options.thresholds} thresholds {halves}\n")
    print(aligned(table))


if __name__ == "__main__":
    main()
