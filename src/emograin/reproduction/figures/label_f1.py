"""Figure 3: F1 per label of several systems on the same texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...evaluation.captions import describe_settings, describe_texts, name_runs
from ...evaluation.policies import DESCRIPTIONS
from ...evaluation.results import check_same_split
from .drawing import RARE, add_caption, add_legend, new_figure, pick_styles, save
from .systems import describe_seeds, group_by_system


def draw_label_f1(
    path: str | Path,
    results: Sequence[Mapping[str, Any]],
    policy: str = "global",
    counts: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Draw F1 per label: one row per label, one mark per system (Fig. 3).

    Runs that differ only in the seed are one system: its mark is their mean, its whiskers reach from their lowest to
    their highest value.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        results: One or more evaluations of the same texts, from `evaluation.results.read_result`.
        policy: Threshold policy.
        counts: Label counts of the training split, from `data.statistics.count_labels`; shown, and rare labels are
            marked. None: neither.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: There are no results or too many systems; they have different labels or texts, or lack the
            policy; counts lack labels; matplotlib is not installed; the folder cannot be written.
    """
    name_runs(results)  # raises if a result lacks something
    systems = [[results[at] for at in group] for group in group_by_system(results)]
    drawn, titles = pick_styles(len(systems)), name_runs([runs[0] for runs in systems])
    labels = _common_labels(results, policy)
    trained = _training_counts(labels, counts)
    # Marks of three or more systems, or whiskers, would overlap in one line: each system has its own height in a row.
    whiskers = len(systems) < len(results)
    step = 0.6 / max(len(systems), 2) if len(systems) > 2 or whiskers else 0.0
    figure = new_figure(7.2, 1.9 + (0.235 + 0.2 * step * len(systems)) * len(labels))
    axes = figure.subplots()
    rows = list(range(len(labels)))
    for row, label in enumerate(labels):
        if label in trained and trained[label] < RARE:
            axes.axhspan(row - 0.5, row + 0.5, color="0.88", lw=0, zorder=0)
    f1 = [
        np.array([[result["policies"][policy]["labels"][label]["f1"] for label in labels] for result in runs])
        for runs in systems
    ]  # (seeds, labels) each
    means = [values.mean(axis=0) for values in f1]
    if not whiskers:  # a line between the systems would hide them
        axes.hlines(rows, np.min(means, axis=0), np.max(means, axis=0), color="0.6", lw=1, zorder=1)
    for at, (values, mean, style, title) in enumerate(zip(f1, means, drawn, titles, strict=True)):
        heights = [row + step * (at - (len(systems) - 1) / 2) for row in rows]
        if len(values) > 1:
            axes.hlines(heights, values.min(axis=0), values.max(axis=0), color=style.colour, lw=1.4, zorder=2)
        # The first system's marks are hollow and large, so that they stay visible beneath equal ones.
        look = {"mfc": style.colour, "ms": 5} if at else {"mfc": "white", "ms": 8 - 10 * step}
        axes.plot(mean, heights, style.marker, color=style.colour, label=title, **look)
    axes.set(xlim=(-0.02, 1.0), ylim=(len(labels) - 0.5, -0.5), xlabel=f"F1, {DESCRIPTIONS.get(policy, policy)}")
    axes.set_yticks(rows, labels, fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.8", lw=0.6)
    axes.set_axisbelow(True)
    first_rows = results[0]["policies"][policy]["labels"]
    _counts_column(axes, 1.02, "examples\nhere", [first_rows[label]["support"] for label in labels])
    if trained:
        _counts_column(axes, 1.15, "in\ntraining", [trained[label] for label in labels])
    add_legend(figure, *axes.get_legend_handles_labels())
    add_caption(figure, _caption(systems, titles, policy, counts))
    return save(figure, path)


def _common_labels(results: Sequence[Mapping[str, Any]], policy: str) -> list[str]:
    """Return the labels of all results."""
    check_same_split(results)
    for result in results:
        if policy not in result["policies"]:
            raise unknown_name("policy", policy, result["policies"])
    found = [list(result["policies"][policy]["labels"]) for result in results]
    if any(each != found[0] for each in found):
        raise EmograinError(f"runs must have the same labels, got {' and '.join(str(len(each)) for each in found)}")
    return found[0]


def _training_counts(labels: Sequence[str], counts: Mapping[str, Any] | None) -> Mapping[str, int]:
    if counts is None:
        return {}
    if missing := [label for label in labels if label not in counts["labels"]]:
        raise EmograinError(f"counts of {counts['corpus']!r} lack the labels {', '.join(missing)}")
    return counts["labels"]


def _counts_column(axes: Any, place: float, title: str, values: Sequence[int]) -> None:
    """Write numbers to the right of the rows; `place` in widths of the panel."""
    across = axes.get_yaxis_transform()
    for row, value in enumerate(values):
        axes.text(place + 0.09, row, f"{value:,}", fontsize=8, ha="right", va="center", transform=across)
    axes.text(place + 0.09, -0.7, title, fontsize=8, ha="right", va="bottom", transform=across)


def _caption(
    systems: Sequence[Sequence[Mapping[str, Any]]],
    titles: Sequence[str],
    policy: str,
    counts: Mapping[str, Any] | None,
) -> list[str]:
    chosen = "" if policy == "fixed" else ", chosen on dev"
    lines = [f"{describe_texts(systems[0][0])}; {DESCRIPTIONS.get(policy, policy)}{chosen}."]
    for title, runs in zip(titles, systems, strict=True):
        described = describe_seeds(runs) if len(runs) > 1 else describe_settings(runs[0])
        macro = np.mean([result["policies"][policy]["macro_f1"] for result in runs])
        lines.append(f"{title}: {described}; macro F1 {macro:.3f}.")
    if counts is not None:
        lines.append(f"Shaded: labels with fewer than {RARE} of the {counts['texts']:,} training texts.")
    return lines
