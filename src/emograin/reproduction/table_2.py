"""Table 2: the paper's results and ours, with means over seeds, intervals, p values and throughput."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..common.text_table import number
from ..evaluation.comparison import Comparison, add_holm
from ..evaluation.policies import DESCRIPTIONS
from ..evaluation.significance import Difference, frequent_labels
from ..evaluation.thresholds import FREQUENT
from .candidate_names import describe_candidates
from .experiment import Experiment
from .results_archive import System

LABEL_EMBEDDING_ROWS = ("label-embeds-4", "label-embeds-10")  # without an auxiliary task or mixing
COLUMNS = {
    "title": "method",
    "with": "mixed with",
    "weights": "weight of each seed",
    "paper_epochs": "epochs, paper",
    "epochs": "epochs, ours",
    "seeds": "seeds",
    "paper": "macro F1, paper",
    "macro_f1": "ours",
    "global_threshold": "global threshold",
    "per_label": "per-label thresholds",
    "frequent": "frequent labels",
    "difference": "difference to the baseline",
    "interval": "95 % interval",
    "p_value": "p",
    "holm_p_value": "Holm",
    "frequent_difference": "difference, frequent labels",
    "speed": "relative texts/s",
}


def build_table_2(
    systems: Mapping[str, System], comparison: Comparison[str], experiment: Mapping[str, Any], policy: str
) -> dict[str, Any]:
    """Compute the table as plain values.

    Args:
        systems: Rows of the table by name.
        comparison: The same rows on one set of resamples.
        experiment: Content of `experiment.json`.
        policy: Threshold policy at which rows are compared.

    Returns:
        `policy`, `settings`, `texts`, and `rows` with the paper's results and ours. `macro_f1` and `sd` are over seeds
        (sd None for a single one), for every policy in `policies`; `difference` is to the baseline of as many epochs,
        its `combined_p_value` the larger one of the intervals' and the randomisation's, and its
        `combined_holm_p_value` corrected for all rows of the table. `frequent_difference` is that over
        `frequent_labels` only, None without such labels. Rows of label embeddings have `rare_differences`, that of
        each other label, and `rare_labels` the number of its texts.
    """
    speeds = experiment.get("cost", {}).get("texts_per_second", {})
    is_frequent = frequent_labels(comparison.gold)
    frequent = [comparison.labels[at] for at in np.flatnonzero(is_frequent)]
    rare = {comparison.labels[at]: int(comparison.gold[:, at].sum()) for at in np.flatnonzero(~is_frequent)}
    rows = []
    for name, system in systems.items():
        row, first = system.row, system.results[0]
        cells: dict[str, Any] = {
            "row": name,
            "title": system.title,
            "with": describe_candidates(first["mixing"]) if "mixing" in first else None,
            "paper_epochs": row.epochs,
            "epochs": first["epochs"],
            "seeds": [result["seed"] for result in system.results],
            "paper": row.paper,
            "policies": {each: _spread(system.results, each) for each in first["policies"]},
            "mixing_weights": [result["mixing"]["weight"] for result in system.results if "mixing" in result],
            "macro_f1_frequent": _mean(result["policies"][policy]["macro_f1_frequent"] for result in system.results),
            "difference": None,
            "frequent_difference": None,
            "rare_differences": {},
            "texts_per_second": speeds.get(name),
            "speed": None,
        }
        if name != row.baseline and row.baseline in systems:
            difference = comparison.difference(name, row.baseline)
            randomised = comparison.randomisation(name, row.baseline)
            cells["difference"] = {
                "to": row.baseline,
                **asdict(difference),
                "randomisation_p_value": randomised,
                "combined_p_value": max(difference.p_value, randomised or 0.0),
            }
            if frequent:
                cells["frequent_difference"] = asdict(comparison.difference(name, row.baseline, frequent))
            if name in LABEL_EMBEDDING_ROWS:
                cells["rare_differences"] = {
                    label: asdict(comparison.difference(name, row.baseline, [label])) for label in rare
                }
        if speeds.get(name) and speeds.get(row.baseline):
            cells["speed"] = speeds[name] / speeds[row.baseline]
        rows.append(cells)
    add_holm([row["difference"] for row in rows if row["difference"]], "combined_")
    return {
        "policy": policy,
        "settings": experiment["settings"],
        "texts": len(comparison.gold),
        "frequent_labels": len(frequent),
        "rare_labels": rare,
        "rows": rows,
    }


def remark_on_frequent_labels(table: Mapping[str, Any]) -> str:
    """State the gain of label embeddings over the frequent labels, and for each rare one; empty without these rows."""
    sentences = []
    for row in table["rows"]:
        if row["row"] in LABEL_EMBEDDING_ROWS and row["frequent_difference"]:
            kept, gain = row["frequent_difference"], row["difference"]
            sentence = (
                f"Of the gain of label embeddings at {_epochs(row)}, {gain['difference']:+.3f}, "
                f"{_interval_of(kept)} remains over the {table['frequent_labels']} labels with at least {FREQUENT} "
                "test texts"
            )
            others = ", ".join(
                f"{label} ({table['rare_labels'][label]} texts) {_interval_of(change)}"
                for label, change in row["rare_differences"].items()
            )
            sentences.append(f"{sentence}; F1 of the others: {others}." if others else f"{sentence}.")
    return " ".join(sentences)


def remark_on_policies(
    table: Mapping[str, Any], gains: Mapping[str, Mapping[str, tuple[Difference, Difference | None]]]
) -> str:
    """State the gain of label embeddings under each threshold policy; empty without gains.

    Args:
        table: The table.
        gains: Row -> threshold policy -> difference to the baseline, and its change from the first policy's.
    """
    sentences = []
    for row in (row for row in table["rows"] if row["row"] in gains):
        parts = []
        for policy, (gain, change) in gains[row["row"]].items():
            part = f"{_with_interval(gain)} under {DESCRIPTIONS[policy]}"
            parts.append(part if change is None else f"{part}, a change of {_with_interval(change)}")
        sentences.append(f"The gain of label embeddings at {_epochs(row)} is {'; '.join(parts)}.")
    return " ".join(sentences)


def _epochs(row: Mapping[str, Any]) -> str:
    """Name the epochs of a row; with few, ours can be the same for two rows."""
    return f"{row['epochs']} epochs (the paper: {row['paper_epochs']})"


def _with_interval(difference: Difference) -> str:
    return _interval_of(asdict(difference))


def _interval_of(difference: Mapping[str, Any]) -> str:
    return f"{difference['difference']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f})"


def describe_commands(settings: Mapping[str, Any], seeds: Mapping[str, Sequence[int]]) -> str:
    """Name the commands that trained and evaluated the rows.

    Args:
        settings: `settings` of `experiment.json`.
        seeds: Row -> its seeds.

    >>> text = describe_commands({"encoder": "minilm"}, {"baseline-4": [0, 1], "aux-ekman": [0, 1], "baseline-10": [0]})
    >>> text.partition(" SEEDS, ")[0]
    'Command: emograin reproduce table-2 --encoder minilm --seeds'
    >>> text.partition(" for each row: ")[2]
    'baseline-4, aux-ekman with --seeds 0,1; baseline-10 with --seeds 0.'
    """
    defaults = Experiment().to_dict()
    flags = [
        f"--{name.replace('_', '-')} {f'{value:g}' if isinstance(value, float) else value}"
        for name, value in settings.items()
        if value is not None and value != defaults[name]
    ]
    groups: dict[str, list[str]] = {}
    for row, found in seeds.items():
        groups.setdefault(",".join(map(str, found)), []).append(row)
    rows = "; ".join(f"{', '.join(names)} with --seeds {of_group}" for of_group, names in groups.items())
    command = " ".join(["emograin reproduce table-2", *flags])
    return f"Command: {command} --seeds SEEDS, with --only ROW for each row: {rows}."


def table_2_cells(table: Mapping[str, Any]) -> list[list[str]]:
    """Format the table as rows of cells, titles first."""
    rows = (_cells(row, table["policy"]) for row in table["rows"])
    return [list(COLUMNS.values()), *([row[name] for name in COLUMNS] for row in rows)]


def _cells(row: Mapping[str, Any], policy: str) -> dict[str, str]:
    difference, frequent, policies = row["difference"], row["frequent_difference"], row["policies"]
    interval = f"{difference['low']:+.3f} to {difference['high']:+.3f}" if difference else ""
    return {
        "title": row["title"],
        "with": row["with"] or "",
        "weights": " ".join(f"{weight:g}" for weight in row["mixing_weights"]),
        "paper_epochs": str(row["paper_epochs"]),
        "epochs": str(row["epochs"]),
        "seeds": str(len(row["seeds"])),
        "paper": number(row["paper"], 3),
        "macro_f1": _mean_sd(policies[policy]),
        "global_threshold": _mean_sd(policies["global"]),
        "per_label": _mean_sd(policies["per-label"]),
        "frequent": number(row["macro_f1_frequent"], 3),
        "difference": f"{difference['difference']:+.3f}" if difference else "",
        "interval": interval,
        "p_value": _p_value(difference["combined_p_value"]) if difference else "",
        "holm_p_value": _p_value(difference["combined_holm_p_value"]) if difference else "",
        "frequent_difference": _interval_of(frequent) if frequent else "",
        "speed": number(row["speed"], 2),
    }


def _spread(results: Sequence[Mapping[str, Any]], policy: str) -> dict[str, float | None]:
    """Compute mean and standard deviation of macro F1 over seeds."""
    values = [result["policies"][policy]["macro_f1"] for result in results]
    return {"macro_f1": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None}


def _mean(values: Iterable[float | None]) -> float | None:
    """Average the values that are not None, which stands for a split without frequent labels."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None


def _mean_sd(spread: Mapping[str, float | None]) -> str:
    mean = number(spread["macro_f1"], 3)
    return mean if spread["sd"] is None else f"{mean} ± {number(spread['sd'], 3)}"


def _p_value(value: float) -> str:
    return number(value, 3) if value >= 0.001 else "< 0.001"
