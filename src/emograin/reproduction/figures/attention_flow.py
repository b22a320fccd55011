"""Attention to and from slots by layer, over many texts (§5.2): what Figures 6 to 8 show on one text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError
from .drawing import STYLES, add_caption, add_legend, new_figure, save

LINE_STYLES = (  # of the slots of interest, and of those that they are compared with
    {"color": STYLES[1].colour, "marker": STYLES[1].marker, "ls": "-"},
    {"color": STYLES[0].colour, "marker": STYLES[0].marker, "ls": "--"},
    {"color": STYLES[2].colour, "marker": STYLES[2].marker, "ls": "-."},
)
SIDES = {
    ("as_key", "from_all_tokens"): "attention received",
    ("as_query", "to_document"): "attention to the document",
}
NAMES = {  # keys of the measured values, and their titles, by whether there is one slot per label
    True: (("gold", "gold labels"), ("other_labels", "other labels"), ("same_labels", "same labels in other texts")),
    False: (("slot", "single slot ([CLS])"), ("even", "even attention")),
}


def draw_attention_flow(
    path: str | Path, flows: Mapping[str, Mapping[str, Any]], caption: Sequence[str] = ()
) -> list[Path]:
    """Draw the attention to and from slots by layer, with 95 % intervals: one row of panels per system.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        flows: Results of `analysis.attention_flow.measure_attention_flow`, by the name of the system.
        caption: Lines of the caption.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: There are no systems; matplotlib is not installed; the folder cannot be written.
    """
    if not flows:
        raise EmograinError("a figure of attention shows one system or more, got none")
    figure = new_figure(8.2, 1.7 + 2.5 * len(flows))
    grid = figure.subplots(len(flows), len(SIDES), squeeze=False)
    lines: dict[str, Any] = {}
    for panels, (name, flow) in zip(grid, flows.items(), strict=True):
        for axes, ((kind, of), title) in zip(panels, SIDES.items(), strict=True):
            for (key, shown), style in zip(NAMES[flow["slots"] > 1], LINE_STYLES, strict=False):
                line = _draw_layers(axes, flow[kind][of][key]["layers"], style)
                lines.setdefault(shown, line)
            axes.set_title(f"{name}: {title}", fontsize=9.5)
            axes.set_xticks(range(flow["layers"]))
            axes.set_ylim(bottom=0)
            axes.set_xlabel("layer")
            axes.grid(color="0.9", lw=0.6)
            axes.set_axisbelow(True)
    add_legend(figure, list(lines.values()), list(lines))
    add_caption(figure, caption)
    return save(figure, path)


def _draw_layers(axes: Any, entries: Sequence[Mapping[str, float] | None], style: Mapping[str, Any]) -> Any:
    """Draw means by layer and their intervals; return the line."""
    names = ("mean", "low", "high")
    mean, low, high = np.array([[each[name] if each else np.nan for each in entries] for name in names])
    layers = np.arange(len(entries))
    axes.fill_between(layers, low, high, color=style["color"], alpha=0.2, lw=0)
    return axes.plot(layers, mean, ms=5, lw=1.4, **style)[0]
