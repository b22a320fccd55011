"""Locks of outputs: one writer at a time."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has other locks; there, nothing is locked
    fcntl = None  # type: ignore[assignment]

from .errors import EmograinError

UNSUPPORTED = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)  # file systems without locks

_held: set[int] = set()  # descriptors of locks of this process


def lock_path(path: Path) -> Path:
    """Return the path of an output's lock file: in a folder that exists, otherwise beside the output.

    >>> str(lock_path(Path("scores.csv")))
    '.scores.csv.lock'
    """
    return path / ".lock" if path.is_dir() else path.with_name(f".{path.name}.lock")


@contextmanager
def locked(path: Path, wait: bool = False) -> Iterator[None]:
    """Hold the lock of an output, so that no other process or thread writes it.

    The system releases the lock when the process ends, even if it is killed. Where the file system or the operating
    system has no such locks, nothing is locked.

    Args:
        path: A file, which need not exist, in a folder that exists; or a folder that exists. Links to one file or
            folder need one path: resolve them first.
        wait: Wait until the lock is free, instead of failing.

    Raises:
        EmograinError: Another process holds the lock and `wait` is not set, or the lock file cannot be created.
    """
    if fcntl is None:
        yield
        return
    lock = lock_path(path)
    try:
        descriptor = _acquire(lock, wait)
    except BlockingIOError:
        raise EmograinError(f"{str(path)!r} is being written by another process", "wait until it ends") from None
    except OSError as error:
        raise EmograinError(f"cannot write {str(path)!r}: {error.strerror}") from error
    owner = os.getpid()
    _held.add(descriptor)
    try:
        yield
    finally:
        if os.getpid() == owner:  # a forked child has only closed its copy
            _held.discard(descriptor)
            with suppress(OSError):  # the folder may be gone
                lock.unlink()  # before the release: the next process creates a new file
            os.close(descriptor)


def _acquire(lock: Path, wait: bool) -> int:
    """Create and lock a file, and return its descriptor.

    Raises:
        BlockingIOError: Another process holds the lock.
        OSError: The file cannot be created.
    """
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in UNSUPPORTED:
                return descriptor
            os.close(descriptor)
            raise
        os.close(descriptor)  # the previous holder has deleted this file: lock the new one


def _close_in_child() -> None:
    """Close a forked child's copies, which would hold the locks when the parent has ended."""
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
