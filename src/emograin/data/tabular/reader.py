"""Read the rows of text, CSV, TSV, JSONL and Parquet files, in constant memory.

Reading neither skips a row nor stops at one: every record of a file gives one `Row`, and a bad record gives a row with
a problem. Only problems of the whole file raise errors. The text column of a malformed record, such as a CSV record
with too few cells, holds the whole record as it is in the file, so nothing of it is lost.
"""

import csv
import json
import math
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from ...common.errors import EmograinError, shortened, unknown_name
from ...common.optional import import_optional
from ..text import LONE_SURROGATE
from .formats import ROWS_PER_BLOCK, infer_format, open_bytes, open_text

# What the readers' libraries raise for damaged content.
UNREADABLE = (OSError, EOFError, zlib.error, csv.Error, ValueError, OverflowError, RecursionError)

EXACT_DIGITS = 15  # decimal digits that every 64-bit float keeps

UTF_16_MARKS = ("\udcff\udcfe", "\udcfe\udcff")  # byte order marks as invalid UTF-8, decoded to lone surrogates


@dataclass(slots=True)
class Row:
    """A record of a file.

    Args:
        fields: Values by column; of a malformed record, the text column holds the record as it is in the file.
        text: Value of the text column, may be empty; None if the record has no readable text.
        problem: Reason why the record cannot be used unchanged; None for a good record.
        raw: A malformed record as it is in the file, without its line end; None for others.
    """

    fields: dict[str, Any]
    text: str | None
    problem: str | None = None
    raw: str | None = None


Rows = Generator[Row, None, Sequence[str]]  # returns the names of the file's columns; in JSONL, of the text column


def read_rows(source: str | Path | IO[Any], format: str | None = None, column: str = "text") -> Rows:
    """Yield one row per record of a file, in order.

    Args:
        source: A path, or an open stream of bytes or text, which stays open. Parquet needs a seekable stream of bytes.
        format: A key of `READERS`; by default inferred from the path's extension, and "txt" for a stream.
        column: Name of the text column. In "txt" every line is a text, and this is the name of the only column.

    Raises:
        EmograinError: On the first row: the file, format or column does not exist, or the file is not of the format.

    >>> import io
    >>> for row in read_rows(io.StringIO("id,text\\n1,so glad\\n2\\n"), "csv"):
    ...     print(row.text, "|", row.problem)
    so glad | None
    None | 1 cells, expected 2
    """
    format = format or (infer_format(source) if isinstance(source, str | Path) else "txt")
    if format not in READERS:
        raise unknown_name("format", format, READERS)
    name = source if isinstance(source, str | Path) else getattr(source, "name", "the input")
    try:
        with open_bytes(source, "rb") as stream:
            return (yield from READERS[format](stream, column))
    except EmograinError as error:
        raise EmograinError(f"{name}: {error}") from error
    except BrokenPipeError:
        raise
    except UNREADABLE as error:  # a truncated or damaged .gz, a malformed header
        raise EmograinError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error


def notice_no_rows(rows: Iterator[Row], notice: Callable[[Sequence[str]], Any]) -> Iterator[Row]:
    """Yield the rows of a file; if there are none, call `notice` with its columns, such as those of a header alone.

    The first row is read when it is asked for: a pipe may be silent for long.

    >>> import io
    >>> list(notice_no_rows(read_rows(io.StringIO("id,text\\n"), "csv"), print))
    ['id', 'text']
    []
    """
    try:
        first = next(rows)
    except StopIteration as end:
        notice(end.value or ())
        return
    yield first
    yield from rows


def _without_bom(lines: Iterable[str]) -> Iterator[str]:
    """Remove the byte order mark. Python's utf-8-sig loses the content of a file that is only the mark's first byte.

    Raises:
        EmograinError: The mark is that of UTF-16.
    """
    for number, line in enumerate(lines):
        if number == 0 and line.startswith(UTF_16_MARKS):
            raise EmograinError("the file is UTF-16, expected UTF-8", "iconv -f UTF-16 -t UTF-8 FILE > NEW")
        if number == 0 and (line := line.removeprefix("\ufeff")) == "":
            continue
        yield line


def _read_txt(stream: IO[Any], column: str) -> Rows:
    with open_text(stream, "utf-8", "surrogateescape", newline="\n") as lines:
        for line in _without_bom(lines):
            yield to_row({column: line.removesuffix("\n").removesuffix("\r")}, column)
    return [column]


def _read_jsonl(stream: IO[Any], column: str) -> Rows:
    with open_text(stream, "utf-8", "surrogateescape", newline="\n") as lines:
        for line in _without_bom(lines):
            repeated: list[str] = []
            inexact: list[str] = []
            try:
                parse = partial(_to_float, inexact)
                pairs = partial(_to_dict, repeated)
                fields = json.loads(line, object_pairs_hook=pairs, parse_float=parse, parse_constant=parse)
                if not isinstance(fields, dict):
                    raise ValueError(f"expected an object, got {fields!r:.40}")
                row = to_row(fields, column)
                if row.problem is None and repeated:
                    row.problem = f"keys must differ, of {_clean(repeated)} the last values are kept"
                elif row.problem is None and inexact:
                    row.problem = f"numbers are kept as 64-bit floats, or null: {', '.join(inexact)}"
            except (ValueError, RecursionError) as error:
                row = _malformed({}, column, f"not a JSON object: {error if line.strip() else 'an empty line'}", line)
            yield row
    return [column]


def _to_float(inexact: list[str], literal: str) -> float:
    """Return a number of JSON as a float, and add its literal to a list if the float is another number or none."""
    value = float(literal)
    if not math.isfinite(value) or (len(literal) > EXACT_DIGITS and Decimal(literal) != Decimal(repr(value))):
        inexact.append(shortened(literal, 40))
    return value


def _to_dict(repeated: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, and add its keys that occur more than once to a list."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated += sorted({key for key in keys if keys.count(key) > 1})
    return found


def _read_csv(stream: IO[Any], column: str, delimiter: str = ",") -> Rows:
    csv.field_size_limit(2**31 - 1)  # characters, the maximum of a C long on every platform; the default is 131,072
    with open_text(stream, "utf-8", "surrogateescape", newline="") as lines:
        # Strict: a stray quote makes its row bad; lenient parsing would silently change the text.
        record: list[str] = []  # the lines of the current record
        records = csv.reader(_kept(_without_bom(lines), record), delimiter=delimiter, strict=True)
        header = next(records, None)
        if header is None:
            raise EmograinError(f"the file is empty, expected a header with a column {column!r}")
        if header.count("") > 1:  # as spreadsheets write empty columns
            header = [name or f"column_{number}" for number, name in enumerate(header, start=1)]
        if column not in header:
            raise _unknown_column(column, _clean(header))
        names = _clean(header)  # in which two names may have become the same
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise EmograinError(f"columns must differ, got {repeated} more than once")
        while True:
            record.clear()
            first = records.line_num + 1
            try:
                cells = next(records, None)
            except csv.Error as error:
                where = f"lines {first} to {records.line_num} ({len(record)} in all)"
                problem = f"malformed record on {where}: {error}"
                yield _malformed(dict.fromkeys(header), column, problem, "".join(record))
                continue
            if cells is None:
                return list(names)
            fields = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
            if len(cells) == len(header):
                yield to_row(fields, column)
                continue
            # Cells may have shifted, so any of them could be the text.
            problem = f"{len(cells)} cells, expected {len(header)}"
            if len(cells) > len(header):
                problem += f", too many: {shortened(str(_clean(cells[len(header) :])))}"
            if len(record) > 1:  # perhaps an unclosed quote
                problem += f", on lines {first} to {records.line_num} ({len(record)} in all)"
            yield _malformed(fields, column, problem, "".join(record))


def _unknown_column(column: str, header: Sequence[str]) -> EmograinError:
    """Return the error for a file without the text column; a header of one cell may have another separator."""
    separator = next((each for each in ";\t|" if each in header[0]), None) if len(header) == 1 else None
    if separator is not None:
        name = {";": "semicolons", "\t": "tabs, as .tsv files do", "|": "vertical bars"}[separator]
        return EmograinError(f"no column {column!r}: the header separates its columns by {name}, expected commas")
    return EmograinError(f"{unknown_name('column', column, header)}", "--column NAME of the texts")


def _read_parquet(stream: IO[Any], column: str) -> Rows:
    parquet = import_optional("pyarrow.parquet", "parquet")
    arrow = import_optional("pyarrow", "parquet")
    if not stream.seekable():
        raise EmograinError("Parquet cannot be read from a pipe", "give a path")
    try:
        file = parquet.ParquetFile(stream)
        if column not in file.schema_arrow.names:
            raise _unknown_column(column, file.schema_arrow.names)
        names = file.schema_arrow.names
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise EmograinError(f"columns must differ, got {repeated} more than once")
        for batch in file.iter_batches(ROWS_PER_BLOCK):
            columns = [_parquet_values(values, arrow) for values in batch.columns]
            for values in zip(*columns, strict=True):
                yield to_row(dict(zip(batch.schema.names, values, strict=True)), column)
        return list(names)
    except (arrow.ArrowException, UnicodeDecodeError) as error:
        raise EmograinError(f"not readable as Parquet: {error}") from error


def _parquet_values(values: Any, arrow: Any) -> list[Any]:
    """Convert a column to Python values, with invalid UTF-8 as lone surrogates."""
    try:
        if (arrow.types.is_timestamp(values.type) or arrow.types.is_time64(values.type)) and values.type.unit == "ns":
            time = arrow.types.is_time64(values.type)
            shorter = values.cast(arrow.time64("us") if time else arrow.timestamp("us", values.type.tz), safe=False)
            kept = import_optional("pyarrow.compute", "parquet").equal(shorter.cast(values.type), values)
            found = zip(kept, shorter.to_pylist(), values.cast(arrow.string()).to_pylist(), strict=True)
            # Python's times have no nanoseconds.
            return [text if exact.as_py() is False else value for exact, value, text in found]
        return values.to_pylist()
    except UnicodeDecodeError:  # Parquet files may contain strings that are not UTF-8
        values = values.cast(arrow.large_binary()).to_pylist()
        return [each and each.decode("utf-8", "surrogateescape") for each in values]
    except (ValueError, OverflowError):  # times that Python has no values for: nanoseconds, the year 10000
        return values.cast(arrow.string()).to_pylist()


READERS: dict[str, Callable[[IO[Any], str], Rows]] = {
    "txt": _read_txt,
    "csv": _read_csv,
    "tsv": partial(_read_csv, delimiter="\t"),
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}


def to_row(fields: dict[str, Any], column: str) -> Row:
    """Create the row of a well-formed record; its text may still be missing, of another type, or not UTF-8."""
    clean = _clean(fields)
    if column not in clean:
        return Row(clean, None, str(unknown_name("column", column, clean)))
    text = clean[column]
    if not isinstance(text, str):
        return Row(clean, None, f"{column!r} must be a string, got {type(text).__name__}")
    return Row(clean, text, None if clean == fields else "not valid UTF-8")


def _malformed(fields: dict[str, Any], column: str, problem: str, record: str) -> Row:
    """Create the row of a malformed record, which the text column keeps."""
    raw = _clean(record.removesuffix("\n").removesuffix("\r"))
    return Row(_clean(fields) | {_clean(column): raw}, None, problem, raw)


def _kept(lines: Iterable[str], record: list[str]) -> Iterator[str]:
    """Yield lines, and append each to a list as well."""
    for line in lines:
        record.append(line)
        yield line


def _clean(value: Any) -> Any:
    """Replace every lone surrogate in a value by U+FFFD, at any depth, keys included."""
    if isinstance(value, str):
        return value if value.isascii() else LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value
