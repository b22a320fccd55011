"""Fig. 9: how the emotions correlate in raters' judgements, and how they cluster."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from .drawing import Style, caption, legend, new_figure, saved, styles

MIXED = "#777777"  # branches above labels of several groups


def rater_correlation(
    path: str | Path,
    found: Mapping[str, Any],
    grouping: str = "sentiment",
    without: Sequence[str] = ("neutral",),
) -> list[Path]:
    """Correlation of the emotions as a heat map under their dendrogram, coloured by group (Fig. 9).

    As Demszky et al. (2020, §4.3) cluster them: Ward's linkage of the distances 1 - r, in optimal leaf order. Labels
    whose correlation is undefined stand last, blank and without a branch.

    Args:
        path: Of the PNG; the SVG stands beside it.
        found: As `rater_judgements.correlations` gives it.
        grouping: Of the labels, for the colours; where a label is in several groups, the first of them.
        without: Labels to leave out if they are there: Demszky et al. leave out neutral.

    Returns:
        The two files.

    Raises:
        EmograinError: No such grouping, or too many groups; fewer than 3 labels have a correlation; scipy or
            matplotlib is not installed; the folder cannot be written.
    """
    if grouping not in found["groupings"]:
        raise unknown_name("grouping", grouping, found["groupings"])
    matrix, labels = _chosen(found, without)
    tree, order = _clustered(matrix)
    matrix, labels = matrix[np.ix_(order, order)], [labels[at] for at in order]
    groups = {
        name: each for name, each in found["groupings"][grouping].items() if any(label in each for label in labels)
    }
    drawn = dict(zip(groups, styles(len(groups)), strict=True))
    group_of = {label: next(name for name, each in groups.items() if label in each) for label in labels}
    size = len(labels)
    figure = new_figure(1.9 + 0.285 * size, 3.6 + 0.285 * size)
    above, strip, heat = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [0.22 * size, 1, size], "hspace": 0.0}
    )
    _dendrogram(above, tree, [drawn[group_of[label]] for label in labels])
    for name, style in drawn.items():
        at = [place for place, label in enumerate(labels) if group_of[label] == name]
        strip.plot(at, [0] * len(at), style.marker, color=style.colour, ms=7, label=name)
    strip.set(ylim=(-0.5, 0.5), yticks=[])
    strip.axis("off")
    image = _heat_map(heat, matrix, labels)
    bar = figure.colorbar(image, ax=heat, location="bottom", shrink=0.5, aspect=40, pad=0.01)
    bar.set_label("Pearson's r; the cells show hundredths", fontsize=9)
    legend(figure, *strip.get_legend_handles_labels())
    caption(figure, _caption(found, grouping, labels, np.isnan(matrix).all(axis=1).any()))
    return saved(figure, path)


def _chosen(found: Mapping[str, Any], without: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The correlations (labels, labels), NaN where undefined, and the labels that are shown."""
    kept = [at for at, label in enumerate(found["labels"]) if label not in without]
    matrix = np.array(found["correlation"], dtype=float)[np.ix_(kept, kept)]
    return matrix, [found["labels"][at] for at in kept]


def _clustered(matrix: np.ndarray) -> tuple[Mapping[str, Any], list[int]]:
    """The dendrogram's coordinates and the order of the labels, those without a correlation last."""
    defined = np.flatnonzero(~np.isnan(np.diag(matrix)))
    if len(defined) < 3:
        raise EmograinError(f"a dendrogram needs 3 labels that vary, got {len(defined)}", "give more raters' rows")
    hierarchy = import_optional("scipy.cluster.hierarchy", "train")
    distances = 1 - matrix[np.ix_(defined, defined)]
    pairs = distances[np.triu_indices(len(defined), 1)]  # the condensed form: upper triangle by rows
    tree = hierarchy.dendrogram(hierarchy.linkage(pairs, "ward", optimal_ordering=True), no_plot=True)
    order = [int(defined[leaf]) for leaf in tree["leaves"]]
    return tree, order + sorted(set(range(len(matrix))) - set(order))


def _dendrogram(axes: Any, tree: Mapping[str, Any], leaves: Sequence[Style]) -> None:
    """Branches over the labels' places: thick and in a group's colour where all labels beneath are of that group."""
    joined: dict[tuple[float, float], Style | None] = {}  # top of a branch -> the group of all beneath it, if one
    for across, up in sorted(zip(tree["icoord"], tree["dcoord"], strict=True), key=lambda branch: branch[1][1]):
        places = [(x - 5) / 10 for x in across]  # scipy's leaves stand at 5, 15, 25, ...
        feet = [
            leaves[round(x)] if y == 0 else joined[round(x, 6), y] for x, y in [(places[0], up[0]), (places[3], up[3])]
        ]
        style = feet[0] if feet[0] == feet[1] else None
        joined[round((places[1] + places[2]) / 2, 6), up[1]] = style
        look = {"color": style.colour, "lw": 2.2} if style else {"color": MIXED, "lw": 1.0}
        axes.plot(places, up, solid_joinstyle="miter", **look)
    axes.set_ylim(bottom=0.9 * min(up[1] for up in tree["dcoord"]))  # nothing happens below the first branch
    axes.set_ylabel("distance", fontsize=9)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _heat_map(axes: Any, matrix: np.ndarray, labels: Sequence[str]) -> Any:
    """Every pair's correlation as colour and number; the diagonal is blank."""
    shown = matrix.copy()
    shown[np.diag_indices(len(shown))] = np.nan
    limit = max(0.05, np.ceil(np.nanmax(np.abs(shown)) * 20) / 20)  # the next 0.05 above all that is shown
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


def _caption(found: Mapping[str, Any], grouping: str, shown: Sequence[str], undefined: bool) -> list[str]:
    rows, comments = found["rows"], found["comments"]
    share = ""
    if found["whole"] is not None and rows < found["whole"]:
        share = f", a sample: {rows / found['whole']:.0%} of the {found['whole']:,} there are"
    lines = [
        f"{found['taxonomy']}, raters' rows in {found['source']}: {rows:,}, one a comment and rater{share}; "
        f"{comments:,} comments, {rows / comments:.2f} rows each on average. Pearson's r over comments, judgements "
        "averaged over a comment's raters; Ward's linkage of 1 - r. Thick branches: all labels beneath are of one "
        f"{grouping} group, which the colours and marks show."
    ]
    if left_out := [label for label in found["labels"] if label not in shown]:
        lines.append(f"Left out: {', '.join(left_out)}.")
    if undefined:
        lines.append("Blank rows: labels that never vary, so that their correlation is undefined.")
    return lines
