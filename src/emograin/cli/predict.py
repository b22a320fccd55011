"""emograin predict: emotions in texts, files and folders."""

import sys
from pathlib import Path
from typing import Literal

from ..common.errors import EmograinError


def predict(
    *text: str,
    input: tuple[str, ...] = (),
    column: str = "text",
    output: Path | None = None,
    model: Path | None = None,
    format: Literal["text", "jsonl", "csv", "tsv", "parquet"] | None = None,
    input_format: Literal["txt", "csv", "tsv", "jsonl", "parquet"] | None = None,
    all_scores: bool = False,
    explain: bool = False,
    thresholds: Literal["fixed", "global", "per-label"] = "per-label",
    resume: bool = False,
    engine: Literal["local", "ray"] | None = None,
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Emotions in texts: given as arguments, in files, or on standard input, a text a line.

    Every row comes out again, in order, with its other columns. A row that cannot be read is kept with an `error`,
    one that was read in part with a `note`. Of several files each gets an output of its name, there when it is whole.

    Parameters
    ----------
    text
        Texts.
    input
        A txt, CSV, TSV, JSONL or Parquet file, of any length, all but Parquet also packed as .gz or .zst; - is
        standard input. Or a folder of such files; may be repeated.
    column
        The column that holds the text.
    output
        Where to write; by default standard output. Of a folder, or several files, a folder.
    model
        An exported model, or a run folder. [default: the model that the package carries]
    format
        Of the output; by default told from --output, or text, for people.
    input_format
        Of the input, where its name does not tell.
    all_scores
        Scores of all labels, not of the predicted ones only.
    explain
        Which words carried each predicted label: what a word adds to its logit, below 0 where it speaks against it. A
        field `words` of characters' places and weights, in CSV and Parquet as JSON; for people, the heaviest words.
    thresholds
        Which of the model's thresholds to use, all but the first chosen on dev: 0.3, one for all labels, one a label.
    resume
        Go on with --output where the same command was interrupted; files of a folder that are there are passed over.
    engine
        What predicts files: this process, or workers of Ray, a model each (pip install 'emograin[scale]').
        [default: local]
    workers
        Of Ray. [default: as many as there are cores]
    address
        Of a Ray cluster, HOST:PORT or auto. [default: Ray is started on this machine, for as long as it is needed]
    """
    from ..data.tabular.reader import Row, read_rows
    from ..prediction.engines import predict_files
    from ..prediction.folder import Settings
    from ..prediction.predictor import load
    from ..prediction.stream import write_predictions

    if text and input:
        raise EmograinError("expected texts or --input, got both")
    folders = len(input) > 1 or any(Path(each).is_dir() for each in input)
    if folders or engine or workers is not None or address is not None:
        if not input or "-" in input or input_format is not None:
            raise EmograinError(
                "several files, and an engine, need files whose names tell their format", "--input FOLDER"
            )
        how = Settings(model, thresholds, column, all_scores, explain)
        predict_files(input, output, how, engine or "local", workers, address, format, resume)
        return
    source = input[0] if input else "-"
    if resume and (output is None or source == "-"):
        raise EmograinError("--resume goes on from one file to another", "--input FILE --output FILE")
    if text:
        rows = iter([Row({column: each}, each) for each in text])
    elif source == "-":
        if sys.stdin.isatty():
            raise EmograinError("no text", 'emograin predict "what a day!", or --input FILE, or pipe texts in')
        rows = read_rows(sys.stdin.buffer, input_format or "txt", column)
    else:
        rows = read_rows(source, input_format, column)
    write_predictions(load(model, thresholds), rows, output, format, all_scores, resume, explain)
