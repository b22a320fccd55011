"""Differences in macro average precision between runs in results/, with 95 % bootstrap intervals over texts.

    python experiments/average_precision_differences.py

`emograin compare` and `scripts/select_on_dev.py` compare macro F1. The comparisons that docs/ speaks of are in
`COMPARISONS`; of several seeds it is the difference of their means. Nothing is chosen by them. Writes
results/average_precision_differences.json.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from short_training import average_precisions

from emograin.common.files import write_text
from emograin.evaluation.results import read_scores
from emograin.evaluation.significance import summarize

RESULTS = Path(__file__).parents[1] / "results"
RESAMPLES = 1000
SIX, FIRST = "student-of-six-teachers", "student"


class Compared(NamedTuple):
    """Two systems, each one run or several seeds, and the split that they are compared on."""

    split: str
    runs: tuple[str, ...]
    to: tuple[str, ...]


def seeds(name: str) -> tuple[str, ...]:
    """Return three seeds of a run."""
    return tuple(f"{name}-seed{seed}" for seed in range(3))


COMPARISONS = (
    *(
        Compared(split, *systems)
        for split in ("dev", "test")
        for systems in (((f"{SIX}-seed0",), (f"{FIRST}-seed0",)), (seeds(SIX), seeds(FIRST)))
    ),
    *(Compared("dev", (f"{SIX}-{layers}-layers-seed0",), (f"{to}-seed0",)) for layers in (4, 3) for to in (SIX, FIRST)),
    Compared("dev", ("tried/mpnet-label-initialized",), ("tried/minilm-label-initialized",)),
)


def main() -> None:
    known: dict[tuple[str, str], np.ndarray] = {}

    def resampled(split: str, runs: tuple[str, ...]) -> np.ndarray:
        """Macro AP of each run on the texts as they are and on resamples, mean over runs: (1 + resamples,)."""
        for run in runs:
            if (split, run) not in known:
                ids, gold, scores = read_scores(str(RESULTS / run), split)
                order = np.argsort(ids, kind="stable")  # the same texts in the same places for all runs
                random, size = np.random.default_rng(0), len(ids)
                draws = [np.bincount(random.integers(0, size, size), minlength=size) for _ in range(RESAMPLES)]
                weights = np.stack([np.ones(size), *draws])
                known[split, run] = average_precisions(scores[order], gold[order], weights).mean(axis=1)
        return np.mean([known[split, run] for run in runs], axis=0)

    rows = []
    for split, runs, to in COMPARISONS:
        own, other = resampled(split, runs), resampled(split, to)
        found = summarize(float(own[0] - other[0]), own[1:] - other[1:], 0)
        shown = {name: round(getattr(found, name), 6) for name in ("difference", "low", "high")}
        rows.append({"split": split, "runs": runs, "to": to} | shown)
        print(split, " ".join(runs), "to", " ".join(to), shown, flush=True)
    write_text(RESULTS / "average_precision_differences.json", json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
