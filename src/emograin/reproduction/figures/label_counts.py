"""Figure 4: training texts per label."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError
from .drawing import RARE, add_caption, new_figure, save


def draw_label_counts(path: str | Path, counts: Mapping[str, Any]) -> list[Path]:
    """Draw the number of texts per label as bars (Fig. 4).

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        counts: Label counts of one split, from `data.statistics.count_labels`.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: The counts have no labels; matplotlib is not installed; the folder cannot be written.
    """
    labels = counts["labels"]
    if not labels:
        raise EmograinError(f"counts of {counts['corpus']!r} have no labels")
    values = list(labels.values())
    figure = new_figure(6.4, 1.2 + 0.205 * len(labels))
    axes = figure.subplots()
    bars = axes.barh(list(labels), values, color="0.6", edgecolor="black", lw=0.5)
    rare = [label for label, count in labels.items() if count < RARE]
    for bar, label in zip(bars, labels, strict=True):
        if label in rare:
            bar.set(facecolor="black")
    axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set(ylim=(len(labels) - 0.5, -0.5), xlabel=f"{counts['split']} texts with the label")
    axes.set_xlim(0, 1.1 * max(1, *values))  # room for the longest bar's number
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    for name in axes.get_yticklabels():
        name.set_fontweight("bold" if name.get_text() in rare else "normal")
    lines = [
        f"{counts['corpus']}, {counts['texts']:,} {counts['split']} texts with {sum(values):,} labels: "
        "a text counts once per label."
    ]
    if rare:
        lines.append(f"Bold, black bars: labels with fewer than {RARE} texts.")
    add_caption(figure, lines)
    return save(figure, path)
