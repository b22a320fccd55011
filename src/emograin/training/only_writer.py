"""One training per run folder, by a lock; what killed trainings left behind is removed by the next one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..common.files import disk_errors, resolved
from ..common.locks import locked
from ..models.run_folder import RunFolder

# Temporary files of a training: safetensors writes its own beside ours. Those of evaluations are in subfolders.
LEFTOVERS = (
    ".tmp??????",
    "run.json.part",
    "taxonomy.json.part",
    "thresholds.json.part",
    "curve.csv.part",
    "*.safetensors.part",
    "*.npy.part",
)


@contextmanager
def only_writer(run: RunFolder, resume: bool) -> Iterator[None]:
    """Hold the lock of a run folder, and remove the temporary files of killed trainings.

    Of several processes that train together, the main one holds the lock for all.

    Args:
        run: The run folder; it is created.
        resume: The folder must hold a run.

    Raises:
        EmograinError: Another training writes the folder, it holds no run to resume, or it cannot be created.
    """
    if resume:
        run.require()
    if int(os.environ.get("RANK", "0")) > 0:
        yield
        return
    path = resolved(run.path)
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    try:
        with locked(path):
            for pattern in LEFTOVERS:
                for leftover in path.glob(pattern):
                    with suppress(OSError):
                        leftover.unlink()
            yield
    finally:
        with suppress(OSError):  # not empty, unless the training failed before it wrote anything
            path.rmdir()
