"""Rows of text, CSV, TSV, JSONL and Parquet files, read a block at a time, so in constant memory.

Reading never drops a row and never stops at one: every record of the file comes out as one `Row`, and a record that
cannot be used says why. Only a mistake about the file as a whole raises.
"""

import csv
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from .formats import BLOCK, as_text, format_of, opened

# Bytes that are not UTF-8 are read as lone surrogates (PEP 383), which no valid text contains: they mark their own row.
UNDECODABLE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Row:
    """One record of a file."""

    fields: dict[str, Any]  # its values by column
    text: str | None  # may be empty; None where there is none
    problem: str | None = None  # why the record cannot be used as it is; None where it can


def read_rows(source: str | Path | IO[Any], format: str | None = None, column: str = "text") -> Iterator[Row]:
    """Every record of a file as one row, in order.

    Args:
        source: A path, or an open stream, which is left open. Bytes or text; Parquet needs bytes that can be sought.
        format: A key of `READERS`; by default told from the path's extension, and "txt" for a stream.
        column: The column that holds the text. In "txt" each line is a text, and this only names it.

    Raises:
        EmograinError: With the first row: no such file, format or column, or not a file of that format.

    >>> import io
    >>> for row in read_rows(io.StringIO("id,text\\n1,so glad\\n2\\n"), "csv"):
    ...     print(row.text, "|", row.problem)
    so glad | None
    None | 1 cells, expected 2
    """
    format = format or (format_of(source) if isinstance(source, str | Path) else "txt")
    if format not in READERS:
        raise unknown_name("format", format, READERS)
    name = source if isinstance(source, str | Path) else getattr(source, "name", "the input")
    try:
        with opened(source, "rb") as stream:
            yield from READERS[format](stream, column)
    except EmograinError as error:
        raise EmograinError(f"{name}: {error}") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:  # .gz that is cut short or damaged; a malformed header
        raise EmograinError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the byte order mark. Python's own decoder for it loses a file of the mark's first byte alone."""
    for number, line in enumerate(lines):
        if number == 0 and (line := line.removeprefix("\ufeff")) == "":
            continue
        yield line


def _read_txt(stream: IO[Any], column: str) -> Iterator[Row]:
    with as_text(stream, "utf-8", "surrogateescape", newline="\n") as lines:
        for line in _without_mark(lines):
            yield _row({column: line.removesuffix("\n").removesuffix("\r")}, column)


def _read_jsonl(stream: IO[Any], column: str) -> Iterator[Row]:
    with as_text(stream, "utf-8", "surrogateescape", newline="\n") as lines:
        for line in _without_mark(lines):
            try:
                fields = json.loads(line)
                if not isinstance(fields, dict):
                    raise ValueError(f"expected an object, got {fields!r:.40}")
                row = _row(fields, column)
            except (ValueError, RecursionError) as error:
                row = Row({}, None, f"not a JSON object: {error if line.strip() else 'an empty line'}")
            yield row


def _read_csv(stream: IO[Any], column: str, delimiter: str = ",") -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)  # the default stops at 131,072 characters; this is the most a C long holds anywhere
    with as_text(stream, "utf-8", "surrogateescape", newline="") as lines:
        # Strict: a stray quote marks its own row, where lenient parsing would quietly change the text.
        records = csv.reader(_without_mark(lines), delimiter=delimiter, strict=True)
        header = next(records, None)
        if header is None:
            raise EmograinError(f"it is empty, expected a header with a column {column!r}")
        if column not in header:
            raise unknown_name("column", column, _clean(header))
        if repeated := sorted({name for name in header if header.count(name) > 1}):
            raise EmograinError(f"columns must differ, got {repeated} more than once")
        while True:
            first = records.line_num + 1
            try:
                cells = next(records, None)
            except csv.Error as error:
                yield Row({}, None, f"malformed record on lines {first} to {records.line_num}: {error}")
                continue
            if cells is None:
                return
            row = _row(dict(zip_longest(header, cells[: len(header)], fillvalue="")), column)
            if len(cells) != len(header):  # cells may have moved, so which of them is the text is not known
                more = f", too many: {_clean(cells[len(header) :])}" if len(cells) > len(header) else ""
                row = Row(row.fields, None, f"{len(cells)} cells, expected {len(header)}{more}")
            yield row


def _read_parquet(stream: IO[Any], column: str) -> Iterator[Row]:
    parquet = import_optional("pyarrow.parquet", "train")
    arrow = import_optional("pyarrow", "train")
    if not stream.seekable():
        raise EmograinError("Parquet cannot be read from a pipe", "give a path")
    try:
        file = parquet.ParquetFile(stream)
        if column not in file.schema_arrow.names:
            raise unknown_name("column", column, file.schema_arrow.names)
        for batch in file.iter_batches(BLOCK):
            columns = [_parquet_values(values, arrow) for values in batch.columns]
            for values in zip(*columns, strict=True):
                yield _row(dict(zip(batch.schema.names, values, strict=True)), column)
    except (arrow.ArrowException, UnicodeDecodeError) as error:
        raise EmograinError(f"it is not readable as Parquet: {error}") from error


def _parquet_values(values: Any, arrow: Any) -> list[Any]:
    try:
        return values.to_pylist()
    except UnicodeDecodeError:  # nothing makes a writer of Parquet keep to UTF-8
        values = values.cast(arrow.large_binary()).to_pylist()
        return [each and each.decode("utf-8", "surrogateescape") for each in values]


READERS: dict[str, Callable[[IO[Any], str], Iterator[Row]]] = {
    "txt": _read_txt,
    "csv": _read_csv,
    "tsv": partial(_read_csv, delimiter="\t"),
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}


def _row(fields: dict[str, Any], column: str) -> Row:
    """A row of a well-formed record, whose text may still be missing, of another type, or not UTF-8."""
    clean = _clean(fields)
    if column not in clean:
        return Row(clean, None, str(unknown_name("column", column, clean)))
    text = clean[column]
    if not isinstance(text, str):
        return Row(clean, None, f"{column!r} must be a string, got {type(text).__name__}")
    return Row(clean, text, None if clean == fields else "not valid UTF-8")


def _clean(value: Any) -> Any:
    """The value with every undecodable character replaced, at any depth, keys included."""
    if isinstance(value, str):
        return value if value.isascii() else UNDECODABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value
