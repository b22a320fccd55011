"""The sweep over mixing weights (§4.4): macro F1 on dev by weight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...evaluation.captions import describe_source, describe_system
from ...evaluation.policies import DESCRIPTIONS
from ...mixing.config import PAPER_MIXING_WEIGHT
from ...mixing.tables import describe_mixing
from .drawing import add_caption, new_figure, save

# Colour, marker and line of each policy, distinct in greyscale and for the colour-blind.
STYLES = (("#999999", "s", ":"), ("#000000", "o", "-"), ("#0072b2", "^", "--"))
PAPER_DROP = 0.85  # §4.4


def draw_weight_curves(path: Path, sweeps: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Draw macro F1 on dev by mixing weight: one panel per sweep, one line per threshold policy (§4.4).

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        sweeps: One or more results of `mixing.evaluation.sweep_dev`.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: Matplotlib is not installed, or the folder cannot be written.
    """
    figure = new_figure(6.4 * len(sweeps), 5.4)
    panels = figure.subplots(1, len(sweeps), sharey=True, squeeze=False)[0]
    for axes, sweep in zip(panels, sweeps, strict=True):
        _draw_panel(axes, sweep)
    bottom, top = panels[0].get_ylim()
    panels[0].set_ylim(bottom - 0.08 * (top - bottom), top)  # space for the paper's remarks
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9, frameon=False
    )
    add_caption(figure, _caption(sweeps))
    return save(figure, path)


def _draw_panel(axes: Any, sweep: Mapping[str, Any]) -> None:
    weights = [row["weight"] for row in sweep["weights"]]
    for policy, (colour, marker, line) in zip(DESCRIPTIONS, STYLES, strict=True):
        macro = [row["policies"][policy]["macro_f1"] for row in sweep["weights"]]
        title = DESCRIPTIONS[policy] + (" (used to choose the weight)" if policy == sweep["chosen_by"] else "")
        axes.plot(weights, macro, color=colour, marker=marker, linestyle=line, markersize=4, lw=1.4, label=title)
        if weights[-1] == 1:
            axes.axhline(macro[-1], color=colour, lw=0.7, linestyle=line, alpha=0.6)
    if weights[0] < PAPER_DROP:
        axes.axvspan(weights[0], PAPER_DROP, color="0.93", zorder=0)
        _remark(axes, PAPER_DROP, f"paper: a drop below {PAPER_DROP} ")
    axes.axvline(PAPER_MIXING_WEIGHT, color="0.5", lw=0.8, linestyle="-.")
    _remark(axes, PAPER_MIXING_WEIGHT, f"best: {PAPER_MIXING_WEIGHT} ")
    best = sweep["best"]
    height = best["policies"][sweep["chosen_by"]]["macro_f1"]
    marked = {"marker": "o", "linestyle": "none", "markersize": 11, "mfc": "none", "mec": "black", "mew": 1.4}
    axes.plot([best["weight"]], [height], label="chosen weight", **marked)
    axes.set(xlabel="mixing weight of the document (1 is no mixing)", ylabel="macro F1 on dev")
    axes.set_title(f"{describe_system(sweep)}, mixed with {describe_source(sweep['mixing'])}", fontsize=10)
    axes.set_xlim(weights[0] - 0.01, weights[-1] + 0.01)
    axes.label_outer()


def _remark(axes: Any, weight: float, text: str) -> None:
    """Write a remark of the paper (§4.4) at the foot of the panel, to the left of a weight."""
    axes.text(weight, 0.015, text, ha="right", fontsize=8, color="0.3", transform=axes.get_xaxis_transform())


def _caption(sweeps: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for sweep in sweeps:
        lines.append(
            f"{describe_system(sweep)} ({sweep['encoder']}, {sweep['epochs']} epochs, seed {sweep['seed']}); "
            f"{describe_mixing(sweep['mixing'])}; "
            f"{sweep['corpus']}, {sweep['texts']:,} dev texts; weight {sweep['best']['weight']:.2f} was chosen on them."
        )
    lines.append(
        "Thresholds are chosen again at every weight. Horizontal lines: without mixing. Grey remarks: the paper."
    )
    return lines
