"""The rows of Table 2 that were made, read back from kept results, and compared on one set of resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..evaluation import significance as test
from ..evaluation.results import EvaluatedRun, check_same_texts, read_evaluated, read_result
from ..models.run_folder import RunFolder
from .experiment import TABLE_2, Row


@dataclass(frozen=True)
class System:
    """A row's runs.

    Attributes:
        row: Of the table.
        outcomes: What each seed's run predicts at one policy's thresholds, in the order of the seeds.
        results: The figures of each.
    """

    row: Row
    outcomes: Sequence[EvaluatedRun]
    results: Sequence[Mapping[str, Any]]


def read_systems(folder: Path, policy: str = "fixed") -> dict[str, System]:
    """The rows that were made, by name, in the table's order.

    Args:
        folder: Of kept results, with an `experiment.json`.
        policy: Of thresholds.

    Raises:
        EmograinError: There are none, or files are missing or damaged.
    """
    kept = read_experiment(folder)["rows"]
    systems = {}
    for row in TABLE_2:
        runs = [each for each in kept if each["row"] == row.name]
        if runs:
            names = [
                f"{folder / each['run']}:{each['evaluation']}" for each in sorted(runs, key=lambda run: run["seed"])
            ]
            outcomes = [read_evaluated(name, "test", policy) for name in names]
            systems[row.name] = System(row, outcomes, [read_result(name) for name in names])
    if not systems:
        raise EmograinError(f"{str(folder)!r} holds no row of Table 2", "emograin reproduce table-2")
    check_same_texts([outcome for system in systems.values() for outcome in system.outcomes])
    return systems


def read_experiment(folder: Path) -> dict[str, Any]:
    """What `reproduction.remake` kept: settings, rows, costs.

    Raises:
        EmograinError: The folder is none of its.
    """
    if not (folder / "experiment.json").is_file():
        raise EmograinError(
            f"{str(folder)!r} holds no experiment.json", "a folder of results: emograin reproduce makes OUTPUT/results"
        )
    return RunFolder(folder).read_json("experiment.json")


class Comparison:
    """Differences between rows on one set of resamples of the documents; seeds are drawn, too.

    Args:
        systems: Of `read_systems`.
        resamples: How many.
        seed: Of the draws.
    """

    def __init__(self, systems: Mapping[str, System], resamples: int = test.RESAMPLES, seed: int = 0):
        self.systems, self.resamples, self.seed = systems, resamples, seed
        first = next(iter(systems.values())).outcomes[0]
        self.labels, self.gold = first.labels, first.gold
        runs = [outcome.predictions for system in systems.values() for outcome in system.outcomes]
        drawn = test.resampled_f1(runs, self.gold, resamples, seed)  # (resamples, runs, labels)
        ends = np.cumsum([len(system.outcomes) for system in systems.values()])[:-1]
        parts = np.split(drawn, ends, axis=1)
        self._drawn = {name: test.over_seeds(part, seed) for name, part in zip(systems, parts, strict=True)}
        self._here = {
            name: np.mean([test.per_label_f1(run.predictions, self.gold) for run in system.outcomes], axis=0)
            for name, system in systems.items()
        }

    def macro_f1(self, name: str, labels: Sequence[str] | None = None) -> float:
        """A row's, mean over its seeds; over some labels only, if these are given."""
        return float(self._here[name][self._kept(labels)].mean())

    def difference(self, later: str, earlier: str, labels: Sequence[str] | None = None) -> test.Difference:
        """Macro F1 of one row minus that of another, with its interval and p value."""
        kept = self._kept(labels)
        observed = float(self._here[later][kept].mean() - self._here[earlier][kept].mean())
        apart = self._drawn[later][:, kept].mean(axis=1) - self._drawn[earlier][:, kept].mean(axis=1)
        return test.summary(observed, apart, self.seed)

    def difference_in_gain(self, later: str, earlier: str, labels: Sequence[str]) -> test.Difference:
        """How much more some labels gain from one row to another than the other labels do, on average."""
        kept = self._kept(labels)
        gain, drawn = (side[later] - side[earlier] for side in (self._here, self._drawn))
        observed = float(gain[kept].mean() - gain[~kept].mean())
        return test.summary(observed, drawn[:, kept].mean(axis=1) - drawn[:, ~kept].mean(axis=1), self.seed)

    def randomisation(self, later: str, earlier: str) -> float | None:
        """P value by approximate randomisation, where both rows have one seed."""
        both = self.systems[later].outcomes, self.systems[earlier].outcomes
        if any(len(runs) > 1 for runs in both):
            return None
        first, second = (runs[0].predictions for runs in both)
        return test.randomisation_test(first, second, self.gold, None, self.resamples, self.seed)

    def _kept(self, labels: Sequence[str] | None) -> np.ndarray:
        return np.array([labels is None or label in labels for label in self.labels])
