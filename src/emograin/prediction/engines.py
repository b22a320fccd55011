"""ENGINES: what predicts a folder of files, by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from .folder import Engine, Settings, jobs_of, one_process, predict_folder
from .ray_engine import ray_workers

ENGINES: dict[str, Callable[[Settings, int | None, str | None], Engine]] = {"local": one_process, "ray": ray_workers}


def predict_files(
    inputs: Sequence[str | Path],
    output: Path | None,
    settings: Settings,
    engine: str = "local",
    workers: int | None = None,
    address: str | None = None,
    format: str | None = None,
    resume: bool = False,
) -> None:
    """Predict folders and files into a folder.

    Args:
        inputs: Folders and files.
        output: A folder.
        settings: How each file is read, predicted and written.
        engine: A key of `ENGINES`.
        workers: Of an engine of several processes, how many.
        address: Of such an engine, the cluster.
        format: Of the output; by default each input's own.
        resume: Pass over the files whose output is there.

    Raises:
        EmograinError: The engine cannot start, or a file could not be predicted; all others are.
        Interrupted: Ctrl-C; the files that are there are whole.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if output is None:
        raise EmograinError("several files, and an engine, need a folder to write to", "--output FOLDER")
    jobs = jobs_of([Path(each) for each in inputs], output, format)
    predict_folder(jobs, ENGINES[engine](settings, workers, address), output, resume)
