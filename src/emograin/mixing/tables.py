"""Tables of mixing: the sweep over weights, and a run with mixing beside the same run without."""

from collections.abc import Mapping
from typing import Any

from ..common.text_table import aligned, number


def sweep_table(sweep: Mapping[str, Any]) -> str:
    """Macro F1 on dev at every mixing weight under each threshold policy; the chosen weight is marked."""
    best, policies = sweep["best"]["weight"], list(sweep["best"]["policies"])
    rows = [["mixing weight", *policies, ""]]
    for row in sweep["weights"]:
        figures = [number(row["policies"][policy]["macro_f1"]) for policy in policies]
        rows.append([f"{row['weight']:.2f}", *figures, "<- best" if row["weight"] == best else ""])
    title = (
        f"{sweep['corpus']}, {sweep['split']}: {sweep['texts']:,} texts, {_mixed_with(sweep['mixing'])}. Macro F1; "
        f"thresholds are chosen again at every weight, the weight by {sweep['chosen_by']}."
    )
    return f"{title}\n\n{aligned(rows)}"


def mixing_table(mixed: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    """An evaluation with mixing beside the same run's without."""
    weight = f"weight {mixed['mixing']['weight']:g}"
    rows = [["", "without mixing", weight, "difference"]]

    def add(title: str, before: float | None, after: float | None) -> None:
        change = "-" if before is None or after is None else f"{after - before:+.4f}"
        rows.append([title, number(before), number(after), change])

    for policy, figures in mixed["policies"].items():
        before = plain["policies"][policy]
        add(f"macro F1, {policy}", before["macro_f1"], figures["macro_f1"])
        frequent = f"macro F1, {policy}, {figures['frequent_labels']} frequent labels"
        add(frequent, before["macro_f1_frequent"], figures["macro_f1_frequent"])
        add(f"micro F1, {policy}", before["micro_f1"], figures["micro_f1"])
    add("macro average precision", plain["macro_average_precision"], mixed["macro_average_precision"])
    add("expected calibration error", plain["expected_calibration_error"], mixed["expected_calibration_error"])
    agreement = mixed["mixing"]["agreement"]
    title = f"{mixed['corpus']}, {mixed['split']}: {mixed['texts']:,} texts, {_mixed_with(mixed['mixing'])}."
    if agreement is not None:
        title += f" {agreement:.1%} of the candidates share a gold label with their document."
    return f"{title}\n\n{aligned(rows)}"


def _mixed_with(mixing: Mapping[str, Any]) -> str:
    """In words, what was mixed with what."""
    count = "1 candidate" if mixing["count"] == 1 else f"{mixing['count']} candidates"
    return f"{mixing['mix']} mixed with {count} from {mixing['file'] or mixing['candidates']}"
