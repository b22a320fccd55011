"""Predict files with several processes, on this machine or a cluster: Ray Data, one model per worker.

The unit of work is a file: a worker reads it, predicts it and writes its output with the code of the local engine, so
rows are the same and none passes through the driver process. (Ray's own readers infer types and stop at a malformed
row.) If a worker dies, Ray gives its file to another one.
"""

import logging
import os
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

from ..common.errors import EmograinError
from ..common.optional import import_optional
from .file_jobs import FileJob
from .folder import MAX_ATTEMPTS, Engine, FileResult, FileSettings, predict_file
from .onnx.session import available_cores

OBJECT_STORE = 128 * 1024**2  # bytes; it holds a few numbers per file
CONNECT_TIMEOUT = 5.0  # seconds


class FileWorker:
    """A worker process: loads a model and predicts files one after another.

    Args:
        jobs: All files.
        settings: How each file is read, predicted and written.
        scratch: Folder for partial outputs.
        threads: Number of threads of this worker.
    """

    def __init__(self, jobs: Sequence[FileJob], settings: FileSettings, scratch: Path, threads: int):
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # the tokenizer's; torch reads OMP_NUM_THREADS, which Ray sets
        self.jobs, self.settings, self.scratch = jobs, settings, scratch
        self.predictor = settings.load(threads)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Predict the file with the index `row["index"]` and return the fields of its result."""
        index = int(row["index"])
        result = predict_file(self.predictor, self.jobs[index], self.settings, self.scratch / str(index))
        # Arrow takes valid Unicode only, and file names may be anything.
        return asdict(result) | {"problem": result.problem.encode("utf-8", "replace").decode()}


def ray_engine(settings: FileSettings, workers: int | None = None, address: str | None = None) -> Engine:
    """Create the engine that distributes files to Ray workers, the largest files first.

    Args:
        settings: How each file is read, predicted and written.
        workers: Number of workers; None: the number of cores.
        address: HOST:PORT of a cluster, or "auto"; None: workers on this machine.

    Raises:
        EmograinError: Ray is not installed, the model cannot be loaded, or no cluster answers.
    """
    ray = _quiet_ray()
    if workers is not None and workers < 1:
        raise EmograinError(f"expected at least 1 worker, got {workers}", "--workers 2")
    if address is not None:
        _check_connection(address)
    settings.load()  # report a wrong model here, and only once

    def run(jobs: Sequence[FileJob], scratch: Path) -> Generator[FileResult, None, None]:
        if not jobs:
            return
        order = sorted(range(len(jobs)), key=lambda index: jobs[index].source.stat().st_size, reverse=True)
        # Workers may have another working directory.
        absolute = [FileJob(job.source.absolute(), job.target.absolute()) for job in jobs]
        model = settings.model and settings.model.absolute()
        arguments = (absolute, replace(settings, model=model), scratch)
        with _cluster(ray, workers, address) as (size, threads):
            rows = ray.data.from_items([{"index": index} for index in order], override_num_blocks=len(order))
            results = rows.map(
                FileWorker,
                fn_constructor_args=(*arguments, threads),
                compute=ray.data.ActorPoolStrategy(size=min(size, len(jobs)), max_tasks_in_flight_per_actor=1),
                num_cpus=threads,
            )
            try:
                for row in results.iter_rows():
                    yield FileResult(**row)
            except ray.exceptions.RayError as error:
                raise EmograinError(
                    f"Ray stopped: {str(error).strip().splitlines()[-1]}", "continue with --resume"
                ) from error

    return run


def _quiet_ray() -> Any:
    """Import Ray, without usage reports and log output.

    Raises:
        EmograinError: Ray is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    ray: Any = import_optional("ray", "scale")
    import_optional("ray.data", "scale")
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    # By default, one worker that is killed while it loads its model ends the whole job.
    context.max_consecutive_actor_init_deaths = MAX_ATTEMPTS
    return ray


@contextmanager
def _cluster(ray: Any, workers: int | None, address: str | None) -> Iterator[tuple[int, int]]:
    """Start Ray or connect to it; yield the number of workers and of threads per worker; shut it down."""
    cores = available_cores()
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "include_dashboard": False}
    with ExitStack() as stack:
        if address is None:
            size = workers or cores
            threads = max(1, cores // size)
            short = "/tmp" if Path("/tmp").is_dir() else None  # socket paths have a maximum length
            folder = stack.enter_context(
                TemporaryDirectory(prefix="emograin-ray-", dir=short, ignore_cleanup_errors=True)
            )
            # The token lets others run code in the workers. Without it, Ray would store one in the home directory.
            os.environ.setdefault("RAY_AUTH_TOKEN", token_hex())
            options |= {"address": "local", "num_cpus": size * threads, "num_gpus": 0, "_temp_dir": folder}
            options |= {"object_store_memory": OBJECT_STORE}
        else:
            options |= {"address": address}
        stack.callback(ray.shutdown)
        try:
            ray.init(**options)
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise EmograinError(
                f"cannot start Ray: {' '.join(str(error).split())}",
                "--address HOST:PORT; a cluster with a token needs RAY_AUTH_MODE=token",
            ) from None
        yield (size, threads) if address is None else _divide_cores(ray, workers)


def _divide_cores(ray: Any, workers: int | None) -> tuple[int, int]:
    """Return the number of workers on a running cluster, and of threads per worker, so that each fits one machine.

    Raises:
        EmograinError: The cluster has fewer cores than workers.
    """
    cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    size = workers or max(1, sum(cores))
    threads = max(1, min(sum(cores) // size, max(cores)))
    while threads > 1 and sum(each // threads for each in cores) < size:
        threads -= 1
    if sum(cores) < size:
        raise EmograinError(
            f"the cluster has {sum(cores)} cores, expected at least one per worker, {size}", "--workers"
        )
    return size, threads


def _check_connection(address: str) -> None:
    """Connect to a cluster once: Ray itself waits for minutes before it fails.

    Raises:
        EmograinError: The address is malformed, or nothing answers.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if address == "auto":
        return
    if not host or not port.isdecimal():
        raise EmograinError(f"expected the address HOST:PORT or auto, got {address!r}", "--address")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmograinError(f"no cluster answers at {address}: {reason}", "ray start --head") from None
