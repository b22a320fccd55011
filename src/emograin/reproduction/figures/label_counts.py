"""Fig. 4: training texts of each label."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError
from .drawing import RARE, caption, new_figure, saved


def label_counts(path: str | Path, counts: Mapping[str, Any], by_count: bool = False) -> list[Path]:
    """How many texts have each label, a bar a label with its number (Fig. 4).

    Args:
        path: Of the PNG; the SVG stands beside it.
        counts: Of one split, as `count_labels` gives them.
        by_count: Labels by falling count, instead of in the taxonomy's order.

    Returns:
        The two files.

    Raises:
        EmograinError: There are no labels; matplotlib is not installed; the folder cannot be written.
    """
    labels = counts["labels"]
    if not labels:
        raise EmograinError(f"counts of {counts['corpus']!r} have no labels")
    order = sorted(labels, key=lambda label: -labels[label]) if by_count else list(labels)
    values = [labels[label] for label in order]
    figure = new_figure(6.4, 1.2 + 0.205 * len(order))
    axes = figure.subplots()
    bars = axes.barh(order, values, color="0.6", edgecolor="black", lw=0.5)
    rare = [label for label in order if labels[label] < RARE]
    for bar, label in zip(bars, order, strict=True):
        if label in rare:
            bar.set(facecolor="black")
    axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set(ylim=(len(order) - 0.5, -0.5), xlabel=f"{counts['split']} texts with the label")
    axes.set_xlim(0, 1.1 * max(1, *values))  # room for the longest bar's number
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    for name in axes.get_yticklabels():
        name.set_fontweight("bold" if name.get_text() in rare else "normal")
    lines = [
        f"{counts['corpus']}, {counts['texts']:,} {counts['split']} texts with {sum(values):,} labels: "
        "a text counts for each label it has."
    ]
    if rare:
        lines.append(f"Bold, black bars: labels with fewer than {RARE} texts.")
    caption(figure, lines)
    return saved(figure, path)
