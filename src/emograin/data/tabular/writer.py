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
from . import parquet_columns
from .cells import move_misfits, to_cell
from .formats import infer_format, open_bytes, open_text
from .parquet_columns import Types

USE_JSONL = "JSONL accepts rows with any columns"

Write = Callable[[Sequence[Mapping[str, Any]]], int]


class Writer(NamedTuple):
    """The result of `open_writer`.

    Args:
        write: Function that writes a block of rows, each a mapping of column to value, and returns the number of rows
            whose empty column `misfits` it filled.
    """

    write: Write


@contextmanager
def open_writer(
    target: str | Path | IO[Any],
    format: str | None = None,
    columns: Sequence[str] = (),
    example: Mapping[str, Any] | None = None,
    misfits: str | None = None,
    types: Types | None = None,
) -> Iterator[Writer]:
    """Open a writer of rows. A path gets its file when the block ends without an error, see `common.files.writing`.

    Args:
        target: A path, or an open stream, which stays open.
        format: A key of `WRITERS`; by default inferred from the path's extension, and "jsonl" for a stream.
        columns: Columns of the CSV or TSV rows already in the stream, to append to them; no header is written then.
        example: Values by column, for the types of Parquet columns that are empty in the first block of rows, and for
            the columns of a file without rows.
        misfits: Column of texts that takes, as JSON, values that do not fit the columns of the first block: those of
            another column and, in Parquet, of another type. None: such a row is an error.
        types: Types of Parquet columns, see `parquet_columns.declared_types`; the others follow from the first block.

    Yields:
        The writer.

    Raises:
        EmograinError: The format is unknown, the file cannot be written, or another process writes it; on `write`, a
            row does not fit the columns and `misfits` is None.

    >>> import io
    >>> with open_writer(stream := io.StringIO(), "csv") as writer:
    ...     _ = writer.write([{"text": "so, glad", "labels": ["joy"]}])
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
        disk_errors(Path(target)) if isinstance(target, str | Path) else nullcontext(),
        writing(path) if path else nullcontext(target) as part,
        open_bytes(part, "wb", path.suffix if path else None) as stream,
        WRITERS[format](stream, columns=columns, example=example or {}, misfits=misfits, types=types or {}) as write,
    ):
        yield Writer(write)


@contextmanager
def _write_jsonl(stream: IO[Any], **_: Any) -> Iterator[Write]:
    with open_text(stream, "utf-8", "backslashreplace", newline="") as text:

        def write(rows: Sequence[Mapping[str, Any]]) -> int:
            text.writelines(to_json(row) + "\n" for row in rows)
            text.flush()
            return 0

        yield write


@contextmanager
def _write_csv(
    stream: IO[Any],
    columns: Sequence[str],
    example: Mapping[str, Any],
    misfits: str | None,
    delimiter: str = ",",
    **_: Any,
) -> Iterator[Write]:
    """Write CSV. The first block fixes the columns unless they are given; lists and mappings become JSON."""
    columns = list(columns)
    with open_text(stream, "utf-8", "backslashreplace", newline="") as text:
        minimal = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        quoting = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write_records(records: Sequence[Sequence[str]]) -> None:
            for cells in records:
                # Python before 3.13 does not quote a lone carriage return, which ends the record for readers.
                (quoting if any("\r" in cell for cell in cells) else minimal).writerow(cells)
            text.flush()

        def write(rows: Sequence[Mapping[str, Any]]) -> int:
            records = []
            if rows and not columns:
                columns.extend(dict.fromkeys(name for row in rows for name in row))
                records.append(columns)
            rows, moved = _fitting(rows, [[name for name in row if name not in columns] for row in rows], misfits)
            records += [[to_cell(row.get(name)) for name in columns] for row in rows]
            write_records(records)
            return moved

        yield write
        if example and not columns:  # no rows
            write_records([list(example)])


@contextmanager
def _write_parquet(
    stream: IO[Any], example: Mapping[str, Any], misfits: str | None, types: Types, **_: Any
) -> Iterator[Write]:
    """Write Parquet. The first block fixes the columns and their types, see `parquet_columns`."""
    arrow = import_optional("pyarrow", "parquet")
    parquet = import_optional("pyarrow.parquet", "parquet")
    file: Any = None

    def write(rows: Sequence[Mapping[str, Any]]) -> int:
        nonlocal file
        if not rows:
            return 0
        try:
            if file is None:
                file = parquet.ParquetWriter(stream, parquet_columns.choose_schema(rows, example, types))
            rows, moved = _fitting(rows, parquet_columns.find_misfits(rows, file.schema, types), misfits)
            file.write_table(parquet_columns.to_table(rows, file.schema, types))
        except (arrow.ArrowException, OverflowError, UnicodeEncodeError) as error:
            raise EmograinError(f"these rows cannot be written as Parquet: {error}", USE_JSONL) from error
        return moved

    try:
        yield write
    finally:
        if file is None:  # no rows
            file = parquet.ParquetWriter(stream, parquet_columns.choose_schema([example], example, types))
        file.close()


def _fitting(
    rows: Sequence[Mapping[str, Any]], misfits: Sequence[Sequence[str]], column: str | None
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Move values that do not fit the columns into one of them, as `move_misfits` does.

    Raises:
        EmograinError: There are such values, and no column for them.
    """
    names = list(dict.fromkeys(name for row in misfits for name in row))
    if not names:
        return rows, 0
    if column is None:
        raise EmograinError(f"the first rows have other columns or types than a later row in {names}", USE_JSONL)
    return move_misfits(rows, misfits, column)


WRITERS: dict[str, Callable[..., AbstractContextManager[Write]]] = {
    "csv": _write_csv,
    "tsv": partial(_write_csv, delimiter="\t"),
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
