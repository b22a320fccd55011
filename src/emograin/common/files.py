"""Atomic writing of files, reading of array files, and SHA-256."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from .errors import EmograinError


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name beside `path`, flush it to disk, then rename it.

    If the block fails, the temporary file is deleted and `path` is unchanged.

    Yields:
        Temporary path, for the block to write to.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


def write_atomically(path: Path, write: Callable[[Path], Any]) -> Path:
    """Write a file completely or not at all, and create its folder.

    Args:
        path: File to write.
        write: Function that writes the content to the temporary path it gets.

    Returns:
        `path`.

    Raises:
        EmograinError: The disk is full, or the folder cannot be written to.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as part:
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


def read_arrays(path: str | Path, names: Sequence[str], hint: str | None = None) -> list[Any]:
    """Read arrays of an .npz file. Pickled objects are refused.

    Args:
        path: Path of the file.
        names: Names of the arrays.
        hint: Hint of the error, if the file is damaged.

    Returns:
        The arrays, in the order of their names.

    Raises:
        FileNotFoundError: The file does not exist; the caller knows what makes it.
        EmograinError: The file is damaged, or lacks an array.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", hint) from None


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into an error for the user.

    Args:
        path: File that the block writes, for the error.

    Raises:
        EmograinError: The block raised an `OSError`, such as for a full disk.
    """
    try:
        yield
    except OSError as error:
        raise EmograinError(
            f"cannot write {str(path)!r}: {error.strerror or error}",
            "the previous content is unchanged; free disk space and resume",
        ) from error


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
