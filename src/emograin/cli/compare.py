"""emograin compare: each pair of systems, with intervals and p values, from what evaluations left; needs no model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError

if TYPE_CHECKING:  # the command loads numpy, `emograin --help` does not
    import numpy as np

    from ..evaluation.results import EvaluatedRun

MOVED = 0.05  # p value below which a label is listed


def compare(
    *runs: str,
    split: str = "test",
    policy: Literal["fixed", "global", "per-label"] = "global",
    resamples: int = 10_000,
    seed: int = 0,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Differences in macro F1 between runs: which are more than luck? Paired by text, each at its own thresholds.

    Parameters
    ----------
    runs
        Run folders, or folders of results/. RUN:NAME takes the evaluation of that name. RUN,RUN,... are several seeds
        of one system, whose spread then counts as well.
    split
        Which evaluation of a run without a NAME.
    policy
        At which thresholds: 0.3, one for all labels, one a label.
    resamples
        How many.
    seed
        Of the draws.
    json
        Print JSON instead of tables.
    """
    from ..evaluation.results import read_evaluated

    if resamples < 100:
        raise EmograinError(f"resamples must be at least 100, got {resamples}")
    systems = [[read_evaluated(each, split, policy) for each in run.split(",") if each] for run in runs]
    found = {"evaluation": split, "policy": policy, **compared(systems, resamples, seed)}
    print(dumps(found, indent=1, ensure_ascii=False) if json else comparison_tables(found))


def compared(systems: "Sequence[Sequence[EvaluatedRun]]", resamples: int, seed: int) -> dict[str, Any]:
    """Every pair of systems, each of one run or several.

    Returns:
        Plain values: `systems`, a name and its macro F1, and `pairs`: the later system minus the earlier one under
        `all` and `frequent` labels, and under `labels` a difference a label. `frequent` is None where no label has
        enough examples, the randomisation's p value where a system has several runs. Holm's p values correct for the
        number of pairs, in `labels` for the number of labels.

    Raises:
        EmograinError: Fewer than two systems, or they are not of the same texts and labels.
    """
    import numpy as np

    from ..evaluation import significance as test
    from ..evaluation.results import check_same_texts

    runs = [run for system in systems for run in system]
    if len(systems) < 2 or not all(systems):
        raise EmograinError(f"expected two runs or more to compare, got {len(runs)}")
    check_same_texts(runs)
    gold = runs[0].gold
    kinds = {"all": np.ones(gold.shape[1], dtype=bool), "frequent": test.frequent(gold)}
    drawn = test.resampled_f1([run.predictions for run in runs], gold, resamples, seed)  # (resamples, runs, labels)
    ends = np.cumsum([len(system) for system in systems])[:-1]
    by_system = [test.over_seeds(part, seed) for part in np.split(drawn, ends, axis=1)]  # each (resamples, labels)
    here = [np.mean([test.per_label_f1(run.predictions, gold) for run in system], axis=0) for system in systems]
    names = [_name(system) for system in systems]

    def difference(later: int, earlier: int, kept: "np.ndarray") -> dict[str, Any]:
        observed = float(here[later][kept].mean() - here[earlier][kept].mean())
        apart = by_system[later][:, kept].mean(axis=1) - by_system[earlier][:, kept].mean(axis=1)
        return asdict(test.summary(observed, apart, seed))

    pairs: list[dict[str, Any]] = []
    for earlier, later in combinations(range(len(systems)), 2):
        pair: dict[str, Any] = {"system": names[later], "other": names[earlier]}
        single = len(systems[later]) == len(systems[earlier]) == 1
        for kind, kept in kinds.items():
            pair[kind] = difference(later, earlier, kept) if kept.any() else None
            if pair[kind]:
                both = systems[later][0].predictions, systems[earlier][0].predictions
                chance = test.randomisation_test(*both, gold, kept, resamples, seed) if single else None
                pair[kind]["randomisation_p_value"] = chance
        rows = [difference(later, earlier, each) for each in np.eye(gold.shape[1], dtype=bool)]
        _correct(rows)
        pair["labels"] = dict(zip(runs[0].labels, rows, strict=True))
        pairs.append(pair)
    for kind in kinds:
        tested = [pair[kind] for pair in pairs if pair[kind]]
        _correct(tested)
        _correct(tested, "randomisation_")
    figures = [
        {"name": name, "runs": len(system)}
        | {f"macro_f1_{kind}": float(f1[kept].mean()) if kept.any() else None for kind, kept in kinds.items()}
        for name, system, f1 in zip(names, systems, here, strict=True)
    ]
    counts = {"texts": len(gold), "frequent_labels": int(kinds["frequent"].sum())}
    return {**counts, "resamples": resamples, "seed": seed, "systems": figures, "pairs": pairs}


def comparison_tables(found: Mapping[str, Any]) -> str:
    """What `compare` prints: systems, pairs, and each pair's labels that moved."""
    from ..common.text_table import aligned, number

    kinds = {"all": "all", "frequent": f"{found['frequent_labels']} frequent"}
    head = [["system", "runs", *(f"macro F1, {title}" for title in kinds.values())]]
    head += [
        [row["name"], str(row["runs"]), *(number(row[f"macro_f1_{kind}"]) for kind in kinds)]
        for row in found["systems"]
    ]
    pairs = [["difference in macro F1", "labels", "", "95 % interval", "p", "Holm", "p, randomisation", "Holm"]]
    moved = [["label that moved", "", "95 % interval", "p", "Holm over labels"]]
    for pair in found["pairs"]:
        title = f"{pair['system']} - {pair['other']}"
        for kind, kept in kinds.items():
            if row := pair[kind]:
                chance = [number(row.get(f"randomisation_{name}")) for name in ("p_value", "holm_p_value")]
                pairs.append([title, kept, *_cells(row), *chance])
        rows = [(name, row) for name, row in pair["labels"].items() if row["p_value"] < MOVED]
        moved.append([f"{title}: {len(rows)} of {len(pair['labels'])}", *[""] * 4])
        moved += [[f"  {name}", *_cells(row)] for name, row in sorted(rows, key=lambda each: -each[1]["difference"])]
    return "\n\n".join(
        [
            f"{found['evaluation']}, {found['texts']:,} texts, threshold {found['policy']}, "
            f"{found['resamples']:,} resamples.",
            aligned(head),
            aligned(pairs),
            aligned(moved),
        ]
    )


def _name(system: "Sequence[EvaluatedRun]") -> str:
    return system[0].name + (f" and {len(system) - 1} more" if len(system) > 1 else "")


def _correct(rows: Sequence[dict[str, Any]], kind: str = "") -> None:
    """Add Holm's p value to differences that are tested together."""
    from ..evaluation.significance import holm

    tested = [row for row in rows if row[f"{kind}p_value"] is not None]
    for row, value in zip(tested, holm([row[f"{kind}p_value"] for row in tested]), strict=True):
        row[f"{kind}holm_p_value"] = float(value)


def _cells(row: Mapping[str, Any]) -> list[str]:
    """Difference, interval, p value and Holm's."""
    from ..common.text_table import number

    interval = f"{row['low']:+.4f} to {row['high']:+.4f}"
    return [f"{row['difference']:+.4f}", interval, number(row["p_value"]), number(row["holm_p_value"])]
