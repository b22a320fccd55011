"""Figure 3: F1 per label of several runs on the same texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError, unknown_name
from ...evaluation.captions import describe_settings, describe_texts, name_runs
from ...evaluation.policies import DESCRIPTIONS
from ...evaluation.results import check_same_split
from .drawing import RARE, add_caption, add_legend, new_figure, pick_styles, save


def draw_label_f1(
    path: str | Path,
    results: Sequence[Mapping[str, Any]],
    policy: str = "global",
    counts: Mapping[str, Any] | None = None,
    by_count: bool = False,
) -> list[Path]:
    """Draw F1 per label: one row per label, one mark per run (Fig. 3).

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        results: One or more evaluations of the same texts, from `evaluation.results.read_result`.
        policy: Threshold policy.
        counts: Label counts of the training split, from `data.statistics.count_labels`; shown, and rare labels are
            marked. None: neither.
        by_count: Whether to sort labels by descending training count instead of the taxonomy's order.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: There are no results or too many; they have different labels or texts, or lack the policy;
            counts are needed or lack labels; matplotlib is not installed; the folder cannot be written.
    """
    drawn, titles = pick_styles(len(results)), name_runs(results)
    labels = _common_labels(results, policy)
    trained = _training_counts(labels, counts, by_count)
    order = sorted(labels, key=lambda label: -trained[label]) if by_count else labels
    # Marks of three or more runs would overlap in one line, so each run has its own height within a row.
    step = 0.6 / len(results) if len(results) > 2 else 0.0
    figure = new_figure(7.2, 1.9 + (0.235 + 0.2 * step * len(results)) * len(order))
    axes = figure.subplots()
    rows = list(range(len(order)))
    f1 = [[result["policies"][policy]["labels"][label]["f1"] for label in order] for result in results]
    for row, label in enumerate(order):
        if label in trained and trained[label] < RARE:
            axes.axhspan(row - 0.5, row + 0.5, color="0.88", lw=0, zorder=0)
    ends = [(min(each), max(each)) for each in zip(*f1, strict=True)]
    axes.hlines(rows, *zip(*ends, strict=True), color="0.6", lw=1, zorder=1)
    for at, (values, style, title) in enumerate(zip(f1, drawn, titles, strict=True)):
        heights = [row + step * (at - (len(results) - 1) / 2) for row in rows]
        # The first run's marks are hollow and large, so that they stay visible beneath equal ones.
        look = {"mfc": style.colour, "ms": 5} if at else {"mfc": "white", "ms": 8 - 10 * step}
        axes.plot(values, heights, style.marker, color=style.colour, label=title, **look)
    axes.set(xlim=(-0.02, 1.0), ylim=(len(order) - 0.5, -0.5), xlabel=f"F1, {DESCRIPTIONS.get(policy, policy)}")
    axes.set_yticks(rows, order, fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.8", lw=0.6)
    axes.set_axisbelow(True)
    first_rows = results[0]["policies"][policy]["labels"]
    _counts_column(axes, 1.02, "examples\nhere", [first_rows[label]["support"] for label in order])
    if trained:
        _counts_column(axes, 1.15, "in\ntraining", [trained[label] for label in order])
    add_legend(figure, *axes.get_legend_handles_labels())
    add_caption(figure, _caption(results, titles, policy, counts, by_count))
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


def _training_counts(labels: Sequence[str], counts: Mapping[str, Any] | None, needed: bool) -> Mapping[str, int]:
    if counts is None:
        if needed:
            raise EmograinError(
                "labels by training count need the counts, got none", "emograin.data.statistics.count_labels"
            )
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
    results: Sequence[Mapping[str, Any]],
    titles: Sequence[str],
    policy: str,
    counts: Mapping[str, Any] | None,
    by_count: bool,
) -> list[str]:
    chosen = "" if policy == "fixed" else ", chosen on dev"
    lines = [f"{describe_texts(results[0])}; {DESCRIPTIONS.get(policy, policy)}{chosen}."]
    lines += [
        f"{title}: {describe_settings(result)}; macro F1 {result['policies'][policy]['macro_f1']:.3f}."
        for title, result in zip(titles, results, strict=True)
    ]
    if counts is not None:
        order = " Labels are sorted by training texts." if by_count else ""
        lines.append(f"Shaded: labels with fewer than {RARE} of the {counts['texts']:,} training texts.{order}")
    return lines
