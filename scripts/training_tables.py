"""Tables of trainings that docs/log.md compares, from their curves and scores in results/."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from archived_scores import macro_f1_by_policy
from select_on_dev import read_system

from emograin.common.text_table import markdown
from emograin.evaluation.comparison import compare_systems
from emograin.evaluation.cross_fitting import cross_fit_predictions
from emograin.evaluation.results import read_evaluated, read_scores
from emograin.evaluation.significance import macro_f1
from emograin.evaluation.threshold_policies import choose
from emograin.evaluation.thresholds import apply_thresholds

RESULTS = Path(__file__).parents[1] / "results"
BASELINES, TEACHERS, STUDENTS = "baseline-seed", "label-embedding-averaged-seed", "student-seed"
LATER_STUDENTS = "student-of-six-teachers-seed"


def results() -> str:
    """All runs that were evaluated on test, with thresholds of the current policies."""
    titles = ["method", "auxiliary", "encoder", "epochs", "batch", "learning rate", "EMA decay", "evaluations"]
    titles += ["teachers", "seed", "macro F1 at 0.3", "global threshold", "per-label thresholds", "frequent labels"]
    rows = [[*titles, "macro AP"]]
    for path in sorted(RESULTS.glob("*/test.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        with (path.parent / "curve.csv").open(encoding="utf-8", newline="") as file:
            evaluations = sum(row["macro_f1"] != "" for row in csv.DictReader(file))
        cells = [found["method"], found["auxiliary"] or "–", f"{found['encoder']} ({found['parameters'] / 1e6:.0f}M)"]
        cells += [str(found["epochs"]), str(found["batch_size"]), f"{found['learning_rate']:g}"]
        cells += [f"{found['ema_decay'] or '–'}", str(evaluations), f"{found['teachers'] or '–'}", str(found["seed"])]
        cells += [f"{value:.3f}" for value in macro_f1_by_policy(path.parent).values()]
        cells.append(f"{found['policies']['global']['macro_f1_frequent']:.3f}")
        rows.append([*cells, f"{found['macro_average_precision']:.3f}"])
    return markdown(rows)


def ema() -> str:
    """Macro F1 on dev by half epochs, with and without EMA of the weights."""
    runs = {"EMA, 1e-4": "label-embedding-averaged-seed0", "before, 2e-4": "label-embedding-seed0"}
    rows: list[list[str]] = []
    for title, name in runs.items():
        with (RESULTS / name / "curve.csv").open(encoding="utf-8", newline="") as file:
            curve = [(float(row["epoch"]), float(row["macro_f1"])) for row in csv.DictReader(file)]
        rows = rows or [["", *(f"{epoch:.2g}" for epoch, _ in curve), "macro AP on dev"]]
        best = max(value for _, value in curve)
        shown = [f"**{value:.3f}**" if value == best else f"{value:.3f}" for _, value in curve]
        rows.append([title, *shown, f"{_average_precision(name, 'dev'):.3f}"])
    return markdown(rows)


def distillation() -> str:
    """Macro F1 on dev of students, teachers and baselines, and their differences on test."""
    systems = {"student": STUDENTS, "teachers": TEACHERS, "baseline, trained on gold labels": BASELINES}
    rows = [["three seeds, on dev", "global", "per-label"]]
    for title, prefix in systems.items():
        found = [_macro_f1_on_dev(name) for name in _seeds(prefix)]
        rows.append([title, *(_listed([each[policy] for each in found]) for policy in ("global", "per-label"))])
    differences = [["on test", "all labels", "24 frequent labels"]]
    runs = [
        [read_evaluated(str(RESULTS / name), "test", "global") for name in _seeds(each)] for each in systems.values()
    ]
    compared = compare_systems(list(reversed(runs)))
    assert compared["frequent_labels"] == 24
    names = {found[0].name: title.partition(",")[0] for found, title in zip(runs, systems, strict=True)}
    for pair in compared["pairs"]:
        titles = (names[pair[side].partition(" and ")[0]] for side in ("system", "other"))
        differences.append([" to ".join(titles), *(_difference(pair[kind]) for kind in ("all", "frequent"))])
    return f"{markdown(rows)}\n\n{markdown(differences)}"


def students_of_six_teachers() -> str:
    """Macro F1 and average precision, on dev and test, of three seeds of both kinds of students."""
    titles = ["three seeds", "macro F1 on dev, cross-fitted", "macro AP on dev", "on test"]
    rows = [[*titles, "macro F1 on test, per label", "global"]]
    students = {"student of three label-embedding teachers": STUDENTS, "student of six teachers": LATER_STUDENTS}
    for title, prefix in students.items():
        names = _seeds(prefix)
        on_test = [macro_f1_by_policy(RESULTS / name) for name in names]
        columns = [
            [_cross_fitted(name) for name in names],
            *([_average_precision(name, split) for name in names] for split in ("dev", "test")),
            *([each[policy] for each in on_test] for policy in ("per-label", "global")),
        ]
        rows.append([title, *(_listed(each) for each in columns)])
    return markdown(rows)


def _seeds(prefix: str) -> list[str]:
    return [f"{prefix}{seed}" for seed in range(3)]


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _average_precision(name: str, split: str) -> float:
    evaluation = json.loads((RESULTS / name / f"{split}.json").read_text(encoding="utf-8"))
    return float(evaluation["macro_average_precision"])


def _macro_f1_on_dev(name: str) -> dict[str, float]:
    """Return threshold policy -> macro F1 on dev at the thresholds chosen there."""
    _, labels, scores = read_scores(str(RESULTS / name), "dev")
    chosen = choose(scores, labels)
    return {policy: macro_f1(apply_thresholds(scores, values), labels) for policy, values in chosen.items()}


def _cross_fitted(name: str) -> float:
    _, labels, scores = read_system(str(RESULTS / name))  # in the order of the texts on which models were chosen
    return float(np.mean([macro_f1(each, labels) for each in cross_fit_predictions(scores, labels)]))


def _difference(found: dict[str, Any]) -> str:
    return f"{found['difference']:+.3f} ({found['low']:+.3f} to {found['high']:+.3f})"
