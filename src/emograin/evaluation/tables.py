"""Tables for people, from results only."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..common.text_table import aligned, number


def evaluation_table(result: Mapping[str, Any]) -> str:
    """One evaluation: the figures under each threshold policy, then F1 a label."""
    policies = result["policies"]
    names = list(policies)
    figures = [
        ("macro F1", "macro_f1"),
        ("macro F1, {frequent_labels} frequent labels", "macro_f1_frequent"),
        ("micro F1", "micro_f1"),
        ("weighted F1", "weighted_f1"),
        ("subset accuracy", "subset_accuracy"),
        ("Hamming loss", "hamming_loss"),
    ]
    head = [["threshold", *names]]
    head += [
        [title.format(**policies[names[0]]), *(number(policies[name][key]) for name in names)] for title, key in figures
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


def results_table(results: Iterable[Mapping[str, Any]]) -> str:
    """Evaluations of several runs on one split as a Markdown table, a row a run."""
    lines = [
        "| method | auxiliary | encoder | epochs | batch | learning rate | weights averaged | teachers | seed "
        "| macro F1 at 0.3 | one threshold | a threshold a label | frequent labels | macro AP |",
        "|---" * 14 + "|",
    ]
    for result in results:
        policies = result["policies"]
        cells = [
            result["method"],
            result["auxiliary"] or "–",
            f"{result['encoder']} ({result['parameters'] / 1e6:.0f}M)",
            str(result["epochs"]),
            str(result["batch_size"]),
            f"{result['learning_rate']:g}",
            f"{result.get('ema_decay', 0) or '–'}",
            f"{result.get('teachers', 0) or '–'}",
            str(result["seed"]),
            *(number(policies[name]["macro_f1"], 3) for name in ("fixed", "global", "per-label")),
            number(policies["global"]["macro_f1_frequent"], 3),
            number(result["macro_average_precision"], 3),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
