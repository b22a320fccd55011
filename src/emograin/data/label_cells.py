"""Parse the labels of a text: a cell with a list of them, or one column of 0 and 1 per label.

The cell of a CSV file may hold names or indices with separators, a JSON list, or a list as Python and pandas write it.
"""

import ast
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..common.errors import EmograinError, shortened, unknown_name

OWN_LABELS = "to train on other labels: emograin data FILE --write-taxonomy taxonomy.json; then train --taxonomy"
_ITEM = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[0-9]+)"""
# NumPy writes its arrays without commas: "['joy' 'anger']".
_LIST = re.compile(rf"[\[({{]\s*(?:{_ITEM}(?:(?:\s*,\s*|\s+){_ITEM})*,?)?\s*[\])}}]", re.DOTALL)
_WHOLE = re.compile(r"([0-9]+)\.0+")  # how pandas writes the integers of a column in which some are missing
_INDICATORS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}


def parse_labels(cell: Any, known: Collection[str] = ()) -> list[Any]:
    """Parse a cell to the names and indices of its labels. An empty cell, None and NaN are no labels.

    Args:
        cell: A list, one name or index, or a string of them, separated by ",", ";" or "|", or as a list of JSON or
            Python.
        known: Names of all labels, if they are known: a name may contain a separator.

    Raises:
        EmograinError: The cell begins as a list but is none.

    >>> parse_labels("joy; love"), parse_labels("17|18"), parse_labels("['joy', 'love']"), parse_labels("")
    (['joy', 'love'], ['17', '18'], ['joy', 'love'], [])
    """
    cell = cell.tolist() if hasattr(cell, "tolist") else cell
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return []
    if isinstance(cell, float) and cell.is_integer():
        return [int(cell)]
    if isinstance(cell, list | tuple):
        return list(cell)
    if not isinstance(cell, str) or cell in known:
        return [cell]
    if cell.lstrip().startswith("[") or _LIST.fullmatch(cell.strip()):
        return _parse_list(cell.strip())
    names = [each.strip() for each in re.split("[,;|]", cell) if each.strip()]
    return [name if name in known or not (whole := _WHOLE.fullmatch(name)) else whole[1] for name in names]


def parse_indicator(value: Any) -> bool:
    """Parse the value of a column that is 1 where a text has the label: 0 or 1, 0.0 or 1.0, false or true.

    Raises:
        EmograinError: It is none of them.

    >>> parse_indicator("1"), parse_indicator(0.0), parse_indicator("True")
    (True, False, True)
    """
    found = _INDICATORS.get(str(value).strip().lower())
    if found is None:
        raise EmograinError(f"must be 0 or 1, got {shortened(repr(value), 60)}")
    return found


def indicator_columns(columns: Mapping[str, Any], label_column: str, labels: Sequence[str]) -> list[str] | None:
    """Return the columns of 0 and 1 that hold the labels; None if one column holds them all.

    Args:
        columns: The columns of a row, by name.
        label_column: Name of the column of labels, or several names, separated by commas; a column that is called as a
            label is one of 0 and 1. If there is no such column, the columns are those with the names of all labels.
        labels: Names of all labels.

    Raises:
        EmograinError: A column is missing, or is none of the labels.
    """
    if label_column in columns:
        return [label_column] if label_column in labels else None
    if "," in label_column:
        names = named_columns(columns, label_column)
        for name in names:
            if name not in labels:
                raise EmograinError(str(unknown_name("label", name, labels)), OWN_LABELS)
        return names
    found = [label for label in labels if label in columns]
    if not found:
        raise unknown_name("column", label_column, columns)
    if len(found) < len(labels):
        missing = next(label for label in labels if label not in columns)
        raise EmograinError(
            f"no column {label_column!r}, and as one column per label {missing!r} is missing",
            f"name the columns of labels: --label-column NAME,NAME; the file has {shortened(', '.join(columns))}",
        )
    return found


def named_columns(columns: Mapping[str, Any], label_column: str) -> list[str]:
    """Split names of columns at their commas.

    Raises:
        EmograinError: There is no such column.
    """
    names = [name.strip() for name in label_column.split(",") if name.strip()]
    for name in names:
        if name not in columns:
            raise unknown_name("column", name, columns)
    return names


def row_labels(row: Mapping[str, Any], label_column: str, labels: Sequence[str]) -> list[Any]:
    """Return the names and indices of a row's labels, from its cell of labels or from its columns of 0 and 1.

    Args:
        row: Values by column.
        label_column: As for `indicator_columns`.
        labels: Names of all labels.

    Raises:
        EmograinError: A column is missing, or a value cannot be parsed.
    """
    columns = indicator_columns(row, label_column, labels)
    return (
        parse_labels(row[label_column], labels) if columns is None else [each for each in columns if _is_set(row, each)]
    )


def _is_set(row: Mapping[str, Any], column: str) -> bool:
    try:
        return parse_indicator(row[column])
    except EmograinError as error:
        raise EmograinError(f"column {column!r} {error}") from None


def _parse_list(cell: str) -> list[Any]:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list):
        return found
    try:
        if _LIST.fullmatch(cell):
            return [ast.literal_eval(item) for item in re.findall(_ITEM, cell)]
    except (SyntaxError, ValueError):  # a leading 0, a line break in quotes, a number of thousands of digits
        pass
    raise EmograinError(f"labels must be names, indices or a JSON list of them, got {shortened(repr(cell))}")
