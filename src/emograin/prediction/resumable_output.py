"""Resumable output: a partial file of complete rows, checked against the input."""

import csv
import json
import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..common.errors import EmograinError, Interrupted
from ..common.files import disk_errors, partial_path, resolved
from ..common.json_text import to_json
from ..data.tabular.writer import to_cell

FORMATS = ("jsonl", "csv", "tsv")  # rows can be appended to them
VERIFIED_ROWS = 8  # rows that are predicted again to check that the model is the same
SCORE_TOLERANCE = 1e-3  # other texts in a batch and other machines move the scores of one model by far less


class ResumePoint(NamedTuple):
    """The complete rows of a partial output.

    Attributes:
        rows: Number of complete rows.
        columns: Columns of a CSV or TSV file.
        last: The last rows of the input that are written, each with its output row.
    """

    rows: int = 0
    columns: Sequence[str] = ()
    last: Sequence[tuple[Any, Mapping[str, Any]]] = ()


def is_regular_file(output: Path) -> bool:
    """Return whether an output is or will be a regular file, not a device or a pipe."""
    return output.is_file() or not output.exists()


def can_resume(output: Path, format: str) -> bool:
    """Return whether an output can be appended to: a regular, uncompressed file of rows."""
    return is_regular_file(output) and format in FORMATS and output.suffix not in (".gz", ".zst")


@contextmanager
def append_to(output: Path, resume: bool) -> Iterator[tuple[IO[Any], Callable[[], None]]]:
    """Open the partial file for appending bytes, and rename it to the output at the end. The caller holds the lock.

    After an error the partial file remains, truncated to the bytes of the last commit.

    Args:
        output: The final file.
        resume: Append to an existing partial file instead of starting a new one.

    Yields:
        The stream, and a function `commit()` to call when all bytes written so far are complete rows.

    Raises:
        Interrupted: Ctrl-C; the message says how to resume.
        EmograinError: The disk is full, or the folder cannot be written.
    """
    target = resolved(output)  # a link stays a link
    part = partial_path(target)
    with disk_errors(output):
        stream = part.open("r+b" if resume and part.exists() else "wb")
        stream.seek(0, 2)
        committed = stream.tell()

    def commit() -> None:
        nonlocal committed
        stream.flush()
        committed = stream.tell()

    try:
        with disk_errors(output):
            yield stream, commit
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            part.replace(target)
    except BaseException as error:
        with suppress(OSError):  # of a full disk, again: what is buffered is lost, and not committed
            stream.close()
        with suppress(OSError):
            if committed:
                os.truncate(part, committed)
            else:
                part.unlink()
        if isinstance(error, KeyboardInterrupt):
            saved = f"; finished rows are in {partial_path(output)}" if committed else ""
            raise Interrupted(f"interrupted{saved}", "continue with --resume" if committed else None) from None
        raise


def read_complete_rows(part: Path, format: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the complete rows of a partial file, each with the byte offset of its end. A truncated row ends them.

    Raises:
        EmograinError: The file cannot be read.
    """
    try:
        with part.open(encoding="utf-8", errors="surrogateescape", newline="\n" if format == "jsonl" else "") as lines:
            yield from (_read_jsonl if format == "jsonl" else _read_csv)(lines, "\t" if format == "tsv" else ",")
    except OSError as error:
        raise EmograinError(f"cannot read {str(part)!r}: {error.strerror}") from error


def find_resume_point(
    output: Path, format: str, rows: Iterator[Any], input_columns: Callable[[Any], Mapping[str, Any]]
) -> ResumePoint:
    """Skip the input rows that the partial output holds, and truncate it after its last complete row.

    Args:
        output: The final file.
        format: One of `FORMATS`.
        rows: Input rows; those that remain are still to be predicted.
        input_columns: Input row -> columns of its output row, with None for those that the prediction determines.

    Raises:
        EmograinError: The output's rows are not those of the input, or have other columns.
    """
    part = partial_path(resolved(output))
    done, end, columns = 0, 0, list[str]()
    last = deque[tuple[Any, Mapping[str, Any]]](maxlen=VERIFIED_ROWS)
    for found, end_of_row in read_complete_rows(part, format):
        if done == 0 and not found and format != "jsonl":  # the header
            end = end_of_row
            continue
        row = next(rows, None)
        expected = None if row is None else input_columns(row)
        columns = columns or list(found)
        if expected is None or not _fits(found, expected, format):
            what = "has more rows than the input" if expected is None else f"does not fit the input at row {done + 1}"
            raise EmograinError(f"{part} {what}", "resume with the same input and options, or start without --resume")
        done, end = done + 1, end_of_row
        last.append((row, found))
    with disk_errors(part), part.open("r+b") as file:
        file.truncate(end if done else 0)
    return ResumePoint(done, columns if done and format != "jsonl" else (), list(last))


def check_same_model(output: Path, format: str, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Check that rows of a partial output equal the current predictions, within `SCORE_TOLERANCE`.

    Args:
        output: The final file.
        format: One of `FORMATS`.
        rows: For each row its columns in the partial output, and its predicted columns now.

    Raises:
        EmograinError: They differ: the output was written by another model, or with other thresholds or options.
    """
    for written, predicted in rows:
        for name, value in predicted.items():
            before, now = written.get(name), json.loads(to_json(value))
            if format != "jsonl":  # words and segments are JSON in a cell
                before, now = _parse_cell(before), _parse_cell(to_cell(value))
            if not _is_close(before, now):
                raise EmograinError(
                    f"{partial_path(resolved(output))} was written by another model or with other thresholds: "
                    f"{name!r} is {before!r} in it, now {now!r}",
                    "resume with the same model and options, or start without --resume",
                )


def _parse_cell(cell: str | None) -> Any:
    """Return the value that a cell of a CSV or TSV file was written from."""
    try:
        return json.loads(cell) if cell else None
    except ValueError:
        return cell


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=0, abs_tol=SCORE_TOLERANCE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_close(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_close, one, other))
    return bool(one == other)


def _fits(found: Mapping[str, Any], expected: Mapping[str, Any], format: str) -> bool:
    fixed = {name: value for name, value in expected.items() if value is not None}
    if format == "jsonl":
        same = all(to_json(found.get(name)) == to_json(value) for name, value in fixed.items())
        return same and list(found) == list(expected)
    same = all(found.get(name) == to_cell(value) for name, value in fixed.items())
    return same and set(expected) <= set(found)  # a malformed JSON row has none of the file's columns


def _read_jsonl(lines: IO[str], _: str) -> Iterator[tuple[dict[str, Any], int]]:
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


def _read_csv(lines: IO[str], delimiter: str) -> Iterator[tuple[dict[str, Any], int]]:
    csv.field_size_limit(2**31 - 1)
    last_line = ""
    size = 0

    def track() -> Iterator[str]:
        nonlocal size, last_line
        for line in lines:
            last_line = line
            size += len(line.encode("utf-8", "surrogateescape"))
            yield line

    records = csv.reader(track(), delimiter=delimiter, strict=True)
    header: Sequence[str] = []
    while True:
        try:
            cells = next(records, None)
        except csv.Error:
            return
        if cells is None or not last_line.endswith("\n"):
            return
        if not header:
            header = cells
            yield {}, size
        elif len(cells) == len(header):
            yield dict(zip_longest(header, cells)), size
        else:
            return
