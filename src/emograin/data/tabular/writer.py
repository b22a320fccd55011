"""Write rows to CSV, TSV, JSONL and Parquet files in blocks. A file appears when it is complete."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from ...common.errors import EmograinError, unknown_name
from ...common.files import disk_errors, resolved, writing
from ...common.json_text import to_json
from ...common.optional import import_optional
from .formats import infer_format, open_bytes, open_text

USE_JSONL = "JSONL accepts rows with any columns"

Write = Callable[[Sequence[Mapping[str, Any]]], None]


class Writer(NamedTuple):
    """The result of `open_writer`.

    Args:
        write: Function that writes a block of rows, each a mapping of column to value.
    """

    write: Write


@contextmanager
def open_writer(
    target: str | Path | IO[Any],
    format: str | None = None,
    columns: Sequence[str] = (),
    example: Mapping[str, Any] | None = None,
) -> Iterator[Writer]:
    """Open a writer of rows. A path gets its file when the block ends without an error, see `common.files.writing`.

    Args:
        target: A path, or an open stream, which stays open.
        format: A key of `WRITERS`; by default inferred from the path's extension, and "jsonl" for a stream.
        columns: Columns of the CSV or TSV rows already in the stream, to append to them; no header is written then.
        example: Values by column, for the types of Parquet columns that are empty in the first block of rows.

    Yields:
        The writer.

    Raises:
        EmograinError: The format is unknown, the file cannot be written, or another process writes it; on `write`, a
            row does not fit the columns.

    >>> import io
    >>> with open_writer(stream := io.StringIO(), "csv") as writer:
    ...     writer.write([{"text": "so, glad", "labels": ["joy"]}])
    >>> print(stream.getvalue(), end="")
    text,labels
    "so, glad","[""joy""]"
    """
    format = format or (infer_format(target) if isinstance(target, str | Path) else "jsonl")
    if format not in WRITERS:
        raise unknown_name("format to write", format, WRITERS)
    path = resolved(Path(target)) if isinstance(target, str | Path) else None  # resolved: a link stays a link
    if path and path.exists() and not path.is_file():
        path = None  # a device or a pipe, such as /dev/stdout, must not be replaced by a file
    with (
        disk_errors(target) if isinstance(target, str | Path) else nullcontext(),
        writing(path) if path else nullcontext(target) as part,
        open_bytes(part, "wb", path.suffix if path else None) as stream,
        WRITERS[format](stream, columns=columns, example=example or {}) as write,
    ):
        yield Writer(write)


@contextmanager
def _write_jsonl(stream: IO[Any], **_: Any) -> Iterator[Write]:
    with open_text(stream, "utf-8", "backslashreplace", newline="") as text:

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            text.writelines(to_json(row) + "\n" for row in rows)
            text.flush()

        yield write


@contextmanager
def _write_csv(stream: IO[Any], columns: Sequence[str], delimiter: str = ",", **_: Any) -> Iterator[Write]:
    """Write CSV. The first block fixes the columns unless they are given; lists and mappings become JSON."""
    columns = list(columns)
    with open_text(stream, "utf-8", "backslashreplace", newline="") as text:
        minimal = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        quoting = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            records = []
            if rows and not columns:
                columns.extend(_columns(rows))
                records.append(columns)
            if new := [name for name in _columns(rows) if name not in columns]:
                raise EmograinError(f"the first rows have the columns {columns}, got also {new}", USE_JSONL)
            records += [[to_cell(row.get(name)) for name in columns] for row in rows]
            for cells in records:
                # Python before 3.13 does not quote a lone carriage return, which ends the record for readers.
                (quoting if any("\r" in cell for cell in cells) else minimal).writerow(cells)
            text.flush()

        yield write


@contextmanager
def _write_parquet(stream: IO[Any], example: Mapping[str, Any], **_: Any) -> Iterator[Write]:
    """Write Parquet. The first block fixes the columns and their types.

    A column without values in it has the type of the example, or else is a string column.
    """
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
                known = {name: arrow.array([value]).type for name, value in example.items()}
                types = [
                    (field.name, _without_null(field.type, arrow, known.get(field.name))) for field in table.schema
                ]
                file = parquet.ParquetWriter(stream, arrow.schema(types))
            # A new column, key or type changes the merged schema; a cast alone would drop it silently.
            merged = arrow.unify_schemas([file.schema, table.schema], promote_options="permissive")
            if differing := [field.name for field in merged if field not in list(file.schema)]:
                raise EmograinError(f"columns {differing} differ from those of the first rows", USE_JSONL)
            file.write_table(table.cast(file.schema))
        except (arrow.ArrowException, OverflowError, UnicodeEncodeError) as error:
            raise EmograinError(f"these rows cannot be written as Parquet: {error}", USE_JSONL) from error

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


def to_cell(value: Any) -> str:
    """Convert a value to a cell of CSV or TSV: lists, mappings and booleans as JSON, None as an empty cell.

    >>> to_cell(["joy"]), to_cell(0.5), to_cell(None)
    ('["joy"]', '0.5', '')
    """
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple | Mapping | bool):
        return to_json(value)
    return "" if value is None else str(value)


def _without_null(type: Any, arrow: Any, known: Any = None) -> Any:
    """Replace the null type, of a column without values, by a known type or the string type."""
    if arrow.types.is_null(type):
        return arrow.string() if known is None else known
    if arrow.types.is_list(type):
        return arrow.list_(_without_null(type.value_type, arrow, getattr(known, "value_type", None)))
    return type
