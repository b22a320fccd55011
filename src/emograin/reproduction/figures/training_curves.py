"""Fig. 5: macro F1 over training, of several systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...evaluation.captions import SETTINGS, check_same_texts, names, setting, texts
from .drawing import Style, caption, legend, new_figure, saved, styles

PANELS = {"macro_f1": "one threshold, chosen on these texts", "macro_f1_fixed": "threshold 0.3"}
ACROSS = {"step": ("training step", ",.0f"), "epoch": ("epoch", ".2f")}  # column -> its title, how its numbers look

Run = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]  # its result on dev, the rows of its curve


def training_curves(path: str | Path, runs: Sequence[Run], by: str = "step") -> list[Path]:
    """Macro F1 on dev over training, a panel a threshold policy and a line a system (Fig. 5).

    Runs that differ in nothing but the seed are one line, their mean, in a band from their lowest to their highest.

    Args:
        path: Of the PNG; the SVG stands beside it.
        runs: One or more of (the evaluation on dev as `results_reading.read_result` gives it, the rows of the curve
            as `results_reading.read_curve` gives them).
        by: A key of `ACROSS`: steps as in the paper, or epochs, which compare runs of different batch sizes.

    Returns:
        The two files.

    Raises:
        EmograinError: No run or too many systems; the runs were evaluated on different texts; a curve lacks a column;
            matplotlib is not installed; the folder cannot be written.
    """
    if by not in ACROSS:
        raise unknown_name("axis of a training curve", by, ACROSS)
    systems = _by_system(runs, by)
    drawn, titles = styles(len(systems)), names([group[0][0] for group in systems])
    figure = new_figure(9.6, 4.2 + 0.35 * len(systems))
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (key, title) in zip(panels, PANELS.items(), strict=True):
        for group, style, name in zip(systems, drawn, titles, strict=True):
            _line(axes, [rows for _, rows in group], key, by, style, name)
        axes.set_title(title, fontsize=10)
        axes.set(xlabel=ACROSS[by][0], ylabel="macro F1 on dev")
        axes.grid(color="0.9", lw=0.6)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.label_outer()
    handles, shown = panels[0].get_legend_handles_labels()
    best = panels[0].plot([], [], "o", color="black", ms=11, mfc="none", mew=1.3)
    legend(figure, [*handles, *best], [*shown, "highest"])
    caption(figure, _caption(systems, titles, by))
    return saved(figure, path)


def _by_system(runs: Sequence[Run], by: str) -> list[list[Run]]:
    """The runs in groups that differ in nothing but the seed and were evaluated at the same steps."""
    results = [result for result, _ in runs]
    names(results)  # says what one of them lacks
    check_same_texts(results)
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for result, rows in runs:
        for column in ("step", by, *PANELS):
            if any(row.get(column) is None for row in rows):
                raise EmograinError(
                    f"a training curve must have a {column} in every row, got {len(rows)} rows with gaps"
                )
        alike = tuple(result.get(key) or 0 for key in SETTINGS if key != "seed")
        key = (result["method"], result["auxiliary"], *alike, tuple(row["step"] for row in rows))
        groups.setdefault(key, []).append((result, rows))
    return list(groups.values())


def _line(axes: Any, curves: Sequence[Sequence[Mapping[str, Any]]], key: str, by: str, style: Style, name: str) -> None:
    """One system: the mean of its seeds, the band they fill, and a ring around the mean's highest point."""
    across = [row[by] for row in curves[0]]
    values = np.array([[row[key] for row in rows] for rows in curves])  # (seeds, evaluations)
    mean = values.mean(axis=0)
    axes.plot(across, mean, color=style.colour, marker=style.marker, linestyle=style.line, ms=5, lw=1.4, label=name)
    if len(curves) > 1:
        axes.fill_between(across, values.min(axis=0), values.max(axis=0), color=style.colour, alpha=0.2, lw=0)
    best = int(mean.argmax())
    axes.plot(across[best], mean[best], "o", color=style.colour, ms=11, mfc="none", mew=1.3)


def _caption(systems: Sequence[Sequence[Run]], titles: Sequence[str], by: str) -> list[str]:
    first = systems[0][0][0]
    lines = [f"{texts(first)}; the paper's Fig. 5 is of test. Each point is an evaluation during training."]
    for group, title in zip(systems, titles, strict=True):
        result, curve = group[0]
        rest = setting(result, [key for key in SETTINGS if key != "seed"])
        mean = np.mean([[row["macro_f1"] for row in rows] for _, rows in group], axis=0)
        best = int(mean.argmax())
        seeds = ", ".join(str(each["seed"]) for each, _ in group)
        what = f"seed {seeds}" if len(group) == 1 else f"mean and range of seeds {seeds}"
        where = f"{by} {curve[best][by]:{ACROSS[by][1]}}"
        lines.append(f"{title}: {rest}; {what}; highest {mean[best]:.3f} at {where} (one threshold).")
    return lines
