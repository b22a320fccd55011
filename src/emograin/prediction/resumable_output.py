"""Resumable output: a partial file of complete rows, checked against the input, and a file that records its origin.

OUTPUT.part        complete rows
OUTPUT.part.json   the model and the options that they depend on
"""

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..common.checks import read_json
from ..common.errors import EmograinError, Interrupted, shortened
from ..common.files import (
    disk_errors,
    is_regular_file,
    keep_mode,
    part_description_path,
    partial_path,
    resolved,
)
from ..common.json_text import to_json
from ..data.tabular.cells import describe_misfits, to_cell
from ..data.tabular.formats import is_compressed

FORMATS = ("jsonl", "csv", "tsv")  # rows can be appended to them
START_ANEW = "resume with the same model and options, or start without --resume"


class ResumePoint(NamedTuple):
    """The rows of a partial output that are kept.

    Attributes:
        rows: Number of rows, a multiple of the block size.
        columns: Columns of a CSV or TSV file.
        again: Rows of the input that were read and are to be predicted again, as their block is not complete.
    """

    rows: int = 0
    columns: Sequence[str] = ()
    again: Sequence[Any] = ()


class Expected(NamedTuple):
    """What an output row must hold.

    Attributes:
        fields: Columns that the input determines, with their values.
        predicted: Names of the columns that the prediction determines.
    """

    fields: Mapping[str, Any]
    predicted: Sequence[str]


def can_resume(output: Path, format: str) -> bool:
    """Return whether an output can be appended to: a regular, uncompressed file of rows."""
    return is_regular_file(output) and format in FORMATS and not is_compressed(output)


@contextmanager
def append_to(
    output: Path, resume: bool, description: Mapping[str, Any] | None = None
) -> Iterator[tuple[IO[Any], Callable[[], None]]]:
    """Open the partial file for appending bytes, and rename it to the output at the end. The caller holds the lock.

    After an error the partial file remains, truncated to the bytes of the last commit.

    Args:
        output: The final file.
        resume: Append to an existing partial file instead of starting a new one.
        description: What the rows depend on, for `check_description`; None if the output is not resumed.

    Yields:
        The stream, and a function `commit()` to call when all bytes written so far are complete rows.

    Raises:
        Interrupted: Ctrl-C; the hint is how to resume.
        EmograinError: The disk is full, or the folder cannot be written.
    """
    target = resolved(output)  # a link stays a link
    part, described = partial_path(target), part_description_path(target)
    resumable = description is not None
    with disk_errors(output, resumable):
        if not (resume and part.exists()):
            # In this order, so that a partial file never stands beside the description of another one.
            part.unlink(missing_ok=True)
            described.unlink(missing_ok=True)
            if description is not None:
                _write_description(described, description)
            keep_mode(target, part)
        stream = part.open("r+b" if part.exists() else "wb")
        stream.seek(0, 2)
        committed = stream.tell()

    def commit() -> None:
        nonlocal committed
        stream.flush()
        committed = stream.tell()

    try:
        with disk_errors(output, resumable):
            yield stream, commit
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            part.replace(target)
            described.unlink(missing_ok=True)
    except BaseException as error:
        with suppress(OSError):  # of a full disk, again: what is buffered is lost, and not committed
            stream.close()
        with suppress(OSError):
            if committed:
                os.truncate(part, committed)
            else:
                part.unlink()
                described.unlink(missing_ok=True)
        if isinstance(error, KeyboardInterrupt):
            saved = f"; finished rows are in {partial_path(output)}" if committed else ""
            raise Interrupted(f"interrupted{saved}", "continue with --resume" if committed else None) from None
        raise


def _write_description(path: Path, description: Mapping[str, Any]) -> None:
    try:
        path.write_bytes((to_json(description, indent=1) + "\n").encode())
    except OSError:  # the disk is full
        with suppress(OSError):
            path.unlink(missing_ok=True)
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


def check_description(output: Path, description: Mapping[str, Any]) -> None:
    """Check that a partial output was written by the same model, with the same options.

    Args:
        output: The final file.
        description: What the rows depend on now.

    Raises:
        EmograinError: It was not; or its origin is not recorded, as by earlier versions.
    """
    target = resolved(output)
    part, path = partial_path(target), part_description_path(target)
    try:
        before = read_json(path)
    except (FileNotFoundError, EmograinError):
        message = f"the model of {part} is unknown: {path.name!r} is missing or not JSON"
        raise EmograinError(message, "start without --resume") from None
    require_same(f"{part} was", before, description)


def require_same(what: str, before: Any, description: Mapping[str, Any]) -> None:
    """Check that outputs were written with the same options.

    Args:
        what: Name of the outputs, with its verb, for the error.
        before: What they depended on, read from JSON.
        description: What they depend on now.

    Raises:
        EmograinError: An option differs.
    """
    for name, value in json.loads(to_json(description)).items():
        found = before.get(name) if isinstance(before, dict) else None
        if found != value:
            was, is_now = shortened(to_json(found), 40), shortened(to_json(value), 40)
            raise EmograinError(f"{what} written with another {name}: {was}, now {is_now}", START_ANEW)


def find_resume_point(
    output: Path, format: str, rows: Iterator[Any], expect: Callable[[Any], Expected], block_size: int
) -> ResumePoint:
    """Skip the input rows that the partial output holds, and truncate it where the last complete block ends.

    Rows of one block are predicted together, and with some models a score depends on the others in its batch. So the
    rows of an incomplete block are predicted again, and the output is byte-identical to that of one uninterrupted run.

    Args:
        output: The final file.
        format: One of `FORMATS`.
        rows: Input rows; those that remain are still to be predicted, after `ResumePoint.again`.
        expect: Input row -> what its output row must hold.
        block_size: Number of rows that are predicted together.

    Raises:
        EmograinError: The output's rows are not those of the input, or have other columns.
    """
    part = partial_path(resolved(output))
    done, kept, end, columns = 0, 0, 0, list[str]()
    again: list[Any] = []
    for found, end_of_row in read_complete_rows(part, format):
        if done == 0 and not found and format != "jsonl":  # the header
            continue
        row = next(rows, None)
        columns = columns or list(found)
        if row is None or not _fits(found, expect(row), format):
            what = "has more rows than the input" if row is None else f"does not fit the input at row {done + 1}"
            raise EmograinError(f"{part} {what}", "resume with the same input and options, or start without --resume")
        done += 1
        again.append(row)
        if done % block_size == 0:
            kept, end = done, end_of_row
            again.clear()
    with disk_errors(part), part.open("r+b") as file:
        file.truncate(end)
    return ResumePoint(kept, columns if kept and format != "jsonl" else (), again)


def _fits(record: Mapping[str, Any], expected: Expected, format: str) -> bool:
    if format == "jsonl":
        same = all(to_json(record.get(name)) == to_json(value) for name, value in expected.fields.items())
        return same and list(record) == [*expected.fields, *expected.predicted]
    known = {name: value for name, value in expected.fields.items() if name in record}
    further = {name: value for name, value in expected.fields.items() if name not in record}
    return (
        set(expected.predicted) <= set(record)
        and all(record[name] == to_cell(value) for name, value in known.items())
        and (not further or record["note"].endswith(describe_misfits(further)))
    )


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
