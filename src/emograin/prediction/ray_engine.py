"""Files predicted by several processes, on this machine or a cluster: Ray Data, one model a worker.

A file is what a worker takes at a time: it reads it, predicts it and writes its output, with the code that one process
has for it, so rows are the same and none of them passes through the process that was started. (Ray's own readers infer
types and stop at a malformed row.) Where a worker dies, Ray gives its file to another one.
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
from .folder import DEATHS, Engine, FileJob, Outcome, Settings, predict_file
from .onnx.session import available_cores
from .predictor import load

OBJECT_STORE = 128 * 1024**2  # bytes; what goes through it is a number a file
PATIENCE = 5.0  # seconds for a cluster to answer


class FileWorker:
    """A worker: a model, and files one after another.

    Args:
        jobs: All files.
        settings: How each is read, predicted and written.
        scratch: A folder for what is not whole yet.
        threads: Of this worker.
    """

    def __init__(self, jobs: Sequence[FileJob], settings: Settings, scratch: Path, threads: int):
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # the tokenizer's; torch reads OMP_NUM_THREADS, which Ray sets
        self.jobs, self.settings, self.scratch = jobs, settings, scratch
        self.predictor = load(settings.model, settings.policy, threads)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with the number of a file -> its outcome."""
        number = int(row["number"])
        outcome = predict_file(self.predictor, self.jobs[number], self.settings, self.scratch / str(number))
        found = asdict(outcome)
        return found | {"problem": outcome.problem.encode("utf-8", "replace").decode()}  # a file may have any name


def ray_workers(settings: Settings, workers: int | None = None, address: str | None = None) -> Engine:
    """The engine that gives the files to workers of Ray, the largest first.

    Args:
        settings: How each file is read, predicted and written.
        workers: How many; by default as many as there are cores.
        address: HOST:PORT of a cluster, or "auto"; by default workers run on this machine.

    Raises:
        EmograinError: Ray is not installed, there is no such model, or no cluster answers.
    """
    ray = _quiet_ray()
    if workers is not None and workers < 1:
        raise EmograinError(f"expected at least 1 worker, got {workers}", "--workers 2")
    if address is not None:
        _require_answer(address)
    load(settings.model, settings.policy)  # so that what is wrong with it is said here and once

    def run(jobs: Sequence[FileJob], scratch: Path) -> Generator[Outcome, None, None]:
        if not jobs:
            return
        order = sorted(range(len(jobs)), key=lambda number: jobs[number].source.stat().st_size, reverse=True)
        here = [FileJob(job.source.absolute(), job.target.absolute()) for job in jobs]  # a worker may be elsewhere
        model = settings.model and settings.model.absolute()
        arguments = (here, replace(settings, model=model), scratch)
        with _cluster(ray, workers, address) as (size, threads):
            rows = ray.data.from_items([{"number": number} for number in order], override_num_blocks=len(order))
            outcomes = rows.map(
                FileWorker,
                fn_constructor_args=(*arguments, threads),
                compute=ray.data.ActorPoolStrategy(size=min(size, len(jobs)), max_tasks_in_flight_per_actor=1),
                num_cpus=threads,
            )
            try:
                for row in outcomes.iter_rows():
                    yield Outcome(**row)
            except ray.exceptions.RayError as error:
                raise EmograinError(
                    f"Ray stopped: {str(error).strip().splitlines()[-1]}", "--resume goes on"
                ) from error

    return run


def _quiet_ray() -> Any:
    """Ray, which neither reports home nor prints what it does.

    Raises:
        EmograinError: It is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    ray: Any = import_optional("ray", "scale")
    import_optional("ray.data", "scale")
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.max_consecutive_actor_init_deaths = DEATHS  # by default one killed while it loads its model ends all
    return ray


@contextmanager
def _cluster(ray: Any, workers: int | None, address: str | None) -> Iterator[tuple[int, int]]:
    """Ray, for as long as it is needed: how many workers, and threads of each."""
    cores = available_cores()
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "include_dashboard": False}
    with ExitStack() as stack:
        if address is None:
            size = workers or cores
            threads = max(1, cores // size)
            short = "/tmp" if Path("/tmp").is_dir() else None  # the paths of Ray's sockets must be
            folder = stack.enter_context(
                TemporaryDirectory(prefix="emograin-ray-", dir=short, ignore_cleanup_errors=True)
            )
            # Whoever has its token may run code in our workers: one of ours, which Ray does not keep in the home.
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
        yield (size, threads) if address is None else _share(ray, workers)


def _share(ray: Any, workers: int | None) -> tuple[int, int]:
    """Workers on a cluster that runs already, and threads of each, none of them over two machines."""
    cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    size = workers or max(1, sum(cores))
    threads = max(1, min(sum(cores) // size, max(cores)))
    while threads > 1 and sum(each // threads for each in cores) < size:
        threads -= 1
    if sum(cores) < size:
        raise EmograinError(f"the cluster has {sum(cores)} cores, expected one a worker, {size}", "--workers")
    return size, threads


def _require_answer(address: str) -> None:
    """Ray itself waits for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if address == "auto":
        return
    if not host or not port.isdecimal():
        raise EmograinError(f"expected the address HOST:PORT or auto, got {address!r}", "--address")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmograinError(f"no cluster answers at {address}: {reason}", "ray start --head") from None
