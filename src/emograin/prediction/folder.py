"""Many files predicted, a file at a time: each comes out whole and under its own name, or not at all.

OUTPUT/
  NAME            the predictions of an input file of this name, in the same folders below
  .emograin-RUN/  what is being written; gone at the end
"""

import shutil
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from ..common.errors import EmograinError, Interrupted
from ..common.files import disk_errors
from ..common.progress import Progress
from ..data.tabular.formats import BLOCK, PACKED, SUFFIXES, format_of
from ..data.tabular.reader import read_rows
from ..data.tabular.writer import WRITERS, open_writer
from .predictor import Predictor, load, record

SCRATCH = ".emograin-"
DEATHS = 3  # of processes over one file, before it is left out: it may be what kills them


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to predict.

    Attributes:
        source: The input.
        target: Where its predictions go.
    """

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """How every file is read, predicted and written.

    Attributes:
        model: An exported model, or a run folder; None is the model that the package carries.
        policy: Which of the model's thresholds to use.
        column: The column that holds the text.
        all_scores: Scores of all labels, not of the predicted ones only.
        explain: Also which words carried each label.
    """

    model: Path | None
    policy: str
    column: str = "text"
    all_scores: bool = False
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    Attributes:
        rows: How many it has, 0 where there is a problem.
        errors: Rows with an error.
        notes: Rows with a note.
        problem: Why the file was left out; empty where it was not.
    """

    rows: int = 0
    errors: int = 0
    notes: int = 0
    problem: str = ""


# Predicts files in any order; the path is a folder for what is not whole yet.
Engine = Callable[[Sequence[FileJob], Path], Generator[Outcome, None, None]]


def jobs_of(inputs: Sequence[Path], output: Path, format: str | None = None) -> list[FileJob]:
    """Every table in folders, at any depth, and files, each with the file that its predictions go to.

    Hidden files, and in folders those of other kinds, are passed over.

    Args:
        inputs: Folders and files.
        output: A folder.
        format: Of the output; by default the input's own, and JSONL for a text a line.

    Raises:
        EmograinError: There is no such input, or no table in it; two would be written to one file; the output is in
            the input.
    """
    if format is not None and format not in WRITERS:
        raise EmograinError(f"files are written as {', '.join(WRITERS)}, got --format {format}")
    if output.exists() and not output.is_dir():
        raise EmograinError(f"several files go into a folder, got the file {str(output)!r}", "--output FOLDER")
    sources: dict[Path, Path] = {}
    for given in inputs:
        if not given.exists():
            raise EmograinError(f"there is no {str(given)!r}")
        if given.is_dir() and output.resolve().is_relative_to(given.resolve()):
            raise EmograinError(
                f"the output {str(output)!r} is in the input {str(given)!r}, which would be read again",
                "--output, a folder beside it",
            )
        for name in _tables(given) if given.is_dir() else [given.name]:
            source = given / name if given.is_dir() else given
            target = output / _renamed(Path(name), format)
            if target in sources:
                raise EmograinError(f"{str(sources[target])!r} and {str(source)!r} would both be written to {target}")
            sources[target] = source
    if not sources:
        raise EmograinError(f"no table in {', '.join(map(str, inputs))}", f"expected files of {', '.join(SUFFIXES)}")
    return [FileJob(source, target) for target, source in sources.items()]


def predict_file(predictor: Predictor, job: FileJob, settings: Settings, attempts: Path) -> Outcome:
    """Predict one file, its rows in order, in constant memory.

    The output takes its name when it is whole, so of several attempts at one file, even at once, one is seen.

    Args:
        predictor: The model.
        job: The file.
        settings: How it is read and written.
        attempts: A folder of this file's alone, where a process that dies over it leaves what it wrote.

    Returns:
        Counts of rows, or why the file was left out.
    """
    rows = errors = notes = 0
    attempt = attempts / uuid4().hex
    try:
        with disk_errors(job.target):
            attempt.mkdir(parents=True)
        if len(list(attempts.iterdir())) > DEATHS:
            raise EmograinError(f"{job.source}: {DEATHS} processes died over it")
        with disk_errors(job.target), open_writer(attempt / job.target.name) as writer:
            columns = format_of(job.target) != "jsonl"
            predicted = predictor.predict_rows(read_rows(job.source, None, settings.column), explain=settings.explain)
            while block := list(islice(predicted, BLOCK)):
                labels, scores, words = predictor.labels, settings.all_scores, settings.explain
                writer.write([record(*each, labels, scores, columns, words) for each in block])
                rows += len(block)
                errors += sum(prediction.error is not None for _, prediction in block)
                notes += sum(prediction.note is not None for _, prediction in block)
        with disk_errors(job.target):
            job.target.parent.mkdir(parents=True, exist_ok=True)
            (attempt / job.target.name).replace(job.target)
    except EmograinError as mistake:
        return Outcome(problem=str(mistake))
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
        with suppress(OSError):  # it holds what another process left
            attempts.rmdir()
    return Outcome(rows, errors, notes)


def predict_folder(jobs: Sequence[FileJob], engine: Engine, output: Path, resume: bool = False) -> None:
    """Predict files by an engine; on standard error, how far it is and what the rows are like.

    Args:
        jobs: The files.
        engine: What predicts them.
        output: The folder that all targets are in.
        resume: Pass over the files whose output is there.

    Raises:
        EmograinError: A file could not be predicted; all others are.
        Interrupted: Ctrl-C; the files that are there are whole.
    """
    left = [job for job in jobs if not (resume and job.target.exists())]
    if len(left) < len(jobs):
        print(f"{len(jobs) - len(left):,} files are done", file=sys.stderr)
    done: list[Outcome] = []
    try:
        with (
            _scratch(output) as scratch,
            closing(engine(left, scratch)) as outcomes,
            Progress(len(left), "files") as progress,
        ):
            for outcome in outcomes:
                done.append(outcome)
                progress.advance(1)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {len(done):,} files are done", "--resume goes on with the others") from None
    rows, errors, notes = (sum(getattr(each, name) for each in done) for name in ("rows", "errors", "notes"))
    print(
        f"{len(done):,} files, {rows:,} rows: {errors:,} with an error, {notes:,} with a note; they are in {output}",
        file=sys.stderr,
    )
    if problems := [each.problem for each in done if each.problem]:
        raise EmograinError(
            f"{len(problems):,} of {len(done):,} files could not be predicted; one of them: {problems[0]}",
            "the others are done; --resume passes over them",
        )


def one_process(settings: Settings, workers: int | None = None, address: str | None = None) -> Engine:
    """The engine that takes the files one after another, with a model on all cores.

    Raises:
        EmograinError: There is no such model; or workers or an address are given, which it has no use for.
    """
    if workers is not None or address is not None:
        raise EmograinError("--workers and --address are for an engine of several processes", "--engine ray")
    predictor = load(settings.model, settings.policy)

    def run(jobs: Sequence[FileJob], scratch: Path) -> Generator[Outcome, None, None]:
        for number, job in enumerate(jobs):
            yield predict_file(predictor, job, settings, scratch / str(number))

    return run


def _tables(folder: Path) -> list[Path]:
    """Names of the tables below a folder, relative to it, in order."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    names = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return [name for name in names if _is_table(name)]


def _is_table(name: Path) -> bool:
    try:
        return bool(format_of(name))
    except EmograinError:
        return False


def _renamed(name: Path, format: str | None) -> Path:
    """The name of an input's output: its own, or with the format that it is to have."""
    found = format_of(name)
    format = format or (found if found in WRITERS else "jsonl")
    if format == found:
        return name
    return (name.with_suffix("") if name.name.endswith(PACKED) else name).with_suffix(f".{format}")


@contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """A folder for what is not whole yet. What a killed process left of an earlier one goes too."""
    with disk_errors(output):
        output.mkdir(parents=True, exist_ok=True)
        for left in output.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = Path(mkdtemp(prefix=SCRATCH, dir=output.resolve()))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
