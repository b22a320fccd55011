"""§4.4: macro F1 by mixing weight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...evaluation.captions import POLICIES, system
from .drawing import caption, new_figure, saved

# Policy -> colour, marker, line: told apart in greyscale and by the colour-blind.
STYLES = {
    "fixed": ("#999999", "s", ":"),
    "global": ("#000000", "o", "-"),
    "per-label": ("#0072b2", "^", "--"),
}
PAPER_DROP, PAPER_BEST = 0.85, 0.92  # §4.4


def weight_curve(path: Path, sweeps: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Macro F1 on dev by mixing weight, a panel a sweep and a line a threshold policy (§4.4).

    Args:
        path: Of the PNG; the SVG stands beside it.
        sweeps: One or more, as `mixing_evaluation.sweep_dev` gives them.

    Returns:
        The two files.

    Raises:
        EmograinError: Matplotlib is not installed, or the folder cannot be written.
    """
    figure = new_figure(6.4 * len(sweeps), 5.4)
    panels = figure.subplots(1, len(sweeps), sharey=True, squeeze=False)[0]
    for axes, found in zip(panels, sweeps, strict=True):
        _weights_panel(axes, found)
    bottom, top = panels[0].get_ylim()
    panels[0].set_ylim(bottom - 0.08 * (top - bottom), top)  # room for the paper's remarks
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9, frameon=False
    )
    caption(figure, _weights_caption(sweeps))
    return saved(figure, path)


def _weights_panel(axes: Any, found: Mapping[str, Any]) -> None:
    weights = [row["weight"] for row in found["weights"]]
    for policy, (colour, marker, line) in STYLES.items():
        macro = [row["policies"][policy]["macro_f1"] for row in found["weights"]]
        title = POLICIES[policy] + (" (chooses)" if policy == found["chosen_by"] else "")
        axes.plot(weights, macro, color=colour, marker=marker, linestyle=line, markersize=4, lw=1.4, label=title)
        if weights[-1] == 1:
            axes.axhline(macro[-1], color=colour, lw=0.7, linestyle=line, alpha=0.6)
    if weights[0] < PAPER_DROP:
        axes.axvspan(weights[0], PAPER_DROP, color="0.93", zorder=0)
        _remark(axes, PAPER_DROP, f"paper: a drop below {PAPER_DROP} ")
    axes.axvline(PAPER_BEST, color="0.5", lw=0.8, linestyle="-.")
    _remark(axes, PAPER_BEST, f"best: {PAPER_BEST} ")
    best = found["best"]
    height = best["policies"][found["chosen_by"]]["macro_f1"]
    marked = {"marker": "o", "linestyle": "none", "markersize": 11, "mfc": "none", "mec": "black", "mew": 1.4}
    axes.plot([best["weight"]], [height], label="chosen weight", **marked)
    axes.set(xlabel="mixing weight of the document (1 is no mixing)", ylabel="macro F1 on dev")
    axes.set_title(f"{system(found)}, mixed with {_source(found)}", fontsize=10)
    axes.set_xlim(weights[0] - 0.01, weights[-1] + 0.01)
    axes.label_outer()


def _remark(axes: Any, weight: float, text: str) -> None:
    """What the paper says (§4.4), at the panel's foot, to the left of a weight."""
    axes.text(weight, 0.015, text, ha="right", fontsize=8, color="0.3", transform=axes.get_xaxis_transform())


def _weights_caption(sweeps: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the picture is made of."""
    lines = []
    for found in sweeps:
        mixing = found["mixing"]
        lines.append(
            f"{system(found)} ({found['encoder']}, {found['epochs']} epochs, seed {found['seed']}); {mixing['mix']} "
            f"mixed with {mixing['count']} candidate{'s' * (mixing['count'] != 1)} from {_source(found)}; "
            f"{found['corpus']}, {found['texts']:,} dev texts; weight {found['best']['weight']:.2f} was chosen on them."
        )
    lines.append(
        "Thresholds are chosen again at every weight. Horizontal lines: without mixing. Grey remarks: the paper."
    )
    return lines


def _source(found: Mapping[str, Any]) -> str:
    return found["mixing"]["file"] or found["mixing"]["candidates"]
