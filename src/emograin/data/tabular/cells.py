"""Cells of CSV and TSV, and values that a row holds beyond the columns of its file."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...common.json_text import to_json

Row = Mapping[str, Any]


def to_cell(value: Any) -> str:
    """Convert a value to a cell of CSV or TSV: lists, mappings and booleans as JSON, None as an empty cell.

    >>> to_cell(["joy"]), to_cell(0.5), to_cell(None)
    ('["joy"]', '0.5', '')
    """
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple | Mapping | bool):
        return to_json(value)
    return "" if value is None else str(value)


def describe_misfits(fields: Row) -> str:
    """Return values that do not fit the columns of a file, as the end of a text.

    >>> describe_misfits({"stars": 5})
    'does not fit the columns of the first rows: {"stars": 5}'
    """
    return f"does not fit the columns of the first rows: {to_json(dict(fields))}"


def move_misfits(rows: Sequence[Row], misfits: Sequence[Sequence[str]], column: str) -> tuple[list[Row], int]:
    """Move values that do not fit the columns of a file into a column of texts.

    Args:
        rows: The rows.
        misfits: For each row the names of the values to move.
        column: Name of the column, whose own text stays in front.

    Returns:
        The rows, and the number of those whose column was empty before.

    >>> move_misfits([{"text": "a", "stars": 5, "note": None}], [["stars"]], "note")
    ([{'text': 'a', 'note': 'does not fit the columns of the first rows: {"stars": 5}'}], 1)
    """
    moved: list[Row] = []
    added = 0
    for row, names in zip(rows, misfits, strict=True):
        if names:
            text = row.get(column)
            added += not text
            described = describe_misfits({name: row[name] for name in names})
            kept = {name: value for name, value in row.items() if name not in names}
            row = kept | {column: f"{text}; {described}" if text else described}
        moved.append(row)
    return moved, added
