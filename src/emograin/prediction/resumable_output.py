"""Output that can be gone on with: an unfinished file of whole rows, which are checked against the input."""

import csv
import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..common.errors import EmograinError, Interrupted
from ..common.files import disk_errors
from ..data.tabular.writer import cell_of, plain_of

FORMATS = ("jsonl", "csv", "tsv")  # to which rows can be added at the end
LAST = 8  # rows by which it is seen whether the same model made them
NEAR = (
    1e-3  # between two numbers of one model: those beside a text in its batch, and the machine, move them by far less
)


class Done(NamedTuple):
    """What `go_on` found in an unfinished output."""

    rows: int = 0
    columns: Sequence[str] = ()  # of a CSV or TSV file
    last: Sequence[tuple[Any, Mapping[str, Any]]] = ()  # the last rows of the input that are done, with their output


def unfinished(output: Path) -> Path:
    """Where rows are until all of them are written."""
    return output.with_name(output.name + ".part")


def can_resume(output: Path, format: str) -> bool:
    """Whether an output can be added to: a plain file of lines, neither packed nor a device."""
    regular = output.is_file() or not output.exists()
    return regular and format in FORMATS and output.suffix not in (".gz", ".zst")


@contextmanager
def growing(output: Path, resume: bool) -> Iterator[tuple[IO[Any], Callable[[], None]]]:
    """A stream of bytes into the unfinished file, which takes the output's name when all is written.

    Whatever stops it, the unfinished file stays, with what was there when it was last said to be whole.

    Args:
        output: The final file.
        resume: Add to the unfinished file instead of starting a new one.

    Yields:
        The stream, and a function that says that what was written so far is whole rows.

    Raises:
        Interrupted: Ctrl-C, with how to go on.
        EmograinError: The disk is full, or the folder cannot be written.
    """
    target = output.resolve()  # a link stays a link
    part = unfinished(target)
    with disk_errors(output):
        stream = part.open("r+b" if resume and part.exists() else "wb")
    stream.seek(0, 2)
    whole = stream.tell()

    def keep() -> None:
        nonlocal whole
        stream.flush()
        whole = stream.tell()

    try:
        with disk_errors(output):
            yield stream, keep
    except BaseException as error:
        stream.truncate(whole)
        stream.close()
        if not whole:
            part.unlink()
        if isinstance(error, KeyboardInterrupt):
            kept = f"; what is done is in {unfinished(output)}" if whole else ""
            raise Interrupted(f"interrupted{kept}", "--resume goes on" if whole else None) from None
        raise
    stream.close()
    part.replace(target)


def rows_there(part: Path, format: str) -> Iterator[tuple[dict[str, Any], int]]:
    """The whole rows of an unfinished file, each with the byte behind it. A row that is cut short ends them.

    Raises:
        EmograinError: It cannot be read.
    """
    try:
        with part.open(encoding="utf-8", errors="surrogateescape", newline="\n" if format == "jsonl" else "") as lines:
            yield from (_rows_of_jsonl if format == "jsonl" else _rows_of_csv)(lines, "\t" if format == "tsv" else ",")
    except OSError as error:
        raise EmograinError(f"cannot read {str(part)!r}: {error.strerror}") from error


def go_on(output: Path, format: str, rows: Iterator[Any], columns_of: Callable[[Any], Mapping[str, Any]]) -> Done:
    """Pass over the rows of the input whose predictions are in the unfinished output, and cut off what is no whole row.

    Args:
        output: The final file.
        format: One of `FORMATS`.
        rows: The input; what is left of it is still to be predicted.
        columns_of: A row -> the columns of its output that the input fixes, and None under each of the others.

    Raises:
        EmograinError: The output's rows are not those of the input, or have other columns.
    """
    part = unfinished(output.resolve())
    done, end, columns = 0, 0, list[str]()
    last = deque[tuple[Any, Mapping[str, Any]]](maxlen=LAST)
    for found, end_of_row in rows_there(part, format):
        if done == 0 and not found and format != "jsonl":
            end = end_of_row
            continue
        row = next(rows, None)
        expected = None if row is None else columns_of(row)
        columns = columns or list(found)
        if expected is None or not _fits(found, expected, format):
            what = "has more rows than the input" if expected is None else f"does not fit the input at row {done + 1}"
            raise EmograinError(f"{part} {what}", "resume with the same input and options, or start without --resume")
        done, end = done + 1, end_of_row
        last.append((row, found))
    with disk_errors(part), part.open("r+b") as file:
        file.truncate(end if done else 0)
    return Done(done, columns if done and format != "jsonl" else (), list(last))


def check_same(output: Path, format: str, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """That rows of an unfinished output are those that are made now.

    Args:
        output: The final file.
        format: One of `FORMATS`.
        rows: What is there of each row, as `go_on` found it, and what is made of it now.

    Raises:
        EmograinError: They differ: another model, other thresholds or other options made them.
    """
    for found, made in rows:
        for name, value in made.items():
            there = found.get(name) if format == "jsonl" else _value_of(found.get(name))
            if not _alike(there, json.loads(json.dumps(value, default=plain_of))):
                raise EmograinError(
                    f"{unfinished(output.resolve())} was made by another model or with other thresholds: "
                    f"{name!r} is {there!r} there, {value!r} now",
                    "resume with the same model and options, or start without --resume",
                )


def _value_of(cell: str | None) -> Any:
    """What a cell of a CSV or TSV file was written from."""
    try:
        return json.loads(cell) if cell else None
    except ValueError:
        return cell


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=0, abs_tol=NEAR)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def _fits(found: Mapping[str, Any], expected: Mapping[str, Any], format: str) -> bool:
    fixed = {name: value for name, value in expected.items() if value is not None}
    if format == "jsonl":
        same = all(json.dumps(found.get(name)) == json.dumps(value, default=plain_of) for name, value in fixed.items())
        return same and list(found) == list(expected)
    same = all(found.get(name) == cell_of(value) for name, value in fixed.items())
    return same and set(expected) <= set(found)  # a malformed row has none of the file's columns


def _rows_of_jsonl(lines: IO[str], _: str) -> Iterator[tuple[dict[str, Any], int]]:
    end = 0
    for line in lines:
        try:
            fields = json.loads(line)
        except ValueError:
            return
        if not line.endswith("\n") or not isinstance(fields, dict):
            return
        end += len(line.encode("utf-8", "surrogateescape"))
        yield fields, end


def _rows_of_csv(lines: IO[str], delimiter: str) -> Iterator[tuple[dict[str, Any], int]]:
    csv.field_size_limit(2**31 - 1)
    read: list[str] = [""]
    size = 0

    def watched() -> Iterator[str]:
        nonlocal size
        for line in lines:
            read[0] = line
            size += len(line.encode("utf-8", "surrogateescape"))
            yield line

    records = csv.reader(watched(), delimiter=delimiter, strict=True)
    header: Sequence[str] = []
    while True:
        try:
            cells = next(records, None)
        except csv.Error:
            return
        if cells is None or not read[0].endswith("\n"):
            return
        if not header:
            header = cells
            yield {}, size
        elif len(cells) == len(header):
            yield dict(zip_longest(header, cells)), size
        else:
            return
