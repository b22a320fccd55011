"""Files that are written whole or not at all, and their digests."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import EmograinError


def write_atomically(path: Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` fill a temporary file beside `path`, flush it to the disk, then give it its name.

    Whatever stops the writing, `path` is what it was before.

    Raises:
        EmograinError: The disk is full, or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(part)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
    return path


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Errors of the disk, as the user's: what could not be written, and why.

    Raises:
        EmograinError: The disk is full, or `path` cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise EmograinError(
            f"cannot write {str(path)!r}: {error.strerror or error}",
            "what was there before is untouched; make room and resume",
        ) from error


def sha256_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Return the SHA-256 of a value's JSON, with sorted keys: the fingerprint of settings and other plain values.

    >>> sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
