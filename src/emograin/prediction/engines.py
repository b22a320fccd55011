"""ENGINES: the ways to predict a folder of files, by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from ..common.progress import Progress
from .file_jobs import find_jobs
from .folder import Engine, FileSettings, local_engine, predict_folder
from .ray_engine import ray_engine

ENGINES: dict[str, Callable[[FileSettings, int | None, str | None], Engine]] = {
    "local": local_engine,
    "ray": ray_engine,
}


def predict_files(
    inputs: Sequence[str | Path],
    output: Path | None,
    settings: FileSettings,
    engine: str = "local",
    workers: int | None = None,
    address: str | None = None,
    format: str | None = None,
    resume: bool = False,
    open_progress: Callable[[int], Progress] = lambda total: Progress(total, "files", show=False),
) -> None:
    """Predict folders and files into a folder.

    Args:
        inputs: Folders and files.
        output: Output folder.
        settings: How each file is read, predicted and written.
        engine: A key of `ENGINES`.
        workers: Number of processes, for engines with several.
        address: Address of the cluster, for engines that run on one.
        format: Output format; None: each input's own.
        resume: Skip files whose output exists.
        open_progress: Number of files -> a progress bar; silent by default.

    Raises:
        EmograinError: The engine cannot start, or some files could not be predicted; all others were. Or outputs to
            resume are of another model or other options.
        Interrupted: Ctrl-C; every output that exists is complete.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if output is None:
        raise EmograinError("an output folder is required for several files or --engine", "--output FOLDER")
    jobs = find_jobs([Path(each) for each in inputs], output, format)
    started = ENGINES[engine](settings, workers, address)
    predict_folder(jobs, started, output, settings.describe(), resume, open_progress)
