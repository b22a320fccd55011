"""Figure 9: correlation of the emotions in the raters' labels, and their clusters."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from .drawing import Style, add_caption, add_legend, new_figure, pick_styles, save

LEFT_OUT = "neutral"  # by Demszky et al., too
MIXED_GROUPS = "#777777"  # branches above labels of several groups


def draw_rater_correlation(
    path: str | Path, correlations: Mapping[str, Any], grouping: str = "sentiment"
) -> list[Path]:
    """Draw the correlation of the emotions as a heat map under their dendrogram, coloured by group (Fig. 9).

    Clustered as by Demszky et al. (2020, §4.3): Ward's linkage of the distances 1 - r, in optimal leaf order, without
    neutral. Labels with an undefined correlation come last, blank and without a branch.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        correlations: Result of `analysis.rater_correlation.correlate_labels`.
        grouping: Grouping of the labels for the colours; a label in several groups has the colour of the first.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: The grouping is unknown or has too many groups; fewer than 3 labels have a correlation; scipy or
            matplotlib is not installed; the folder cannot be written.
    """
    if grouping not in correlations["groupings"]:
        raise unknown_name("grouping", grouping, correlations["groupings"])
    matrix, labels = _select(correlations)
    tree, order = _cluster(matrix)
    matrix, labels = matrix[np.ix_(order, order)], [labels[at] for at in order]
    groups = {
        name: each
        for name, each in correlations["groupings"][grouping].items()
        if any(label in each for label in labels)
    }
    drawn = dict(zip(groups, pick_styles(len(groups)), strict=True))
    group_of = {label: next(name for name, each in groups.items() if label in each) for label in labels}
    size = len(labels)
    figure = new_figure(1.9 + 0.285 * size, 3.6 + 0.285 * size)
    above, strip, heat = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [0.22 * size, 1, size], "hspace": 0.0}
    )
    _draw_dendrogram(above, tree, [drawn[group_of[label]] for label in labels])
    for name, style in drawn.items():
        at = [place for place, label in enumerate(labels) if group_of[label] == name]
        strip.plot(at, [0] * len(at), style.marker, color=style.colour, ms=7, label=name)
    strip.set(ylim=(-0.5, 0.5), yticks=[])
    strip.axis("off")
    image = _draw_heat_map(heat, matrix, labels)
    bar = figure.colorbar(image, ax=heat, location="bottom", shrink=0.5, aspect=40, pad=0.01)
    bar.set_label("Pearson's r; the cells show hundredths", fontsize=9)
    add_legend(figure, *strip.get_legend_handles_labels())
    add_caption(figure, _caption(correlations, grouping, labels, np.isnan(matrix).all(axis=1).any()))
    return save(figure, path)


def _select(correlations: Mapping[str, Any]) -> tuple[np.ndarray, list[str]]:
    """Return the correlations (labels, labels), NaN if undefined, and the names of the shown labels."""
    shown = [at for at, label in enumerate(correlations["labels"]) if label != LEFT_OUT]
    matrix = np.array(correlations["correlation"], dtype=float)[np.ix_(shown, shown)]
    return matrix, [correlations["labels"][at] for at in shown]


def _cluster(matrix: np.ndarray) -> tuple[Mapping[str, Any], list[int]]:
    """Return the coordinates of the dendrogram and the order of the labels, those without a correlation last."""
    defined = np.flatnonzero(~np.isnan(np.diag(matrix)))
    if len(defined) < 3:
        raise EmograinError(f"a dendrogram needs 3 labels that vary, got {len(defined)}", "give more raters' rows")
    hierarchy = import_optional("scipy.cluster.hierarchy", "train")
    distances = 1 - matrix[np.ix_(defined, defined)]
    pairs = distances[np.triu_indices(len(defined), 1)]  # the condensed form: upper triangle by rows
    tree = hierarchy.dendrogram(hierarchy.linkage(pairs, "ward", optimal_ordering=True), no_plot=True)
    order = [int(defined[leaf]) for leaf in tree["leaves"]]
    return tree, order + sorted(set(range(len(matrix))) - set(order))


def _draw_dendrogram(axes: Any, tree: Mapping[str, Any], leaves: Sequence[Style]) -> None:
    """Draw branches over the labels: thick and in a group's colour if all labels beneath are of that group."""
    joined: dict[tuple[float, float], Style | None] = {}  # top of a branch -> style of the one group beneath it
    for across, up in sorted(zip(tree["icoord"], tree["dcoord"], strict=True), key=lambda branch: branch[1][1]):
        places = [(x - 5) / 10 for x in across]  # scipy puts leaves at 5, 15, 25, ...
        feet = [
            leaves[round(x)] if y == 0 else joined[round(x, 6), y] for x, y in [(places[0], up[0]), (places[3], up[3])]
        ]
        style = feet[0] if feet[0] == feet[1] else None
        joined[round((places[1] + places[2]) / 2, 6), up[1]] = style
        line = {"color": style.colour, "lw": 2.2} if style else {"color": MIXED_GROUPS, "lw": 1.0}
        axes.plot(places, up, solid_joinstyle="miter", **line)
    axes.set_ylim(bottom=0.9 * min(up[1] for up in tree["dcoord"]))  # nothing is below the first branch
    axes.set_ylabel("distance", fontsize=9)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _draw_heat_map(axes: Any, matrix: np.ndarray, labels: Sequence[str]) -> Any:
    """Draw the correlation of each pair as colour and number; the diagonal is blank."""
    shown = matrix.copy()
    shown[np.diag_indices(len(shown))] = np.nan
    limit = max(0.05, np.ceil(np.nanmax(np.abs(shown)) * 20) / 20)  # rounded up to the next 0.05
    image = axes.imshow(shown, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    for row, column in np.argwhere(~np.isnan(shown)):
        value = shown[row, column]
        lightness = np.dot(image.cmap(image.norm(value))[:3], (0.2126, 0.7152, 0.0722))
        colour = "white" if lightness < 0.4 else "black"
        number = f"{100 * value:.0f}".replace("-0", "0").replace("-", "−")
        axes.text(column, row, number, fontsize=6.5, ha="center", va="center", color=colour)
    places = range(len(labels))
    axes.set_xticks(places, labels, rotation=90, fontsize=9)
    axes.set_yticks(places, labels, fontsize=9)
    axes.tick_params(length=0)
    return image


def _caption(correlations: Mapping[str, Any], grouping: str, shown: Sequence[str], undefined: bool) -> list[str]:
    rows, comments = correlations["rows"], correlations["comments"]
    share = ""
    if correlations["total_rows"] is not None and rows < correlations["total_rows"]:
        share = f", a sample of {rows / correlations['total_rows']:.0%} of {correlations['total_rows']:,}"
    lines = [
        f"{correlations['taxonomy']}, raters' rows in {correlations['source']}: {rows:,}, one per comment and "
        f"rater{share}; {comments:,} comments, {rows / comments:.2f} rows each on average. Pearson's r over "
        "comments, labels averaged over the raters of a comment; Ward's linkage of 1 - r. Thick branches: all "
        f"labels beneath are of one {grouping} group, shown by colour and mark."
    ]
    if left_out := [label for label in correlations["labels"] if label not in shown]:
        lines.append(f"Left out: {', '.join(left_out)}.")
    if undefined:
        lines.append("Blank rows: labels that never vary, so their correlation is undefined.")
    return lines
