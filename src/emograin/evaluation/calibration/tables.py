"""The report of a calibration as tables for people."""

from collections.abc import Mapping
from typing import Any

from ...common.text_table import aligned, number


def calibration_tables(report: Mapping[str, Any]) -> str:
    """Format the report of `emograin calibrate`.

    Args:
        report: Content of calibration.json.
    """
    unread = f", and {report['unreadable']:,} that cannot be read" if report["unreadable"] else ""
    if not report["labelled"]:
        head = (
            f"{report['data']}: {report['texts']:,} texts without labels{unread}. Adapted by {report['adaptation']}; "
        )
        head += "a few dozen labelled texts give better results."
        return f"{head}\n\n{_labels(report)}"
    repeated = report["texts"] - report.get("different_texts", report["texts"])
    again = f" {repeated:,} repeat others: equal texts are in one fold." if repeated else ""
    parts = [f"{report['data']}, {report['split']}: {report['texts']:,} texts{unread}.{again}"]
    if report["texts"] > 1 and report.get("labels_that_occur") == 1 < len(report["labels"]):
        parts.append("Only one label occurs in it. If the file is sorted by label, shuffle it before taking a sample.")
    if "policies" in report:
        parts += [_policies(report), _quality(report), _curve(report)]
    else:
        parts.append("One text is not enough to measure the calibration.")
    return "\n\n".join([*parts, _labels(report)])


def _policies(report: Mapping[str, Any]) -> str:
    count = report["labels_that_occur"]
    rows = [[f"macro F1, {count} labels that occur", "before", "after", "difference (95 % interval)"]]
    for policy, row in report["policies"].items():
        change = row["difference"]
        interval = f"{change['difference']:+.3f} ({change['low']:+.3f} to {change['high']:+.3f})"
        cells = [f"{row[name]['macro_f1']:.3f}" for name in ("before", "after")]
        rows.append([f"{policy} threshold", *cells, interval])
    return f"Before and after calibration, 5-fold cross-fitted:\n{aligned(rows)}"


def _quality(report: Mapping[str, Any]) -> str:
    rows = [["scores", "before", "after"]]
    for title, name in (
        ("macro average precision", "macro_average_precision"),
        ("expected calibration error", "expected_calibration_error"),
        ("Brier score", "brier_score"),
    ):
        rows.append([title, *(number(report[when][name], 3) for when in ("before", "after"))])
    return aligned(rows)


def _curve(report: Mapping[str, Any]) -> str:
    rows = [["labelled texts", "macro F1, held-out third", "min", "max"]]
    for row in report["curve"]:
        rows.append([f"{row['texts']:,}", *(f"{row[name]:.3f}" for name in ("macro_f1", "low", "high"))])
    enough = report["enough_texts"]
    remark = (
        "more texts may still help" if enough is None else f"{enough:,} texts are within 0.01 of the largest sample"
    )
    return f"{aligned(rows)}\n({remark})"


def _labels(report: Mapping[str, Any]) -> str:
    labelled = report["labelled"]
    titles = ["label", *(["examples", "calibration"] if labelled else []), "share on dev"]
    titles += ["share in the sample" if labelled else "estimated share", "threshold before", "after"]
    rows = [titles]
    for name, row in report["labels"].items():
        cells = [name, *([str(row["examples"]), row["calibration"]] if labelled else [])]
        cells += [number(row["share_on_dev"], 3), number(row["share"], 3)]
        rows.append([*cells, number(row["threshold_before"], 2), number(row["threshold"], 2)])
    return aligned(rows)
