"""Columns of Parquet files: their types, and which values fit them.

The first block of rows fixes the columns and their types. A column without values in it has the type of an example, or
else is a column of strings; so is one whose first values have several types. A column of strings takes any value, as
CSV does: lists and mappings as JSON.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...common.optional import import_optional
from .cells import to_cell

Rows = Sequence[Mapping[str, Any]]


def choose_schema(rows: Rows, example: Mapping[str, Any]) -> Any:
    """Choose the columns and types for the first rows.

    Args:
        rows: The first rows.
        example: Values by column, for columns without values.

    Returns:
        A `pyarrow.Schema`.
    """
    arrow = import_optional("pyarrow", "train")
    types = []
    for name in dict.fromkeys(name for row in rows for name in row):
        known = arrow.array([example[name]]).type if name in example else None
        try:
            found = arrow.array([row.get(name) for row in rows]).type
        except _errors(arrow):  # values of several types, or an integer of more than 64 bits
            found = arrow.string()
        types.append((name, _without_null(found, arrow, known)))
    return arrow.schema(types)


def find_misfits(rows: Rows, schema: Any) -> list[list[str]]:
    """Return for each row the names of the values that a file with this schema has no place for."""
    arrow = import_optional("pyarrow", "train")
    found = [[name for name in row if name not in schema.names] for row in rows]
    for field in schema:
        if arrow.types.is_string(field.type) or _fit([row.get(field.name) for row in rows], field, arrow):
            continue
        for names, row in zip(found, rows, strict=True):
            if not _fit([row.get(field.name)], field, arrow):
                names.append(field.name)
    return found


def to_table(rows: Rows, schema: Any) -> Any:
    """Return rows without misfits as a `pyarrow.Table`."""
    arrow = import_optional("pyarrow", "train")
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        if arrow.types.is_string(field.type):
            values = [None if value is None else to_cell(value) for value in values]
        columns.append(arrow.array(values).cast(field.type))
    return arrow.Table.from_arrays(columns, schema=schema)


def _fit(values: Sequence[Any], field: Any, arrow: Any) -> bool:
    """Return whether values can be stored in a column unchanged."""
    try:
        found = arrow.array(values)
        # A new key of a mapping or another type changes the merged type; a cast alone would drop it silently.
        schemas = [arrow.schema([field]), arrow.schema([(field.name, found.type)])]
        merged = arrow.unify_schemas(schemas, promote_options="permissive")
        found.cast(field.type)
    except _errors(arrow):
        return False
    return bool(merged.field(0).type == field.type)


def _errors(arrow: Any) -> tuple[type[Exception], ...]:
    """Return what Arrow raises for values that it cannot store."""
    return arrow.ArrowException, OverflowError, UnicodeEncodeError


def _without_null(type: Any, arrow: Any, known: Any = None) -> Any:
    """Replace the null type, of a column without values, by a known type or the string type."""
    if arrow.types.is_null(type):
        return arrow.string() if known is None else known
    if arrow.types.is_list(type):
        return arrow.list_(_without_null(type.value_type, arrow, getattr(known, "value_type", None)))
    return type
