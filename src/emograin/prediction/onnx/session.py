"""A network in onnxruntime on all cores: all threads on a batch where there are few, a batch a thread where many."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...common.errors import EmograinError

MANY = 16  # batches for which a second session, of one thread, is worth its start
EACH = 2  # batches a thread, or some threads have none for long
Item = TypeVar("Item")


class NetworkFile:
    """model.onnx, as a path or as bytes: read once a session, the same all the time.

    Args:
        network: The path, or the content.
    """

    def __init__(self, network: Path | bytes):
        self._network = network
        self._state = self._now()

    def given(self) -> str | bytes:
        """What a session is made of.

        Raises:
            EmograinError: The file is not the one that it was.
        """
        if self._now() != self._state:
            name = str(self._network)
            raise EmograinError(f"{name!r} was replaced or removed while it was in use", "load the model again")
        return self._network if isinstance(self._network, bytes) else str(self._network)

    def _now(self) -> tuple[int, ...] | None:
        if isinstance(self._network, bytes) or not self._network.exists():
            return None
        found = self._network.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns


class OnnxNetwork:
    """Runs a network.

    Args:
        file: The network.
        threads: How many work at once; 0 takes all cores that this process may use.
        constants: What takes the place of constants of the network, by name.

    Attributes:
        outputs: Names of what it can compute.

    Raises:
        EmograinError: The network cannot be read.
    """

    def __init__(self, file: NetworkFile, threads: int = 0, constants: Mapping[str, np.ndarray] | None = None):
        from onnxruntime import OrtValue

        self._file = file
        self._threads = threads or available_cores()
        # Sessions read them where they are: they must live as long.
        self._constants = {name: OrtValue.ortvalue_from_numpy(value) for name, value in (constants or {}).items()}
        self._session = self._start(self._threads)
        self.outputs = {each.name for each in self._session.get_outputs()}

    def run(
        self, outputs: Sequence[str], inputs: Callable[[Item], Mapping[str, np.ndarray]], batches: Sequence[Item]
    ) -> Iterator[list[np.ndarray]]:
        """The outputs of each batch, in order. Inputs are made of a batch when its turn comes."""
        if self._threads == 1 or len(batches) < max(MANY, EACH * self._threads):
            yield from (self._session.run(outputs, inputs(batch)) for batch in batches)
            return
        session, pool = self._alone
        yield from pool.map(lambda batch: session.run(outputs, inputs(batch)), batches)

    @cached_property
    def _alone(self) -> tuple[Any, ThreadPoolExecutor]:
        """A session that works in the thread that calls it, and threads to call it."""
        return self._start(1), ThreadPoolExecutor(self._threads, "emograin")

    def _start(self, threads: int) -> Any:
        import onnxruntime

        network = self._file.given()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_mem_pattern = False  # or memory grows with every new shape
        options.log_severity_level = 3
        # onnxruntime's fused operator is several times slower on CPUs than what it replaces (docs/log.md).
        disabled = ["SkipLayerNormFusion"]
        if self._constants:
            disabled.append("ConstantFolding")  # it would read what is in the file
        for name, value in self._constants.items():
            options.add_initializer(name, value)
        try:
            return onnxruntime.InferenceSession(
                network, options, providers=["CPUExecutionProvider"], disabled_optimizers=disabled
            )
        except Exception as error:  # its errors share no public class
            raise EmograinError(
                f"onnxruntime {onnxruntime.__version__} cannot read the network: {str(error).splitlines()[0]}"
            ) from error


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
