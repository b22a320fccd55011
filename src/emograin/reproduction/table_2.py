"""Table 2 of the paper beside ours, from kept results: means over seeds, intervals, p values, costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..common.text_table import number
from ..evaluation.significance import holm
from .systems import Comparison

POLICIES = ("fixed", "global", "per-label")
COLUMNS = {
    "title": "method",
    "with": "mixed with",
    "paper_epochs": "epochs, paper",
    "epochs": "epochs, ours",
    "seeds": "seeds",
    "paper": "macro F1, paper",
    "macro_f1": "ours",
    "global_threshold": "one threshold",
    "per_label": "a threshold a label",
    "difference": "to the baseline",
    "interval": "95 % interval",
    "p_value": "p",
    "holm_p_value": "Holm",
    "speed": "texts/s, of the baseline's",
}


def table_2(compared: Comparison, experiment: Mapping[str, Any], policy: str) -> dict[str, Any]:
    """The table as plain values.

    Returns:
        `policy`, `settings`, `texts`, and `rows`: for each its paper's and our figures. `macro_f1` and `sd` are over
        seeds (sd None for one), under every policy in `policies`; `difference` is to the baseline of as many epochs,
        its Holm p value corrected for all rows of the table.
    """
    speeds = experiment.get("cost", {}).get("texts_per_second", {})
    rows = []
    for name, system in compared.systems.items():
        row, first = system.row, system.results[0]
        figures: dict[str, Any] = {
            "row": name,
            "title": row.title,
            "with": _mixed_with(first),
            "paper_epochs": row.epochs,
            "epochs": first["epochs"],
            "seeds": [result["seed"] for result in system.results],
            "paper": row.paper,
            "policies": {each: _spread(system.results, each) for each in POLICIES},
            "mixing_weights": [result["mixing"]["weight"] for result in system.results if "mixing" in result],
            "macro_f1_frequent": _mean(result["policies"][policy]["macro_f1_frequent"] for result in system.results),
            "difference": None,
            "texts_per_second": speeds.get(name),
            "speed": None,
        }
        if name != row.baseline and row.baseline in compared.systems:
            figures["difference"] = {
                "to": row.baseline,
                **asdict(compared.difference(name, row.baseline)),
                "randomisation_p_value": compared.randomisation(name, row.baseline),
            }
        if speeds.get(name) and speeds.get(row.baseline):
            figures["speed"] = speeds[name] / speeds[row.baseline]
        rows.append(figures)
    tested = [row["difference"] for row in rows if row["difference"]]
    for found, value in zip(tested, holm([each["p_value"] for each in tested]), strict=True):
        found["holm_p_value"] = float(value)
    return {"policy": policy, "settings": experiment["settings"], "texts": len(compared.gold), "rows": rows}


def table_2_cells(table: Mapping[str, Any]) -> list[list[str]]:
    """The table as text: titles, then its rows."""
    rows = (_cells(row, table["policy"]) for row in table["rows"])
    return [list(COLUMNS.values()), *([row[name] for name in COLUMNS] for row in rows)]


def _cells(row: Mapping[str, Any], policy: str) -> dict[str, str]:
    difference, policies = row["difference"], row["policies"]
    interval = f"{difference['low']:+.3f} to {difference['high']:+.3f}" if difference else ""
    return {
        "title": row["title"],
        "with": row["with"] or "",
        "paper_epochs": str(row["paper_epochs"]),
        "epochs": str(row["epochs"]),
        "seeds": str(len(row["seeds"])),
        "paper": number(row["paper"], 3),
        "macro_f1": _mean_sd(policies[policy]),
        "global_threshold": _mean_sd(policies["global"]),
        "per_label": _mean_sd(policies["per-label"]),
        "difference": f"{difference['difference']:+.3f}" if difference else "",
        "interval": interval,
        "p_value": _p_value(difference["p_value"]) if difference else "",
        "holm_p_value": _p_value(difference["holm_p_value"]) if difference else "",
        "speed": number(row["speed"], 2),
    }


def _spread(results: Sequence[Mapping[str, Any]], policy: str) -> dict[str, float | None]:
    """Mean and standard deviation over seeds of macro F1."""
    values = [result["policies"][policy]["macro_f1"] for result in results]
    return {"macro_f1": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None}


def _mean(values: Iterable[float | None]) -> float | None:
    """None where no label is frequent."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


def _mean_sd(figures: Mapping[str, float | None]) -> str:
    mean = number(figures["macro_f1"], 3)
    return mean if figures["sd"] is None else f"{mean} ± {number(figures['sd'], 3)}"


def _p_value(value: float) -> str:
    return number(value, 3) if value >= 0.001 else "< 0.001"


def _mixed_with(result: Mapping[str, Any]) -> str | None:
    """What a row was really mixed with: the paper's T5 may have been out of reach."""
    if "mixing" not in result:
        return None
    mixing = result["mixing"]
    source = mixing["file"] or mixing["candidates"]
    return source + (f", {mixing['model']}" if mixing["model"] else "")
