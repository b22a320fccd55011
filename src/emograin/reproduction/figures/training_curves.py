"""Figure 5: macro F1 over training of several systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError
from ...evaluation.captions import describe_texts, name_runs
from ...evaluation.results import check_same_split
from .drawing import Style, add_caption, add_legend, new_figure, pick_styles, save
from .systems import describe_seeds, group_by_system

PANELS = {"macro_f1": "global threshold, chosen on these texts", "macro_f1_fixed": "threshold 0.3"}
MARKS = 16  # a longer curve has a mark at every second, third ... point only

Run = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]  # result on dev, rows of the curve


def draw_training_curves(path: str | Path, runs: Sequence[Run]) -> list[Path]:
    """Draw macro F1 on dev over training: one panel per threshold policy, one line per system (Fig. 5).

    Runs that differ only in the seed are one line, their mean, in a band from their lowest to their highest value.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        runs: One or more pairs: result on dev from `evaluation.results.read_result`, rows of the curve from
            `evaluation.results.read_curve`.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: There are no runs or too many systems; the runs have different texts; a curve lacks a column;
            matplotlib is not installed; the folder cannot be written.
    """
    systems = _group_by_system(runs)
    drawn, titles = pick_styles(len(systems)), name_runs([group[0][0] for group in systems])
    figure = new_figure(9.6, 4.2 + 0.35 * len(systems))
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (key, title) in zip(panels, PANELS.items(), strict=True):
        for group, style, name in zip(systems, drawn, titles, strict=True):
            _draw_line(axes, [rows for _, rows in group], key, style, name)
        axes.set_title(title, fontsize=10)
        axes.set(xlabel="training step", ylabel="macro F1 on dev")
        axes.grid(color="0.9", lw=0.6)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.label_outer()
    handles, shown = panels[0].get_legend_handles_labels()
    best = panels[0].plot([], [], "o", color="black", ms=11, mfc="none", mew=1.3)
    add_legend(figure, [*handles, *best], [*shown, "highest"])
    add_caption(figure, _caption(systems, titles))
    return save(figure, path)


def _group_by_system(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs that differ only in the seed and were evaluated at the same steps."""
    results = [result for result, _ in runs]
    name_runs(results)  # raises if a result lacks something
    check_same_split(results)
    for _, rows in runs:
        for column in ("step", *PANELS):
            if any(row.get(column) is None for row in rows):
                raise EmograinError(
                    f"a training curve must have a {column} in every row, got {len(rows)} rows with gaps"
                )
    steps = [tuple(row["step"] for row in rows) for _, rows in runs]
    return [[runs[at] for at in group] for group in group_by_system(results, steps)]


def _draw_line(axes: Any, curves: Sequence[Sequence[Mapping[str, Any]]], key: str, style: Style, name: str) -> None:
    """Draw one system: the mean of its seeds, their band, and a ring around the highest point of the mean."""
    across = [row["step"] for row in curves[0]]
    values = np.array([[row[key] for row in rows] for rows in curves])  # (seeds, evaluations)
    mean = values.mean(axis=0)
    look = {"color": style.colour, "marker": style.marker, "linestyle": style.line, "ms": 5, "lw": 1.4}
    axes.plot(across, mean, markevery=-(-len(mean) // MARKS), label=name, **look)
    if len(curves) > 1:
        axes.fill_between(across, values.min(axis=0), values.max(axis=0), color=style.colour, alpha=0.2, lw=0)
    best = int(mean.argmax())
    axes.plot(across[best], mean[best], "o", color=style.colour, ms=11, mfc="none", mew=1.3)


def _caption(systems: Sequence[Sequence[Run]], titles: Sequence[str]) -> list[str]:
    first = systems[0][0][0]
    lines = [f"{describe_texts(first)}; the paper's Fig. 5 is of test. Each point is an evaluation during training."]
    for group, title in zip(systems, titles, strict=True):
        curve = group[0][1]
        mean = np.mean([[row["macro_f1"] for row in rows] for _, rows in group], axis=0)
        best = int(mean.argmax())
        where = f"step {curve[best]['step']:,.0f}"
        described = describe_seeds([result for result, _ in group])
        lines.append(f"{title}: {described}; highest {mean[best]:.3f} at {where} (global threshold).")
    return lines
