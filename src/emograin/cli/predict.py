"""`emograin predict`: predict the emotions of texts, files and folders."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ..common.devices import Device
from ..common.errors import EmograinError, one_line
from ..evaluation.policies import DEFAULT_POLICY, Policy
from .corpus_flags import TextColumn
from .label_flags import LabelFlags


def predict(
    *text: str,
    input: tuple[str, ...] = (),
    column: TextColumn = "text",
    output: Path | None = None,
    model: Path | None = None,
    format: Literal["text", "jsonl", "csv", "tsv", "parquet"] | None = None,
    input_format: Literal["txt", "csv", "tsv", "jsonl", "parquet"] | None = None,
    all_scores: bool = False,
    explain: bool = False,
    at_least_one: bool = False,
    segments: bool = False,
    windows: Literal["on", "off"] = "on",
    thresholds: Policy = DEFAULT_POLICY,
    labels: LabelFlags | None = None,
    device: Device = "cpu",
    resume: bool = False,
    engine: Literal["local", "ray"] | None = None,
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Predict the emotions of texts: arguments, files, or standard input with one text per line.

    Every input row is written, in order, with its other columns. Rows that cannot be read get an `error`. Texts of any
    length are read whole: those that are longer than the model's limit sentence by sentence. With several files, each
    output has its input's name and appears when complete.

    Parameters
    ----------
    text
        Texts to classify.
    input
        Input file: txt, CSV, TSV, JSONL or Parquet, of any size; all but Parquet may be compressed (.gz, .zst). Use -
        for standard input. Or a folder of such files. May be repeated.
    column
        Column that holds the text.
    output
        Output file, or output folder for several files. [default: standard output]
    model
        Folder of an exported model, or a run folder. [default: the bundled model]
    format
        Output format. [default: from the extension of --output; text, for people, on standard output]
    input_format
        Input format, if the file name does not show it.
    all_scores
        Write the scores of all labels, not only of the predicted ones.
    explain
        Add the contribution of each word to the logit of each predicted label; negative weights are evidence against
        the label. The column `words` holds start, end (in characters) and weight of each word, as JSON in CSV and
        Parquet; the text format shows the most important words.
    at_least_one
        Give a text that reaches no threshold the label with the highest score, instead of none.
    segments
        Add the labels of each sentence. The column `segments` holds start, end (in characters), labels and scores of
        each sentence, as JSON in CSV and Parquet.
    windows
        How texts are read that are longer than the model's limit: sentence by sentence (on), or only their first word
        pieces, with a `note` (off).
    thresholds
        Threshold policy: fixed (0.3), or chosen on dev: global or per-label.
    device
        Device of the network: cpu, or cuda: with torch for run folders, with onnxruntime-gpu for exported models.
    resume
        Continue an interrupted command: complete --output, or skip the files of a folder that are already done.
    engine
        How files are predicted: in this process, or by several Ray workers, each with its own model
        (pip install 'emograin[scale]'). [default: local]
    workers
        Number of Ray workers. [default: number of cores]
    address
        Address of a Ray cluster, HOST:PORT or auto. [default: start Ray on this machine for this command]
    """
    from ..common.outputs import require_not_input, unless_standard
    from ..common.progress import Progress
    from ..data.tabular.formats import SUFFIXES
    from ..data.tabular.parquet_columns import declared_types
    from ..data.tabular.reader import read_rows, to_row
    from ..prediction.engines import predict_files
    from ..prediction.folder import FileSettings
    from ..prediction.predictor import load
    from ..prediction.stream import write_predictions

    labels = labels or LabelFlags()
    if text and input:
        raise EmograinError("expected texts or --input, got both", "several files: --input FILE --input FILE")
    if "" in input:
        raise EmograinError("--input must name a file or a folder, got an empty name")
    output = unless_standard(output)
    for flag, value in {"--workers": workers, "--address": address}.items():
        if value is not None and (engine or "local") == "local":
            raise EmograinError(f"{flag} needs --engine ray, got {flag} {value} without it")
    many = len(input) > 1 or any(Path(each).is_dir() for each in input)
    if many or engine:
        if not input or "-" in input or input_format is not None:
            raise EmograinError(
                "several files, and --engine, need input files whose names show their format", "--input FOLDER"
            )
        settings = FileSettings(
            model,
            thresholds,
            column,
            all_scores,
            explain,
            at_least_one,
            segments,
            windows == "on",
            labels.read(),
            labels.group,
            device,
        )
        predict_files(
            input,
            output,
            settings,
            engine or "local",
            workers,
            address,
            format,
            resume,
            lambda total: Progress(total, "files"),
        )
        return
    source = input[0] if input else "-"
    if resume and (output is None or source == "-"):
        raise EmograinError("--resume needs an input file and an output file", "--input FILE --output FILE")
    if not text:
        require_not_input(output or sys.stdout, [sys.stdin if source == "-" else Path(source)])
    types: Mapping[str, Any] = {}
    if text:
        for each in text:
            if Path(each).suffix.lower() in SUFFIXES and Path(each).is_file():
                note = f"{each!r} is a file: its name is classified; for its texts: --input {each}"
                print(one_line(note), file=sys.stderr)
        rows = iter([to_row({column: each}, column) for each in text])
    elif source == "-":
        if sys.stdin.isatty():
            raise EmograinError("no input", 'emograin predict "what a day!", or --input FILE, or pipe texts in')
        rows = read_rows(sys.stdin.buffer, input_format or "txt", column)
    else:
        types = declared_types(Path(source), input_format)
        rows = read_rows(source, input_format, column)
    write_predictions(
        load(model, thresholds, mapping=labels.read(), group=labels.group, device=device),
        rows,
        output,
        format,
        all_scores,
        resume,
        explain,
        lambda done: Progress(None, "texts", done),
        at_least_one=at_least_one,
        segments=segments,
        windows=windows == "on",
        column=column,
        types=types,
    )
