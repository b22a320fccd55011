"""The attention to and from slots as a table: one row per layer."""

from collections.abc import Mapping
from typing import Any

from ..common.text_table import aligned, number

TITLES = (
    "system",
    "layer",
    "attention received",
    "minus other labels or even",
    "minus same labels in other texts",
    "received from the document",
    "minus other labels or even",
    "minus same labels in other texts",
    "attention to the document",
    "minus other labels or even",
    "minus same labels in other texts",
)
SIDES = (("as_key", "from_all_tokens"), ("as_key", "from_document"), ("as_query", "to_document"))


def attention_flow_cells(flows: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of the table, titles first.

    Args:
        flows: Results of `attention_flow.measure_attention_flow`, by the name of the system.
    """
    return [list(TITLES), *(row for name, flow in flows.items() for row in _rows(name, flow))]


def attention_flow_remarks(flows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Explain the table in sentences.

    Args:
        flows: Results of `attention_flow.measure_attention_flow`, by the name of the system.
    """
    remarks = [
        "Attention received: attention of all tokens to a slot (the tokens that a label is scored from), mean over "
        "these tokens; from the document: of its tokens only. Attention to the document: share of a slot's attention "
        "to the document's tokens. Means over heads and texts, differences with 95 % bootstrap intervals over texts."
    ]
    for name, flow in flows.items():
        compared = (
            "slots of a text's gold labels, minus those of its other labels, and minus the slots of the same labels in "
            "texts without them"
            if flow["slots"] > 1
            else "the single slot of a text, such as [CLS], minus even attention to all tokens"
        )
        left = f", {flow['left_out']:,} left out (no words, or no label to compare)" if flow["left_out"] else ""
        remarks.append(f"{name}: {compared}; {flow['texts']:,} texts{left}.")
    return remarks


def format_attention_flow(name: str, flow: Mapping[str, Any]) -> str:
    """Format the table of one system with its remarks as text."""
    return "\n".join([aligned(attention_flow_cells({name: flow})), "", *attention_flow_remarks({name: flow})])


def _rows(name: str, flow: Mapping[str, Any]) -> list[list[str]]:
    """Return the rows of one system: each layer, the first and the last ones, and their difference."""
    count = flow["compared_layers"]
    places: list[tuple[str, str | int]] = [(str(at), at) for at in range(flow["layers"])]
    if count:
        places += [(f"first {count}", "first"), (f"last {count}", "last"), ("last - first", "last_minus_first")]
    return [
        [name, title, *(cell for kind, of in SIDES for cell in _cells(flow[kind][of], place))]
        for title, place in places
    ]


def _cells(compared: Mapping[str, Any], place: str | int) -> list[str]:
    """Return three cells: the slot's value, minus that of other labels, minus that of same labels in other texts."""
    names = ("gold", "gold_minus_other_labels", "gold_minus_same_labels")
    if "slot" in compared:
        names = ("slot", "slot_minus_even", "")
    own, *differences = (_at(compared[name], place) if name else None for name in names)
    return [number(own and own["mean"]), *map(_difference, differences)]


def _at(values: Mapping[str, Any], place: str | int) -> Any:
    return values[place] if isinstance(place, str) else values["layers"][place]


def _difference(entry: Mapping[str, float] | None) -> str:
    return f"{entry['mean']:+.4f} [{entry['low']:+.4f}, {entry['high']:+.4f}]" if entry else ""
