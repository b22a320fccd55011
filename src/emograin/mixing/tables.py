"""Tables of mixing: the sweep over weights, and a run evaluated with and without mixing."""

from collections.abc import Mapping
from typing import Any

from ..common.text_table import aligned, number
from ..evaluation.captions import describe_source


def describe_mixing(mixing: Mapping[str, Any]) -> str:
    """State in words what is mixed with how many candidates from where.

    Args:
        mixing: `mixing` of an evaluation or a sweep.

    >>> describe_mixing({"mix": "embeddings", "top": 2, "file": None, "candidates": "paraphrase"})
    'embeddings mixed with 2 candidates from paraphrase'
    """
    candidates = "1 candidate" if mixing["top"] == 1 else f"{mixing['top']} candidates"
    return f"{mixing['mix']} mixed with {candidates} from {describe_source(mixing)}"


def sweep_table(sweep: Mapping[str, Any]) -> str:
    """Format a sweep: macro F1 on dev per mixing weight and threshold policy; the chosen weight is marked.

    Args:
        sweep: Result of `evaluation.sweep_dev`.
    """
    best, policies = sweep["best"]["weight"], list(sweep["best"]["policies"])
    rows = [["mixing weight", *policies, ""]]
    for row in sweep["weights"]:
        macro_f1 = [number(row["policies"][policy]["macro_f1"]) for policy in policies]
        rows.append([f"{row['weight']:.2f}", *macro_f1, "<- best" if row["weight"] == best else ""])
    title = (
        f"{sweep['corpus']}, {sweep['split']}: {sweep['texts']:,} texts, {describe_mixing(sweep['mixing'])}. Macro F1; "
        f"thresholds are chosen again at every weight, the weight by {sweep['chosen_by']}."
    )
    return f"{title}\n\n{aligned(rows)}"


def mixing_table(mixed: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    """Format an evaluation with mixing compared with the same run's evaluation without.

    Args:
        mixed: Result of `evaluation.evaluate_mixed`.
        plain: Result of `evaluate_run` of the same run and split.
    """
    weight = f"weight {mixed['mixing']['weight']:g}"
    rows = [["", "without mixing", weight, "difference"]]

    def add(title: str, before: float | None, after: float | None) -> None:
        change = "-" if before is None or after is None else f"{after - before:+.4f}"
        rows.append([title, number(before), number(after), change])

    for policy, metrics in mixed["policies"].items():
        before = plain["policies"][policy]
        add(f"macro F1, {policy}", before["macro_f1"], metrics["macro_f1"])
        if metrics["frequent_labels"]:
            frequent = f"macro F1, {policy}, {metrics['frequent_labels']} frequent labels"
            add(frequent, before["macro_f1_frequent"], metrics["macro_f1_frequent"])
        add(f"micro F1, {policy}", before["micro_f1"], metrics["micro_f1"])
    add("macro average precision", plain["macro_average_precision"], mixed["macro_average_precision"])
    add("expected calibration error", plain["expected_calibration_error"], mixed["expected_calibration_error"])
    agreement = mixed["mixing"]["agreement"]
    title = f"{mixed['corpus']}, {mixed['split']}: {mixed['texts']:,} texts, {describe_mixing(mixed['mixing'])}."
    if agreement is not None:
        title += f" {agreement:.1%} of the candidates share a gold label with their document."
    return f"{title}\n\n{aligned(rows)}"
