"""Tables for people, from results only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right.

    >>> print(aligned([["label", "F1"], ["joy", "0.5"]]))
    label   F1
    joy    0.5
    """
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    )


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
            f"expected calibration error {number(result['calibration_error'])}.",
            aligned(head),
            aligned(labels) + f"\n(the last three columns at {names[-1]})",
        ]
    )


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
    add("expected calibration error", plain["calibration_error"], mixed["calibration_error"])
    agreement = mixed["mixing"]["agreement"]
    title = f"{mixed['corpus']}, {mixed['split']}: {mixed['texts']:,} texts, {_mixed_with(mixed['mixing'])}."
    if agreement is not None:
        title += f" {agreement:.1%} of the candidates share a gold label with their document."
    return f"{title}\n\n{aligned(rows)}"


def _mixed_with(mixing: Mapping[str, Any]) -> str:
    """In words, what was mixed with what."""
    count = "1 candidate" if mixing["count"] == 1 else f"{mixing['count']} candidates"
    return f"{mixing['mix']} mixed with {count} from {mixing['file'] or mixing['candidates']}"


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
            f"{result.get('weight_averaging', 0) or '–'}",
            f"{result.get('teachers', 0) or '–'}",
            str(result["seed"]),
            *(number(policies[name]["macro_f1"], 3) for name in ("fixed", "one-for-all", "one-a-label")),
            number(policies["one-for-all"]["macro_f1_frequent"], 3),
            number(result["macro_average_precision"], 3),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def number(value: float | None, digits: int = 4) -> str:
    """A figure, or a dash where there is none.

    >>> number(0.12345), number(None)
    ('0.1235', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"
