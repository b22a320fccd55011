"""Predict a stream of rows into one output: text for people, or JSONL, CSV, TSV or Parquet."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from ..common.errors import EmograinError, escape_controls, one_line, unknown_name
from ..common.files import disk_errors, is_regular_file, part_description_path, partial_path, resolved, writing
from ..common.locks import locked
from ..common.progress import Progress
from ..data.tabular.formats import ROWS_PER_BLOCK, infer_format, is_compressed, open_bytes, open_text
from ..data.tabular.reader import Row, notice_no_rows
from ..data.tabular.writer import WRITERS, Writer, open_writer
from .predictor import BLOCK_SIZE, Prediction, Predictor
from .records import MISFITS, RECORDS, RecordSettings, add_input_columns, example_record, input_types
from .resumable_output import (
    FORMATS,
    Expected,
    ResumePoint,
    append_to,
    can_resume,
    check_description,
    find_resume_point,
)

ALIASES = {"txt": "text"}  # file extension -> format
BINARY = ("parquet",)


def write_predictions(
    predictor: Predictor,
    rows: Iterator[Row],
    output: Path | None = None,
    format: str | None = None,
    all_scores: bool = False,
    resume: bool = False,
    explain: bool = False,
    open_progress: Callable[[int], Progress] = lambda done: Progress(None, "texts", done, show=False),
    at_least_one: bool = False,
    segments: bool = False,
    windows: bool = True,
    column: str = "text",
    types: Mapping[str, Any] | None = None,
) -> None:
    """Predict rows and write them in order, in constant memory; print the number of errors and notes to stderr.

    Every output file appears under its name once complete. Until then, rows of JSONL, CSV and TSV are in `output` +
    ".part", which `resume` continues, and `output` + ".part.json" records the model and the options.

    Args:
        predictor: The model.
        rows: Input rows.
        output: Output file; None: standard output.
        format: text, jsonl, csv, tsv or parquet; None: inferred from `output`, text for standard output.
        all_scores: Write the scores of all labels, not only of the predicted ones.
        resume: Continue the partial output, if any, after its last complete block of `BLOCK_SIZE` rows: the output is
            byte-identical to that of one uninterrupted run.
        explain: Write the contribution of each word to each predicted label.
        open_progress: Number of rows that are already written -> a progress bar; silent by default.
        at_least_one: Give a text that reaches no threshold the label with the highest score.
        segments: Write the sentences with their labels.
        windows: Read long texts whole, not only their beginning.
        column: Column that the texts of `rows` are from, which `resume` compares.
        types: Types of the input's columns, for Parquet, see `data.tabular.parquet_columns.declared_types`.

    Raises:
        EmograinError: The output cannot be written in this format or cannot be resumed, another process writes it, or
            the partial output is from another input, model or thresholds.
        Interrupted: Ctrl-C while a resumable output was written.
    """
    format = format or (infer_format(output) if output else "text")
    format = ALIASES.get(format, format)
    if format not in OPENERS:
        raise unknown_name("format to write", format, OPENERS)
    if format in BINARY and output is None and sys.stdout.isatty():
        raise EmograinError("Parquet is not for a terminal", "--output FILE.parquet")
    resumable = output is not None and can_resume(output, format)
    if resume and not resumable:
        raise EmograinError(
            "--resume needs an output that can be appended to", f"--output FILE, one of {', '.join(FORMATS)}"
        )
    settings = RecordSettings(predictor.labels, all_scores, explain, segments)
    to_record, counts = RECORDS[format], Counter[str]()
    options = {"explain": explain, "at_least_one": at_least_one, "segments": segments, "windows": windows}
    description = describe(predictor, format, column=column, all_scores=all_scores, **options)
    point = ResumePoint()
    with ExitStack() as stack:
        if output is not None and is_regular_file(output):
            with disk_errors(output):
                resolved(output).parent.mkdir(parents=True, exist_ok=True)
        if output is not None and resumable:
            target = resolved(output)
            stack.enter_context(locked(target))
            if resume and partial_path(target).exists():
                check_description(output, description)
                point = _resume(rows, output, format, settings)
                print(f"{point.rows:,} rows are already written", file=sys.stderr)
            elif resume and target.exists():
                part_description_path(target).unlink(missing_ok=True)  # of a process that was killed right at the end
                name = one_line(str(output))
                print(f"{name} is already complete, with whatever input, model and options", file=sys.stderr)
                return
        progress = stack.enter_context(open_progress(point.rows))
        example = dict(example_record(settings))
        source = chain(point.again, notice_no_rows(rows, partial(add_input_columns, example, settings)))
        predicted = predictor.predict_rows(
            source,
            block_size=BLOCK_SIZE,
            on_progress=progress.advance,
            explain=explain,
            at_least_one=at_least_one,
            segments=segments,
            windows=windows,
        )
        records = (to_record(*each, settings) for each in _count(predicted, counts))
        if output is not None and resumable:
            stream, commit = stack.enter_context(append_to(output, resume, description))
            writer = stack.enter_context(open_writer(stream, format, point.columns, example, MISFITS))
        else:
            commit = _nothing
            stack.enter_context(disk_errors(output or "standard output"))
            opened = OPENERS[format](
                output or sys.stdout,
                format,
                example=example,
                misfits=MISFITS,
                types=input_types(types or {}, settings),
            )
            writer = stack.enter_context(opened)
        while block := list(islice(records, ROWS_PER_BLOCK)):
            counts["note"] += writer.write(block)
            commit()
    if counts["error"] or counts["note"]:
        summary = f"{counts['rows']:,} rows: {counts['error']:,} with an error, {counts['note']:,} with a note"
        print(summary, file=sys.stderr)


@contextmanager
def open_text_writer(
    target: Path | IO[Any],
    format: str = "text",  # noqa: ARG001 - as open_writer
    **_: Any,
) -> Iterator[Writer]:
    """Open a writer of the records of the format `text`.

    A file keeps the texts unchanged. In a stream, which may be a terminal, their control characters are escaped.

    Args:
        target: File, which appears once complete, or an open stream, which stays open.
        format: The format; ignored.

    Raises:
        EmograinError: The file cannot be written, or another process writes it.
    """
    with ExitStack() as stack:
        if isinstance(target, Path) and is_regular_file(target) and is_compressed(target):
            stack.enter_context(disk_errors(target))
            part = stack.enter_context(writing(resolved(target)))
            stream: IO[Any] = stack.enter_context(open_bytes(part, "wb", target.suffix))
        elif isinstance(target, Path) and is_regular_file(target):
            stack.enter_context(locked(resolved(target)))
            stream = stack.enter_context(append_to(target, resume=False))[0]
        elif isinstance(target, Path):  # a device or a pipe, such as /dev/stdout
            stack.enter_context(disk_errors(target))
            stream = stack.enter_context(target.open("wb"))
        else:
            stream = target
        text = stack.enter_context(open_text(stream, "utf-8", "backslashreplace", newline=""))
        encoding = text.encoding or "utf-8"

        def write(records: Sequence[Mapping[str, Any]]) -> int:
            for record in records:
                shown = record["text"]
                if stream is target:
                    shown = "\n".join(map(escape_controls, shown.split("\n")))
                # Standard output may not be able to encode a text.
                text.write(f"{shown}\n\n".encode(encoding, "backslashreplace").decode(encoding))
            text.flush()
            return 0

        yield Writer(write)


OPENERS: dict[str, Callable[..., AbstractContextManager[Writer]]] = {
    "text": open_text_writer,
    **dict.fromkeys(WRITERS, open_writer),
}


def _nothing() -> None:
    """Commit nothing: the output is written as a whole."""


def describe(predictor: Predictor, format: str, **options: Any) -> dict[str, Any]:
    """Return what the rows of an output depend on, besides the input."""
    thresholds = predictor.thresholds.tolist()
    return {"format": format, "model": predictor.digest, "thresholds": thresholds, **options, "block_size": BLOCK_SIZE}


def _resume(rows: Iterator[Row], output: Path, format: str, settings: RecordSettings) -> ResumePoint:
    """Skip the rows that the partial output keeps."""
    to_record = RECORDS[format]

    def expect(row: Row) -> Expected:
        record = list(to_record(row, Prediction((), {}), settings).items())
        return Expected(dict(record[: len(row.fields)]), [name for name, _ in record[len(row.fields) :]])

    return find_resume_point(output, format, rows, expect, BLOCK_SIZE)


def _count(predicted: Iterator[tuple[Row, Prediction]], counts: Counter[str]) -> Iterator[tuple[Row, Prediction]]:
    for row, prediction in predicted:
        counts["rows"] += 1
        counts["error"] += prediction.error is not None
        counts["note"] += prediction.note is not None
        yield row, prediction
