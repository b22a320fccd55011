"""Atomic writing of files, reading of array files, and SHA-256."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from .errors import EmograinError
from .locks import locked

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # errors of a full disk


def partial_path(path: Path) -> Path:
    """Return the path that holds the content of a file until it is complete."""
    return path.with_name(path.name + ".part")


def leftovers(names: Collection[str]) -> set[str]:
    """Return the names of all files that a killed process may leave in a folder to which it writes files of `names`."""
    return {".lock", *(f"{name}.part" for name in names), *(f".{name}.lock" for name in names)}


def part_description_path(path: Path) -> Path:
    """Return the path of the file that records how `partial_path(path)` was written, for resuming it."""
    return path.with_name(path.name + ".part.json")


def is_regular_file(path: Path) -> bool:
    """Return whether an output is or will be a regular file, not a device or a pipe."""
    return path.is_file() or not path.exists()


def resolved(path: Path) -> Path:
    """Return an absolute path without links.

    Raises:
        EmograinError: The links form a loop, or a name is too long.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop, before Python 3.13
        raise EmograinError(f"cannot open {str(path)!r}: {getattr(error, 'strerror', None) or error}") from None


def keep_mode(path: Path, part: Path) -> None:
    """Create the file that will replace another one, if there is one, with its permissions: it may be private."""
    if path.is_file():
        part.touch()
        with suppress(OSError):  # a file system without permissions
            shutil.copymode(path, part)


@contextmanager
def writing(path: Path, wait: bool = False) -> Iterator[Path]:
    """Write a file under a temporary name beside `path`, flush it to disk, then rename it.

    If the block fails, the temporary file is deleted and `path` is unchanged. The block holds the file's lock.

    Args:
        path: File to write.
        wait: Wait for another process that writes the file, instead of failing.

    Yields:
        Temporary path, for the block to write to.

    Raises:
        EmograinError: Another process writes the file, or its folder cannot be written to.
    """
    part = partial_path(path)
    with locked(path, wait):
        try:
            keep_mode(path, part)
            yield part
            with part.open("r+b") as file:  # Windows flushes files that are open for writing only
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink()


def write_atomically(path: Path, write: Callable[[Path], Any]) -> Path:
    """Write a file completely or not at all, and create its folder. Wait while another process writes the same file.

    Args:
        path: File to write.
        write: Function that writes the content to the temporary path it gets.

    Returns:
        `path`.

    Raises:
        EmograinError: The disk is full, or the folder cannot be written to.
    """
    with disk_errors(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            write(path)  # a device or a pipe, such as /dev/stdout, must not be replaced by a file
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path, wait=True) as part:
            write(part)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a UTF-8 text file completely or not at all, and create its folder.

    Returns:
        `path`.

    Raises:
        EmograinError: The disk is full, or the folder cannot be written to.
    """
    return write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def read_arrays(path: str | Path, names: Sequence[str], hint: str | None = None, optional: bool = False) -> list[Any]:
    """Read arrays of an .npz file. Pickled objects are refused.

    Args:
        path: Path of the file.
        names: Names of the arrays.
        hint: Hint of the error, if the file is damaged.
        optional: Return None for an array that the file lacks.

    Returns:
        The arrays, in the order of their names.

    Raises:
        FileNotFoundError: The file does not exist; the caller adds a hint.
        EmograinError: The file is damaged, or lacks an array that is not optional.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [None if optional and name not in arrays else arrays[name] for name in names]
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", hint) from None


@contextmanager
def disk_errors(path: str | Path, resumable: bool = False) -> Iterator[None]:
    """Turn an `OSError` of the block into an error for the user.

    Args:
        path: File that the block writes, or the name of a stream as a string, for the error.
        resumable: The command that writes the file can resume.

    Raises:
        EmograinError: The block raised an `OSError`, such as for a full disk.
        BrokenPipeError: The reader of a pipe has closed it, which is not the user's mistake.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = None
        if error.errno in FULL and isinstance(path, Path) and is_regular_file(path):
            kept = "the previous content is unchanged; " if path.exists() else ""
            hint = f"{kept}free disk space{' and continue with --resume' * resumable}"
        raise EmograinError(f"cannot write {str(path)!r}: {error.strerror or error}", hint) from error


def sha256_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Return the SHA-256 of a value as JSON with sorted keys, as hexadecimal digits.

    >>> sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
