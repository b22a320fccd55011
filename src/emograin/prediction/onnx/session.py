"""An ONNX Runtime session that uses all cores: within a batch if there are few batches, else one batch per thread.

A forked process has none of its parent's threads, so sessions and pools, which wait for theirs, are started anew there.
"""

import ctypes
import os
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...common.devices import CUDA_PROVIDER, ON_CPU, onnx_providers
from ...common.errors import EmograinError
from ...common.onnx_runtime import import_onnxruntime

MIN_PARALLEL_BATCHES = 16  # below, starting a second, single-threaded session takes longer than it saves
MIN_BATCHES_PER_THREAD = 2  # below, some threads are idle most of the time
Item = TypeVar("Item")


class OnnxFile:
    """A model.onnx, as a path or as bytes. Every session loads it anew, so the file must not change in between.

    Args:
        model: Path or content of the file.
    """

    def __init__(self, model: Path | bytes):
        self._model = model
        self._loaded = self._stat()

    def load(self) -> str | bytes:
        """Return the path or the content, for a new session.

        Raises:
            EmograinError: The file was replaced or removed.
        """
        if self._stat() != self._loaded:
            name = str(self._model)
            raise EmograinError(f"{name!r} was replaced or removed while it was in use", "load the model again")
        return self._model if isinstance(self._model, bytes) else str(self._model)

    def _stat(self) -> tuple[int, ...] | None:
        """Return the file's inode, size and modification time; None for bytes and missing files."""
        if isinstance(self._model, bytes) or not self._model.exists():
            return None
        found = self._model.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns


class OnnxSession:
    """Run a model on one or many batches.

    Args:
        source: The model.
        threads: Number of threads; 0 uses all cores available to this process.
        constants: Replacements for constants of the model, by name.
        device: cpu or cuda.

    Attributes:
        outputs: Names of the model's outputs.

    Raises:
        EmograinError: ONNX Runtime cannot read the model, or compute a batch, or has no such device.
    """

    def __init__(
        self,
        source: OnnxFile,
        threads: int = 0,
        constants: Mapping[str, np.ndarray] | None = None,
        device: str = "cpu",
    ):
        ort_value = import_onnxruntime().OrtValue
        self._source = source
        self._providers = onnx_providers(device)
        self._threads = threads or available_cores()
        # Sessions do not copy them: they must live as long.
        self._constants = {name: ort_value.ortvalue_from_numpy(value) for name, value in (constants or {}).items()}
        self._session: Any = self._new_session(self._threads)
        self._single_threaded: Any = None
        self._pool: ThreadPoolExecutor | None = None
        self.outputs = {each.name for each in self._session.get_outputs()}
        _sessions.add(self)

    def run(
        self, outputs: Sequence[str], inputs: Callable[[Item], Mapping[str, np.ndarray]], batches: Sequence[Item]
    ) -> Iterator[list[np.ndarray]]:
        """Yield the outputs of each batch, in order.

        Args:
            outputs: Names of the outputs to compute.
            inputs: Called with a batch when its turn comes; returns the model's inputs, each (batch, tokens), by name.
            batches: The batches.

        Yields:
            One array per name in `outputs`, the first axis of each is the batch.
        """
        on_gpu = self._providers[0] == CUDA_PROVIDER
        enough = max(MIN_PARALLEL_BATCHES, MIN_BATCHES_PER_THREAD * self._threads)
        if on_gpu or self._threads == 1 or len(batches) < enough:
            if self._session is None:
                self._session = self._new_session(self._threads)
            yield from (_run(self._session, outputs, inputs(batch)) for batch in batches)
            return
        # A session that computes in the calling thread, and a pool of threads to call it.
        if self._pool is None:
            self._single_threaded = self._new_session(1)
            self._pool = ThreadPoolExecutor(self._threads, "emograin")
        session = self._single_threaded
        yield from self._pool.map(lambda batch: _run(session, outputs, inputs(batch)), batches)

    def forget_threads(self) -> None:
        """Drop sessions and pool in a forked process; the next batch starts new ones.

        They are never freed, not even at exit: that would wait for threads that exist in the parent only.
        """
        for each in (self._session, self._single_threaded, self._pool):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))
        self._session = self._single_threaded = self._pool = None

    def _new_session(self, threads: int) -> Any:
        """Start an onnxruntime.InferenceSession.

        Raises:
            EmograinError: ONNX Runtime cannot read the model.
        """
        onnxruntime = import_onnxruntime()
        model = self._source.load()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_mem_pattern = False  # or memory grows with every new shape
        options.log_severity_level = 4  # errors are raised; it would log each of them as well
        # Several times slower on CPUs than the operators that it replaces (docs/log.md).
        disabled = ["SkipLayerNormFusion"]
        if self._constants:
            disabled.append("ConstantFolding")  # it would fold the constants of the file
        for name, value in self._constants.items():
            options.add_initializer(name, value)
        try:
            session = onnxruntime.InferenceSession(
                model, options, providers=self._providers, disabled_optimizers=disabled
            )
        except Exception as error:  # its errors share no public class
            raise EmograinError(
                f"onnxruntime {onnxruntime.__version__} cannot read the network: {str(error).splitlines()[0]}"
            ) from error
        if session.get_providers()[0] != self._providers[0]:  # it continues without a provider that cannot start
            raise EmograinError(
                f"no device cuda: onnxruntime {onnxruntime.__version__} finds no GPU, or not the libraries of CUDA and "
                "cuDNN that it needs",
                f"pip install 'onnxruntime-gpu[cuda,cudnn]'; or {ON_CPU}",
            )
        return session


def _run(session: Any, outputs: Sequence[str], inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Compute one batch.

    Raises:
        EmograinError: ONNX Runtime fails, for example because ids of the tokenizer exceed the table of embeddings.
    """
    try:
        return session.run(outputs, inputs)
    except Exception as error:  # its errors share no public class
        reason = str(error).splitlines()[0]
        if "indices element out of data bounds" in reason:
            reason = f"ids of the tokenizer exceed the table of embeddings: {reason}"
        raise EmograinError(f"the network failed: {reason}") from None


_sessions: "weakref.WeakSet[OnnxSession]" = weakref.WeakSet()
_unset_by_fork: list[str] = []


def _before_fork() -> None:
    """Switch the thread pool of the tokenizers library off for the child, which would otherwise warn or wait for it."""
    if "TOKENIZERS_PARALLELISM" not in os.environ:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        _unset_by_fork.append("TOKENIZERS_PARALLELISM")


def _after_fork_in_parent() -> None:
    while _unset_by_fork:
        os.environ.pop(_unset_by_fork.pop(), None)


def _after_fork_in_child() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _unset_by_fork.clear()
    for session in list(_sessions):
        session.forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
