"""Table 2 as a picture: the paper's macro F1 and ours with its interval, row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError
from ...common.text_table import number
from .drawing import STYLES, add_caption, add_legend, new_figure, save

OURS, PAPER = STYLES[1], STYLES[6]
BAND = "#e8f0f7"  # the interval of our baseline
ABOVE, BELOW, SEEDS = -0.26, 0.08, 0.31  # places of the paper's mark, ours, and our seeds' within a row
COLUMNS = {"paper": 38, "ours": 76, "change": 120}  # right edges of the numbers, in points from the panel
NUMBERS = {"textcoords": "offset points", "fontsize": 9, "ha": "right", "annotation_clip": False}


def draw_table_2(path: str | Path, rows: Sequence[Mapping[str, Any]], caption: Sequence[str] = ()) -> list[Path]:
    """Draw macro F1 of each row of Table 2: the paper's point, and ours with its interval and its single seeds.

    Rows stand below the baseline they are compared with; its value is a line through its group, its interval a band.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        rows: The rows, from `table_2_intervals.measure_rows`.
        caption: Lines of the caption.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: There are no rows; matplotlib is not installed; the folder cannot be written.
    """
    if not rows:
        raise EmograinError("a picture of Table 2 shows one row or more, got none")
    groups = _group_by_baseline(rows)
    heights = [len(group) + 0.9 for group in groups]  # room for the heading
    figure = new_figure(8.2, 1.5 + 0.39 * sum(heights))
    panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, group in zip(panels, groups, strict=True):
        _draw_group(axes, group)
    panels[0].set_xlim(*_limits(rows))
    panels[-1].set_xlabel("macro F1 on test")
    for title, right in COLUMNS.items():
        panels[0].annotate(title, (1, 1), (right, 4), **NUMBERS, va="bottom", xycoords="axes fraction")
    shown = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    add_legend(figure, list(shown.values()), list(shown))
    marks = "Bold: the baseline of each group; dotted lines: its value in the paper and in ours."
    if any({row["paper"] is None for row in group} == {True, False} for group in groups):
        marks += " A row without the paper's mark is not in the paper."
    add_caption(figure, [*caption, marks])
    return save(figure, path)


def _group_by_baseline(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Group rows by the baseline they are compared with, which comes first."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["baseline"], []).append(row)
    return [sorted(group, key=lambda row: row["row"] != row["baseline"]) for group in groups.values()]


def _draw_group(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    baseline = rows[0] if rows[0]["row"] == rows[0]["baseline"] else None
    at = np.arange(len(rows))
    names = ("paper", "macro_f1", "low", "high")
    paper, ours, low, high = np.array([[row[name] for row in rows] for name in names], dtype=float)  # None: NaN
    hollow = {"marker": "D", "ms": 6, "ls": "none", "mfc": "white", "mec": PAPER.colour, "mew": 1.6}
    axes.plot(paper, at + ABOVE, label="the paper", zorder=4, **hollow)
    axes.hlines(at + BELOW, low, high, color=OURS.colour, lw=1.8, zorder=2)
    solid = {"marker": "o", "ms": 6.5, "color": OURS.colour, "lw": 1.8}
    axes.plot(ours, at + BELOW, zorder=3, **solid | {"ls": "none"})
    axes.plot([], [], label="ours, 95 % interval", **solid)
    seeds = [(value, row + SEEDS) for row, each in zip(at, rows, strict=True) for value in each["seeds"]]
    if len(seeds) > len(rows):
        small = {"marker": "o", "ms": 3, "ls": "none", "mfc": "white", "mec": "black", "mew": 0.7}
        axes.plot(*zip(*seeds, strict=True), label="ours, single seeds", zorder=5, **small)
    if baseline:
        axes.axvspan(baseline["low"], baseline["high"], color=BAND, lw=0, zorder=0, label="our baseline's interval")
        for value, style in ((ours[0], OURS), (paper[0], PAPER)):
            axes.axvline(value, color=style.colour, lw=0.8, ls=":", zorder=1)
    for row, each in enumerate(rows):
        change = f"{ours[row] - ours[0]:+.3f}" if baseline and row else ""
        for right, text in zip(COLUMNS.values(), (number(each["paper"], 3), f"{ours[row]:.3f}", change), strict=True):
            across = axes.get_yaxis_transform()
            axes.annotate(text, (1, row), (right, 0), **NUMBERS, va="center", xycoords=across)
    axes.set_yticks(at, [row["title"] for row in rows], fontsize=9.5)
    if baseline:
        axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_title(_heading(rows), fontsize=9.5, loc="left", fontweight="bold")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _heading(rows: Sequence[Mapping[str, Any]]) -> str:
    """Name the epochs of a group: the paper's and ours."""
    papers, ours = rows[0]["paper_epochs"], " or ".join(map(str, sorted({row["epochs"] for row in rows})))
    if all(row["paper"] is None for row in rows):
        return f"{ours} epochs, not in the paper"
    return f"{papers} epochs" + ("" if ours == str(papers) else f" in the paper, {ours} in ours")


def _limits(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the ends of the axis: all values, with a margin."""
    found = [[*(row[name] for name in ("paper", "low", "high", "macro_f1")), *row["seeds"]] for row in rows]
    values = [value for each in found for value in each if value is not None]
    margin = 0.04 * (max(values) - min(values)) + 0.002
    return min(values) - margin, max(values) + margin
