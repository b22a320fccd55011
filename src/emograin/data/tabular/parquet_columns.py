"""Columns of Parquet files: their types, and which values fit them.

Columns of a Parquet input keep their declared types. The first block of rows fixes the columns and the types of the
others. A column without values in it has the type of an example, or else is a column of strings; so is one whose first
values have several types. A column of strings takes any value, as CSV does: lists and mappings as JSON.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.optional import import_optional
from .cells import to_cell
from .formats import infer_format

Rows = Sequence[Mapping[str, Any]]
Types = Mapping[str, Any]  # column -> `pyarrow.DataType`


def declared_types(path: Path, format: str | None = None) -> Types:
    """Return the types of the columns of a Parquet file; none for files of other formats, or that cannot be read.

    Args:
        path: An input file.
        format: Its format; None: inferred from its extension.
    """
    if (format or infer_format(path)) != "parquet":
        return {}
    arrow = import_optional("pyarrow", "parquet")
    try:
        schema = import_optional("pyarrow.parquet", "parquet").read_schema(path)
    except (OSError, arrow.ArrowException):  # the reader says so
        return {}
    types = {field.name: field.type for field in schema}
    return {name: type.value_type if arrow.types.is_dictionary(type) else type for name, type in types.items()}


def choose_schema(rows: Rows, example: Mapping[str, Any], types: Types) -> Any:
    """Choose the columns and types for the first rows.

    Args:
        rows: The first rows.
        example: Values by column, for columns without values.
        types: Declared types by column.

    Returns:
        A `pyarrow.Schema`.
    """
    arrow = import_optional("pyarrow", "parquet")
    columns = []
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in types:
            columns.append((name, types[name]))
            continue
        known = arrow.array([example[name]]).type if name in example else None
        try:
            found = arrow.array([row.get(name) for row in rows]).type
        except _errors(arrow):  # values of several types, or an integer of more than 64 bits
            found = arrow.string()
        columns.append((name, _without_null(found, arrow, known)))
    return arrow.schema(columns)


def find_misfits(rows: Rows, schema: Any, types: Types) -> list[list[str]]:
    """Return for each row the names of the values that a file with this schema has no place for."""
    arrow = import_optional("pyarrow", "parquet")
    found = [[name for name in row if name not in schema.names] for row in rows]
    for field in schema:
        fit = _fit_declared if field.name in types else _fit
        if arrow.types.is_string(field.type) or fit([row.get(field.name) for row in rows], field, arrow):
            continue
        for names, row in zip(found, rows, strict=True):
            if not fit([row.get(field.name)], field, arrow):
                names.append(field.name)
    return found


def to_table(rows: Rows, schema: Any, types: Types) -> Any:
    """Return rows without misfits as a `pyarrow.Table`."""
    arrow = import_optional("pyarrow", "parquet")
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        if arrow.types.is_string(field.type):
            values = [None if value is None else to_cell(value) for value in values]
        declared = field.name in types and not arrow.types.is_string(field.type)
        columns.append(_declared(values, field.type, arrow) if declared else arrow.array(values).cast(field.type))
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


def _fit_declared(values: Sequence[Any], field: Any, arrow: Any) -> bool:
    """Return whether values can be stored in a column of a declared type unchanged."""
    try:
        stored = _declared(values, field.type, arrow)
        # Times that Python has no values for are text here, which Arrow parses exactly or not at all.
        return any(isinstance(each, str) for each in values) or _same(list(values), stored.to_pylist())
    except _errors(arrow):
        return False


def _declared(values: Sequence[Any], type: Any, arrow: Any) -> Any:
    """Return values as an array of a declared type; times may be text."""
    if arrow.types.is_temporal(type) and any(isinstance(each, str) for each in values):
        texts = [each.isoformat(sep=" ") if hasattr(each, "isoformat") else each for each in values]
        return arrow.array(texts, arrow.string()).cast(type)
    return arrow.array(values, type=type)


def _same(value: Any, other: Any) -> bool:
    """Return whether two values are equal, NaN to itself, too."""
    if isinstance(value, list | tuple) and isinstance(other, list | tuple):
        return len(value) == len(other) and all(map(_same, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        return list(value) == list(other) and all(map(_same, value.values(), other.values()))
    return bool(value == other or (value != value and other != other))


def _errors(arrow: Any) -> tuple[type[Exception], ...]:
    """Return what Arrow raises for values that it cannot store."""
    return arrow.ArrowException, OverflowError, TypeError, ValueError


def _without_null(type: Any, arrow: Any, known: Any = None) -> Any:
    """Replace the null type, of a column without values, by a known type or the string type."""
    if arrow.types.is_null(type):
        return arrow.string() if known is None else known
    if arrow.types.is_list(type):
        return arrow.list_(_without_null(type.value_type, arrow, getattr(known, "value_type", None)))
    return type
