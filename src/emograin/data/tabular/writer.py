"""Rows into CSV, TSV, JSONL and Parquet files, a block at a time; a file is there when all of it is written."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from .formats import as_text, format_of, opened

USE_JSONL = "JSONL takes rows of any shape"

Write = Callable[[Sequence[Mapping[str, Any]]], None]


class Writer(NamedTuple):
    """What `open_writer` gives: `write` takes a block of rows, each a mapping of column to value."""

    write: Write


@contextmanager
def open_writer(
    target: str | Path | IO[Any], format: str | None = None, columns: Sequence[str] = ()
) -> Iterator[Writer]:
    """A writer of rows, a block at a time.

    A file appears when all of it is written: until then it has a temporary name, and a failure leaves nothing behind.

    Args:
        target: A path, or an open stream, which is left open.
        format: A key of `WRITERS`; by default told from the path's extension, and "jsonl" for a stream.
        columns: Of the CSV or TSV that the stream holds already, header included, and that is gone on with.

    Raises:
        EmograinError: No such format, or the file cannot be opened; on `write`, a row that does not fit the columns.

    >>> import io
    >>> with open_writer(stream := io.StringIO(), "csv") as writer:
    ...     writer.write([{"text": "so, glad", "labels": ["joy"]}])
    >>> print(stream.getvalue(), end="")
    text,labels
    "so, glad","[""joy""]"
    """
    format = format or (format_of(target) if isinstance(target, str | Path) else "jsonl")
    if format not in WRITERS:
        raise unknown_name("format to write", format, WRITERS)
    path = Path(target).resolve() if isinstance(target, str | Path) else None  # resolved: a link stays a link
    if path and path.exists() and not path.is_file():
        path = None  # a device or a pipe, such as /dev/stdout, is written as a stream is: no file may replace it
    temporary = path and path.with_name(f".{os.getpid()}.{path.name}")
    try:
        file = opened(temporary or target, "wb")
    except OSError as error:
        raise EmograinError(f"cannot write {target}: {error.strerror}") from error
    try:
        more = {"columns": list(columns)} if columns else {}
        with file as stream, WRITERS[format](stream, **more) as write:
            yield Writer(write)
        if temporary and path:
            temporary.replace(path)
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


@contextmanager
def _write_jsonl(stream: IO[Any]) -> Iterator[Write]:
    with as_text(stream, "utf-8", "backslashreplace", newline="") as text:

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            text.writelines(json.dumps(row, ensure_ascii=False, default=plain_of) + "\n" for row in rows)
            text.flush()

        yield write


@contextmanager
def _write_csv(stream: IO[Any], delimiter: str = ",", columns: Sequence[str] = ()) -> Iterator[Write]:
    """The first block fixes the columns unless they are given. Lists and mappings become JSON, None an empty cell."""
    columns = list(columns)
    with as_text(stream, "utf-8", "backslashreplace", newline="") as text:
        minimal = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        quoting = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            records = []
            if rows and not columns:
                columns.extend(_columns(rows))
                records.append(columns)
            if new := [name for name in _columns(rows) if name not in columns]:
                raise EmograinError(f"the first rows have the columns {columns}, got also {new}", USE_JSONL)
            records += [[cell_of(row.get(name)) for name in columns] for row in rows]
            for cells in records:
                # Python before 3.13 leaves a lone carriage return unquoted, which ends the record when it is read.
                (quoting if any("\r" in cell for cell in cells) else minimal).writerow(cells)
            text.flush()

        yield write


@contextmanager
def _write_parquet(stream: IO[Any]) -> Iterator[Write]:
    """The first block fixes the columns and their types; a column without a value in it is of strings."""
    arrow = import_optional("pyarrow", "train")
    parquet = import_optional("pyarrow.parquet", "train")
    file: Any = None

    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        nonlocal file
        if not rows:
            return
        names = dict.fromkeys([*(file.schema.names if file else ()), *_columns(rows)])
        try:
            table = arrow.table({name: arrow.array([row.get(name) for row in rows]) for name in names})
            if file is None:
                types = [(field.name, _without_null(field.type, arrow)) for field in table.schema]
                file = parquet.ParquetWriter(stream, arrow.schema(types))
            # What does not fit makes the merged schema wider: a new column, key or type. A cast would drop it silently.
            merged = arrow.unify_schemas([file.schema, table.schema], promote_options="permissive")
            if differing := [field.name for field in merged if field not in list(file.schema)]:
                raise EmograinError(f"columns {differing} are not what they are in the first rows", USE_JSONL)
            file.write_table(table.cast(file.schema))
        except (arrow.ArrowException, OverflowError, UnicodeEncodeError) as error:
            raise EmograinError(f"these rows do not fit into Parquet: {error}", USE_JSONL) from error

    try:
        yield write
    finally:
        (file or parquet.ParquetWriter(stream, arrow.schema([]))).close()


WRITERS: dict[str, Callable[..., AbstractContextManager[Write]]] = {
    "csv": _write_csv,
    "tsv": partial(_write_csv, delimiter="\t"),
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def cell_of(value: Any) -> str:
    """A value as a cell of CSV or TSV holds it: lists and mappings as JSON, None as nothing."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple | Mapping | bool):
        return json.dumps(value, ensure_ascii=False, default=plain_of)
    return "" if value is None else str(value)


def plain_of(value: Any) -> Any:
    """What JSON cannot hold: arrays and numbers of numpy as Python's, anything else, such as a date, as its string."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _without_null(type: Any, arrow: Any) -> Any:
    if arrow.types.is_null(type):
        return arrow.string()
    if arrow.types.is_list(type):
        return arrow.list_(_without_null(type.value_type, arrow))
    return type
