"""The auxiliary tasks themselves on dev: §3.2.2 takes them to be easier than the main task."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..common.text_table import number

COLUMNS = {
    "title": "method",
    "epochs": "epochs",
    "seeds": "seeds",
    "task": "auxiliary task",
    "main": "main task, macro / micro F1",
    "own_head": "auxiliary task's head, macro / micro F1",
    "from_labels": "its groups from the predicted labels, macro / micro F1",
    "groups": "F1 of each group, head / predicted labels",
}
NO_VALUE = "no value"


def measure_auxiliary_tasks(
    titles: Mapping[str, str], results: Mapping[str, Sequence[Mapping[str, Any]]], policy: str
) -> list[dict[str, Any]]:
    """Compute means over seeds of the metrics of each row's main and auxiliary task on dev.

    Args:
        titles: Row -> its title.
        results: Row -> `dev.json` of each seed, ordered by seed; rows without an auxiliary task are left out.
        policy: Threshold policy; the thresholds of the auxiliary task's head are chosen by the same.

    Returns:
        One entry per row: `row`, `title`, `epochs`, `task`, `seeds`, and `main`, `own_head` and `from_labels` with
        `macro_f1` and `micro_f1`. Both of the latter also have `groups`, F1 by group; they are None if no seed has
        values, as in results of earlier versions. If some have, the means are over these. `changes`: macro F1 of the
        head minus that of the groups of the predicted labels, for each of these seeds.
    """
    rows = []
    for name, all_seeds in results.items():
        if all_seeds[0]["auxiliary"] is None:
            continue
        runs = [each for each in all_seeds if "auxiliary_task" in each]
        tasks = [each["auxiliary_task"]["policies"][policy] for each in runs]
        row: dict[str, Any] = {
            "row": name,
            "title": titles[name],
            "epochs": all_seeds[0]["epochs"],
            "task": all_seeds[0]["auxiliary"],
            "seeds": [each["seed"] for each in runs or all_seeds],
            "main": _mean([each["policies"][policy] for each in runs or all_seeds]),
        }
        for way in ("own_head", "from_labels"):
            found = [each[way] for each in tasks]
            row[way] = _mean(found) | {"groups": _mean_groups(found)} if found else None
        row["changes"] = [each["own_head"]["macro_f1"] - each["from_labels"]["macro_f1"] for each in tasks]
        rows.append(row)
    return rows


def auxiliary_task_cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Format the table as rows of cells, titles first."""
    return [list(COLUMNS.values()), *([cells[name] for name in COLUMNS] for cells in map(_cells, rows))]


def remark_on_auxiliary_tasks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each row how its auxiliary task compares with its main task and with its own predicted labels."""
    for row in rows:
        if row["own_head"]:
            own, main, implied = (row[way]["macro_f1"] for way in ("own_head", "main", "from_labels"))
            yield (
                f"{row['title']}: the head of {row['task']} has a macro F1 of {own:.3f} over its groups, the main task "
                f"{main:.3f} over all labels. Compared with the groups of the predicted labels, the head has "
                f"{own - implied:+.3f} (each seed: {' '.join(f'{change:+.3f}' for change in row['changes'])})."
            )


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    own, implied = row["own_head"], row["from_labels"]
    groups = ""
    if own and implied:
        groups = ", ".join(f"{name} {f1:.3f} / {implied['groups'][name]:.3f}" for name, f1 in own["groups"].items())
    return {
        "title": row["title"],
        "epochs": str(row["epochs"]),
        "seeds": str(len(row["seeds"])),
        "task": row["task"],
        "main": _pair(row["main"]),
        "own_head": _pair(own),
        "from_labels": _pair(implied),
        "groups": groups or NO_VALUE,
    }


def _pair(metrics: Mapping[str, float] | None) -> str:
    return f"{number(metrics['macro_f1'], 3)} / {number(metrics['micro_f1'], 3)}" if metrics else NO_VALUE


def _mean(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: float(np.mean([each[key] for each in runs])) for key in ("macro_f1", "micro_f1")}


def _mean_groups(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {name: float(np.mean([each["groups"][name]["f1"] for each in runs])) for name in runs[0]["groups"]}
