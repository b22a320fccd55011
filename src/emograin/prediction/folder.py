"""Predict many files; each output appears under its own name once complete.

OUTPUT/
  NAME            predictions of the input file NAME, in the same subfolders
  .emograin.json  what wrote them, for --resume
  .emograin-RUN/  partial outputs; deleted at the end
"""

import shutil
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

from ..common.errors import EmograinError, Interrupted
from ..common.files import disk_errors, resolved
from ..common.locks import locked
from ..common.progress import Progress
from ..data.tabular.formats import ROWS_PER_BLOCK, infer_format
from ..data.tabular.parquet_columns import declared_types
from ..data.tabular.reader import notice_no_rows, read_rows
from ..data.tabular.writer import open_writer
from ..evaluation.mapping.label_mapping import LabelMapping
from .file_jobs import FileJob
from .folder_description import begin_outputs, find_finished
from .model_source import open_source
from .predictor import Predictor, load
from .records import MISFITS, RECORDS, RecordSettings, add_input_columns, example_record, input_types

SCRATCH = ".emograin-"
MAX_ATTEMPTS = 3  # processes that may crash on a file before it is skipped: it may be the cause
MAX_LISTED = 20  # files that could not be predicted


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Settings for reading, predicting and writing every file.

    Attributes:
        model: Folder of an exported model, or a run folder; None: the bundled model.
        policy: Threshold policy.
        column: Column that holds the text.
        all_scores: Write the scores of all labels, not only of the predicted ones.
        explain: Write the contribution of each word to each predicted label.
        at_least_one: Give a text that reaches no threshold the label with the highest score.
        segments: Write the sentences with their labels.
        windows: Read long texts whole, not only their beginning.
        mapping: Labels to predict instead of the model's.
        group: Grouping whose groups are predicted instead of the model's labels.
        device: cpu or cuda.
    """

    model: Path | None
    policy: str
    column: str = "text"
    all_scores: bool = False
    explain: bool = False
    at_least_one: bool = False
    segments: bool = False
    windows: bool = True
    mapping: LabelMapping | None = None
    group: str | None = None
    device: str = "cpu"

    def load(self, threads: int = 0) -> Predictor:
        """Load the predictor.

        Args:
            threads: Number of threads; 0: all cores.

        Raises:
            EmograinError: The model cannot be loaded, or the mapping does not fit.
        """
        return load(
            self.model,
            self.policy,
            threads=threads,
            mapping=self.mapping,
            group=self.group,
            device=self.device,
        )

    def describe(self) -> dict[str, Any]:
        """Return what outputs depend on, besides their input; the network is not loaded.

        Raises:
            EmograinError: The model cannot be read, or the mapping does not fit.
        """
        source = open_source(self.model, self.mapping, self.group, self.device)
        options = ("column", "all_scores", "explain", "at_least_one", "segments", "windows")
        described = {"model": source.predictions_digest(), "thresholds": list(source.thresholds[self.policy])}
        return described | {name: getattr(self, name) for name in options}


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result for one file.

    Attributes:
        rows: Number of rows; 0 if there is a problem.
        errors: Number of rows with an error.
        notes: Number of rows with a note.
        problem: Reason why the file was skipped; empty if it was not.
    """

    rows: int = 0
    errors: int = 0
    notes: int = 0
    problem: str = ""


# Predicts files in any order; the path is a folder for partial outputs.
Engine = Callable[[Sequence[FileJob], Path], Generator[FileResult, None, None]]


def predict_file(predictor: Predictor, job: FileJob, settings: FileSettings, attempts: Path) -> FileResult:
    """Predict one file, with its rows in order, in constant memory.

    The output gets its name once complete, so of several attempts at a file, even simultaneous ones, one is visible.

    Args:
        predictor: The model.
        job: The file.
        settings: How the file is read and written.
        attempts: Folder for this file's partial outputs; a process that crashes leaves its own there.

    Returns:
        Numbers of rows, or the reason why the file was skipped.
    """
    rows = errors = notes = 0
    attempt = attempts / uuid4().hex
    record_settings = RecordSettings(predictor.labels, settings.all_scores, settings.explain, settings.segments)
    try:
        with disk_errors(job.target):
            attempt.mkdir(parents=True)
        if len(list(attempts.iterdir())) > MAX_ATTEMPTS:
            raise EmograinError(f"{job.source}: {MAX_ATTEMPTS} processes crashed on this file")
        example = dict(example_record(record_settings))
        types = input_types(declared_types(job.source), record_settings)
        found = read_rows(job.source, None, settings.column)
        source = notice_no_rows(found, partial(add_input_columns, example, record_settings))
        with (
            disk_errors(job.target),
            open_writer(attempt / job.target.name, example=example, misfits=MISFITS, types=types) as writer,
        ):
            to_record = RECORDS[infer_format(job.target)]
            predicted = predictor.predict_rows(
                source,
                explain=settings.explain,
                at_least_one=settings.at_least_one,
                segments=settings.segments,
                windows=settings.windows,
            )
            while block := list(islice(predicted, ROWS_PER_BLOCK)):
                notes += writer.write([to_record(*each, record_settings) for each in block])
                rows += len(block)
                errors += sum(prediction.error is not None for _, prediction in block)
                notes += sum(prediction.note is not None for _, prediction in block)
        with disk_errors(job.target):
            job.target.parent.mkdir(parents=True, exist_ok=True)
            (attempt / job.target.name).replace(job.target)
    except EmograinError as error:
        return FileResult(problem=str(error))
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
        with suppress(OSError):  # not empty if another process crashed
            attempts.rmdir()
    return FileResult(rows, errors, notes)


def predict_folder(
    jobs: Sequence[FileJob],
    engine: Engine,
    output: Path,
    options: Mapping[str, Any],
    resume: bool = False,
    open_progress: Callable[[int], Progress] = lambda total: Progress(total, "files", show=False),
) -> None:
    """Predict files with an engine, and print the numbers of files, rows, errors, notes and skipped files to stderr.

    Args:
        jobs: The files.
        engine: The engine.
        output: Folder of all targets.
        options: What outputs depend on, besides their input: `FileSettings.describe`.
        resume: Skip files whose output exists.
        open_progress: Number of files -> a progress bar; silent by default.

    Raises:
        EmograinError: Some files could not be predicted; all others were. Or existing outputs are of other options.
        Interrupted: Ctrl-C; every output that exists is complete.
    """
    done: list[FileResult] = []
    try:
        with _scratch(output) as scratch:
            finished = set[Path]()
            if resume:
                finished = find_finished(output, [job.target for job in jobs], options)
            else:
                begin_outputs(output, options)
            if finished:
                print(
                    f"{len(finished):,} {'file is' if len(finished) == 1 else 'files are'} already done",
                    file=sys.stderr,
                )
            remaining = [job for job in jobs if job.target not in finished]
            with closing(engine(remaining, scratch)) as results, open_progress(len(remaining)) as progress:
                for result in results:
                    done.append(result)
                    progress.advance(1)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {len(done):,} files are done", "continue with --resume") from None
    rows, errors, notes = (sum(getattr(each, name) for each in done) for name in ("rows", "errors", "notes"))
    problems = [each.problem for each in done if each.problem]
    files = f"{len(done) - len(problems):,} files"
    print(
        f"{files}, {rows:,} rows: {errors:,} with an error, {notes:,} with a note; written to {output}", file=sys.stderr
    )
    if problems:
        more = len(problems) - MAX_LISTED
        listed = [*problems[:MAX_LISTED], *([f"and {more:,} more"] if more > 0 else [])]
        print("not predicted:", *listed, sep="\n  ", file=sys.stderr)
        raise EmograinError(
            f"{len(problems):,} of {len(done):,} files could not be predicted",
            "they are listed above; the others are done, and --resume skips them",
        )


def local_engine(settings: FileSettings, workers: int | None = None, address: str | None = None) -> Engine:
    """Create the engine that predicts files one after another in this process, on all cores.

    Raises:
        EmograinError: The model cannot be loaded, or workers or an address are given.
    """
    if workers is not None or address is not None:
        raise EmograinError("--workers and --address need an engine with several processes", "--engine ray")
    predictor = settings.load()

    def run(jobs: Sequence[FileJob], scratch: Path) -> Generator[FileResult, None, None]:
        for number, job in enumerate(jobs):
            yield predict_file(predictor, job, settings, scratch / str(number))

    return run


@contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """Lock the output, create a folder for partial outputs, and delete it at the end and those of killed processes.

    Raises:
        EmograinError: Another process writes to the output, or it cannot be written to.
    """
    folder = resolved(output)
    with disk_errors(output):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        with disk_errors(output):
            for abandoned in folder.glob(f"{SCRATCH}*"):
                shutil.rmtree(abandoned, ignore_errors=True)
            scratch = Path(mkdtemp(prefix=SCRATCH, dir=folder))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
