"""Comparison of systems, each of one run or several, on one set of resamples of the documents."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any, Generic, TypeVar

import numpy as np

from ..common.errors import EmograinError, unknown_name
from .results import EvaluatedRun, check_same_texts
from .significance import (
    RESAMPLES,
    Difference,
    frequent_labels,
    holm,
    per_label_f1,
    randomisation_test,
    resample_f1,
    summarize,
)

Name = TypeVar("Name", bound=Hashable)


class Comparison(Generic[Name]):
    """Differences between systems on one set of resamples of the documents, over the seeds of each system.

    Two systems with runs of the same seeds are paired by seed; otherwise their runs are independent samples.

    Args:
        systems: Runs of each system, one per seed, under the system's name.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.

    Raises:
        EmograinError: The runs have different texts or labels.
    """

    def __init__(self, systems: Mapping[Name, Sequence[EvaluatedRun]], resamples: int = RESAMPLES, seed: int = 0):
        self.systems, self.resamples, self.seed = systems, resamples, seed
        runs = [run for system in systems.values() for run in system]
        check_same_texts(runs)
        self.labels, self.gold = runs[0].labels, runs[0].gold
        resampled = resample_f1([run.predictions for run in runs], self.gold, resamples, seed)
        ends = np.cumsum([len(system) for system in systems.values()])[:-1]
        by_system = zip(systems, np.split(resampled, ends, axis=1), strict=True)
        self._resampled = {name: part.mean(axis=1) for name, part in by_system}  # (resamples, labels)
        self._observed = {
            name: np.array([per_label_f1(run.predictions, self.gold) for run in system])  # (runs, labels)
            for name, system in systems.items()
        }

    def macro_f1(self, name: Name, labels: Sequence[str] | None = None) -> float:
        """Return macro F1 of a system, the mean over its seeds; over the given labels only, if any are given."""
        return float(self._observed[name][:, self._mask(labels)].mean())

    def difference(self, first: Name, second: Name, labels: Sequence[str] | None = None) -> Difference:
        """Compute macro F1 of the first system minus that of the second, with its interval and p value.

        Args:
            first: Name of the first system.
            second: Name of the second system.
            labels: Labels to average over; None: all.
        """
        mask = self._mask(labels)
        return self._compare(first, second, lambda ours, theirs: (ours - theirs)[..., mask].mean(axis=-1))

    def relative_difference(self, first: Name, second: Name) -> Difference:
        """Compute macro F1 of the first system divided by that of the second, minus 1, with its interval.

        Args:
            first: Name of the first system.
            second: Name of the second system, whose macro F1 is not 0.
        """
        tiny = np.finfo(float).tiny
        return self._compare(
            first, second, lambda ours, theirs: ours.mean(axis=-1) / np.maximum(theirs.mean(axis=-1), tiny) - 1
        )

    def difference_in_gain(
        self, first: Name, second: Name, labels: Sequence[str], others: Sequence[str] | None = None
    ) -> Difference:
        """Compute how much more some labels gain from the second system to the first than other labels.

        Args:
            first: Name of the system with the gain.
            second: Name of the system it is compared with.
            labels: Labels whose mean gain is compared.
            others: Labels that they are compared with; None: all other labels.
        """
        mask = self._mask(labels)
        rest = ~mask if others is None else self._mask(others)

        def excess(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
            gain = ours - theirs
            return gain[..., mask].mean(axis=-1) - gain[..., rest].mean(axis=-1)

        return self._compare(first, second, excess)

    def difference_of_gains(self, gain: tuple[Name, Name], other: tuple[Name, Name]) -> Difference:
        """Compute how much larger one difference in macro F1 is than another one.

        Args:
            gain: Names of the two systems of the first difference.
            other: Names of the two systems of the second one.

        Raises:
            EmograinError: The four systems do not have runs of the same seeds.
        """
        names = [*gain, *other]
        if not all(self._paired(names[0], name) for name in names):
            raise EmograinError(f"the runs of {', '.join(map(str, names))} do not have the same seeds")

        def of_all(values: Mapping[Name, np.ndarray]) -> np.ndarray:
            ours, theirs, others, their_others = (values[name].mean(axis=-1) for name in names)
            return (ours - theirs) - (others - their_others)

        sample = of_all(self._observed)
        return summarize(float(sample.mean()), of_all(self._resampled), self.seed, [sample])

    def _compare(
        self, first: Name, second: Name, statistic: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> Difference:
        """Summarize a statistic of the F1 of two systems, (..., labels) each -> (...)."""
        ours, theirs = self._observed[first], self._observed[second]
        means = ours.mean(axis=0), theirs.mean(axis=0)
        if self._paired(first, second):
            samples = [statistic(ours, theirs)]
        else:
            samples = [statistic(ours, means[1]), statistic(means[0], theirs)]
        resampled = statistic(self._resampled[first], self._resampled[second])
        return summarize(float(statistic(*means)), resampled, self.seed, samples)

    def _paired(self, first: Name, second: Name) -> bool:
        """Return whether two systems have runs of the same seeds, in the same order."""
        seeds = [[run.seed for run in self.systems[name]] for name in (first, second)]
        return None not in seeds[0] and seeds[0] == seeds[1]

    def randomisation(self, first: Name, second: Name, labels: Sequence[str] | None = None) -> float | None:
        """Return the p value by approximate randomisation, over the seeds that both systems have.

        Two single runs are compared whatever their seeds. None for several runs without a common seed, or if a system
        has several runs of one seed.

        Args:
            first: Name of the first system.
            second: Name of the second system.
            labels: Labels to average over; None: all.
        """
        systems = [self.systems[name] for name in (first, second)]
        if max(map(len, systems)) > 1:
            by_seed = [{run.seed: run for run in system if run.seed is not None} for system in systems]
            common = [seed for seed in by_seed[0] if seed in by_seed[1]]
            if not common or any(
                len(runs) < sum(run.seed is not None for run in system)
                for runs, system in zip(by_seed, systems, strict=True)
            ):
                return None
            systems = [[runs[seed] for seed in common] for runs in by_seed]
        ours, theirs = ([run.predictions for run in system] for system in systems)
        return randomisation_test(ours, theirs, self.gold, self._mask(labels), self.resamples, self.seed)

    def _mask(self, labels: Sequence[str] | None) -> np.ndarray:
        """Return which labels are meant, (labels,) bool; None means all."""
        if unknown := next((label for label in labels or () if label not in self.labels), None):
            raise unknown_name("label", unknown, self.labels)
        return np.array([labels is None or label in labels for label in self.labels])


def compare_systems(
    systems: Sequence[Sequence[EvaluatedRun]], resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """Compare every pair of systems.

    Args:
        systems: Runs of each system, one per seed.
        resamples: Number of bootstrap resamples, and of randomisations.
        seed: Seed of both.

    Returns:
        Plain values: `systems`, with name and macro F1; and `pairs`, the later system minus the earlier one over `all`
        labels, over the `frequent` ones, and per label under `labels`. `frequent` is None if no label has enough
        examples, the p value of the randomisation if systems of several runs have no seed in common. Holm's p values
        correct for the number of pairs, under `labels` for the number of labels.

    Raises:
        EmograinError: Fewer than two systems, or they have different texts or labels.
    """
    if len(systems) < 2 or not all(systems):
        raise EmograinError(f"expected two runs or more to compare, got {sum(map(len, systems))}")
    comparison = Comparison(dict(enumerate(systems)), resamples, seed)
    often = frequent_labels(comparison.gold)
    kinds = {"all": comparison.labels, "frequent": [comparison.labels[at] for at in np.flatnonzero(often)]}
    names = [_name(system) for system in systems]
    pairs: list[dict[str, Any]] = []
    for earlier, later in combinations(range(len(systems)), 2):
        pair: dict[str, Any] = {"system": names[later], "other": names[earlier]}
        for kind, labels in kinds.items():
            pair[kind] = None
            if labels:
                chance = comparison.randomisation(later, earlier, labels)
                pair[kind] = asdict(comparison.difference(later, earlier, labels)) | {"randomisation_p_value": chance}
        rows = {label: asdict(comparison.difference(later, earlier, [label])) for label in comparison.labels}
        add_holm(list(rows.values()))
        pair["labels"] = rows
        pairs.append(pair)
    for kind in kinds:
        tested = [pair[kind] for pair in pairs if pair[kind]]
        add_holm(tested)
        add_holm(tested, "randomisation_")
    metrics = [
        {"name": name, "runs": len(system)}
        | {f"macro_f1_{kind}": comparison.macro_f1(at, labels) if labels else None for kind, labels in kinds.items()}
        for at, (name, system) in enumerate(zip(names, systems, strict=True))
    ]
    counts = {"texts": len(comparison.gold), "frequent_labels": int(often.sum())}
    return {**counts, "resamples": resamples, "seed": seed, "systems": metrics, "pairs": pairs}


def add_holm(rows: Sequence[dict[str, Any]], prefix: str = "") -> None:
    """Add Holm's p value to differences that are tested together.

    Args:
        rows: Differences as plain values, with a `p_value` or None. Changed in place.
        prefix: Prefix of the keys `p_value` and `holm_p_value`.
    """
    tested = [row for row in rows if row[f"{prefix}p_value"] is not None]
    for row, value in zip(tested, holm([row[f"{prefix}p_value"] for row in tested]), strict=True):
        row[f"{prefix}holm_p_value"] = float(value)


def _name(system: Sequence[EvaluatedRun]) -> str:
    return system[0].name + (f" and {len(system) - 1} more" if len(system) > 1 else "")
