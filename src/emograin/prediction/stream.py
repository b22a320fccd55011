"""Predictions written out: text with bars for people, rows for machines."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from ..common.errors import EmograinError
from ..common.progress import Progress
from ..data.tabular.formats import BLOCK, format_of
from ..data.tabular.reader import Row
from ..data.tabular.writer import open_writer
from .attributions import strongest
from .predictor import WINDOW, Prediction, Predictor, record
from .resumable_output import FORMATS, Done, can_resume, check_same, go_on, growing, unfinished

BAR = 20  # characters of a score of 1


def write_predictions(
    predictor: Predictor,
    rows: Iterator[Row],
    output: Path | None = None,
    format: str | None = None,
    all_scores: bool = False,
    resume: bool = False,
    explain: bool = False,
) -> None:
    """Predict rows and write them, in order, in constant memory; count errors and notes on standard error.

    A JSONL, CSV or TSV file grows under the name `output` + ".part", in whole rows, and is renamed at the end.

    Args:
        predictor: The model.
        rows: The input.
        output: A file; by default standard output.
        format: text, jsonl, csv, tsv or parquet; by default told from `output`, or text.
        all_scores: Scores of all labels, not of the predicted ones only.
        resume: Go on behind the rows that are in the unfinished file, where there is one.
        explain: Also which words carried each label.

    Raises:
        EmograinError: The output cannot be written in that format, or not be gone on with, or another model began it.
        Interrupted: Ctrl-C while a file was written that can be gone on with.
    """
    format = format or (format_of(output) if output else "text")
    if format == "txt":
        format = "text"
    if format == "parquet" and output is None and sys.stdout.isatty():
        raise EmograinError("Parquet is not for a terminal", "--output FILE.parquet")
    grows = output is not None and can_resume(output, format)
    if resume and not grows:
        raise EmograinError(
            "--resume goes on with a file that lines can be added to", f"--output FILE, one of {', '.join(FORMATS)}"
        )
    if resume and output and output.exists() and not unfinished(output.resolve()).exists():
        print(f"{output} is there and whole: nothing to resume", file=sys.stderr)
        return
    found: Counter[str] = Counter()
    columns = format != "jsonl"

    def as_record(row: Row, prediction: Prediction) -> dict[str, Any]:
        return record(row, prediction, predictor.labels, all_scores, columns, explain)

    def fixed_by_input(row: Row) -> dict[str, Any]:
        made = as_record(row, Prediction((), {}))
        theirs = list(made)[: len(row.fields)]
        return {name: made[name] if name in theirs else None for name in made}

    def ours(row: Row, prediction: Prediction) -> dict[str, Any]:
        return dict(list(as_record(row, prediction).items())[len(row.fields) :])

    done = Done()
    if resume and output and unfinished(output.resolve()).exists():
        done = go_on(output, format, rows, fixed_by_input)
        again = predictor.predict_rows([row for row, _ in done.last], explain=explain)
        there = [found for _, found in done.last]
        check_same(output, format, list(zip(there, (ours(*each) for each in again), strict=True)))
        print(f"{done.rows:,} rows are done", file=sys.stderr)
    with Progress(None, "texts", done.rows, show=True) as progress:
        counted = _counted(predictor.predict_rows(rows, WINDOW, progress.advance, explain), found)
        if format == "text":
            _write_text(counted, output, all_scores)
        elif output is not None and grows:
            with growing(output, resume) as (stream, keep), open_writer(stream, format, done.columns) as writer:
                while block := list(islice(counted, BLOCK)):
                    writer.write([as_record(*each) for each in block])
                    keep()
        else:
            with open_writer(output or sys.stdout.buffer, format) as writer:
                while block := list(islice(counted, BLOCK)):
                    writer.write([as_record(*each) for each in block])
    if found["error"] or found["note"]:
        print(
            f"{found['rows']:,} rows: {found['error']:,} with an error, {found['note']:,} with a note", file=sys.stderr
        )


def as_text(text: str | None, prediction: Prediction, all_scores: bool = False) -> str:
    """A prediction for people: the text, then a line a label with its score and a bar, and one with its words."""
    lines = [" ".join(text.split()) if text else "(no text)"]
    if prediction.error is not None:
        return "\n".join([*lines, f"  error: {prediction.error}"])
    if prediction.note is not None:
        lines.append(f"  note: {prediction.note}")
    ranked = sorted(prediction.scores.items(), key=lambda pair: -pair[1])
    for label, score in ranked:
        chosen = label in prediction.labels
        if chosen or all_scores:
            mark = "*" if chosen and all_scores else " "
            lines.append(f" {mark}{label:<15} {score:.2f} {'█' * round(score * BAR)}".rstrip())
        if prediction.words and label in prediction.words:
            heaviest = strongest(text or "", prediction.words[label])
            lines.append(f"    {', '.join(f'{word} {weight:+.2f}' for word, weight in heaviest)}")
    if not prediction.labels:
        label, score = ranked[0]
        lines.append(f"  (no label reaches its threshold; nearest: {label} {score:.2f})")
    return "\n".join(lines)


def _write_text(predicted: Iterator[tuple[Row, Prediction]], output: Path | None, all_scores: bool) -> None:
    def write(stream: IO[str]) -> None:
        for row, prediction in predicted:
            stream.write(as_text(row.text, prediction, all_scores) + "\n\n")

    if output is None:
        write(sys.stdout)
        sys.stdout.flush()
        return
    try:
        with output.open("w", encoding="utf-8") as stream:
            write(stream)
    except OSError as error:
        raise EmograinError(f"cannot write {str(output)!r}: {error.strerror}") from error


def _counted(predicted: Iterator[tuple[Row, Prediction]], found: Counter[str]) -> Iterator[tuple[Row, Prediction]]:
    for row, prediction in predicted:
        found["rows"] += 1
        found["error"] += prediction.error is not None
        found["note"] += prediction.note is not None
        yield row, prediction
