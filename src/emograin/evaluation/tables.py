"""Tables of evaluations and comparisons as text, from results only."""

from collections.abc import Mapping
from typing import Any

from ..common.text_table import aligned, number

MAX_P_VALUE = 0.05  # p value below which a label is listed


def evaluation_table(result: Mapping[str, Any]) -> str:
    """Format one evaluation: the metrics under each threshold policy, then F1 per label.

    Args:
        result: Result of `run_evaluation.evaluate_run`.
    """
    policies = result["policies"]
    names = list(policies)
    metrics = [
        *_macro_rows(policies[names[0]]),
        ("micro F1", "micro_f1"),
        ("weighted F1", "weighted_f1"),
        ("subset accuracy", "subset_accuracy"),
        ("Hamming loss", "hamming_loss"),
    ]
    head = [["threshold", *names]]
    head += [
        [title.format(**policies[names[0]]), *(number(policies[name][key]) for name in names)] for title, key in metrics
    ]
    labels = [["label", "support", *(f"F1 {name}" for name in names), "threshold", "precision", "recall"]]
    for label, last in policies[names[-1]]["labels"].items():
        f1 = [number(policies[name]["labels"][label]["f1"]) for name in names]
        rest = [number(last["threshold"], 2), number(last["precision"]), number(last["recall"])]
        labels.append([label, str(last["support"]), *f1, *rest])
    return "\n\n".join(
        [
            f"{result['corpus']}, {result['split']}: {result['texts']:,} texts. "
            f"Macro average precision {number(result['macro_average_precision'])}, "
            f"expected calibration error {number(result['expected_calibration_error'])}.",
            aligned(head),
            aligned(labels) + f"\n(the last three columns at {names[-1]})",
        ]
    )


def _macro_rows(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return titles and keys of macro F1: over all labels, and over those that occur or are frequent if they differ."""
    labels, occurring = len(metrics["labels"]), metrics.get("occurring_labels")  # older results have none
    rows = [("macro F1", "macro_f1")]
    if occurring not in (None, 0, labels):  # labels without an example have an F1 of 0
        rows = [(f"macro F1, all {labels} labels", "macro_f1")]
        rows.append(("macro F1, {occurring_labels} labels that occur", "macro_f1_occurring"))
    if metrics["frequent_labels"]:
        rows.append(("macro F1, {frequent_labels} frequent labels", "macro_f1_frequent"))
    return rows


def comparison_tables(comparison: Mapping[str, Any]) -> str:
    """Format a comparison: systems, pairs, and the labels with a low p value in each pair.

    Args:
        comparison: Result of `comparison.compare_systems`, with the `evaluation` and the `policy` it was made at.
    """
    kinds = {"all": "all"}
    if comparison["frequent_labels"]:
        kinds["frequent"] = f"{comparison['frequent_labels']} frequent"
    head = [["system", "runs", *(f"macro F1, {title}" for title in kinds.values())]]
    head += [
        [row["name"], str(row["runs"]), *(number(row[f"macro_f1_{kind}"]) for kind in kinds)]
        for row in comparison["systems"]
    ]
    pairs = [["difference in macro F1", "labels", "", "95 % interval", "p", "Holm", "p, randomisation", "Holm"]]
    changed = [["label that changed", "", "95 % interval", "p", "Holm over labels"]]
    for pair in comparison["pairs"]:
        title = f"{pair['system']} - {pair['other']}"
        for kind, labels in kinds.items():
            if row := pair[kind]:
                chance = [number(row.get(f"randomisation_{name}")) for name in ("p_value", "holm_p_value")]
                pairs.append([title, labels, *_difference_cells(row), *chance])
        rows = [(name, row) for name, row in pair["labels"].items() if row["p_value"] < MAX_P_VALUE]
        changed.append([f"{title}: {len(rows)} of {len(pair['labels'])}", *[""] * 4])
        changed += [
            [f"  {name}", *_difference_cells(row)]
            for name, row in sorted(rows, key=lambda each: -each[1]["difference"])
        ]
    return "\n\n".join(
        [
            f"{comparison['evaluation']}, {comparison['texts']:,} texts, threshold {comparison['policy']}, "
            f"{comparison['resamples']:,} resamples.",
            aligned(head),
            aligned(pairs),
            aligned(changed),
        ]
    )


def _difference_cells(row: Mapping[str, Any]) -> list[str]:
    """Format difference, interval, p value and Holm's p value."""
    interval = f"{row['low']:+.4f} to {row['high']:+.4f}"
    return [f"{row['difference']:+.4f}", interval, number(row["p_value"]), number(row["holm_p_value"])]
