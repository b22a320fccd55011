"""Checks of outputs against inputs: what is read must not be overwritten."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from .errors import EmograinError
from .files import part_description_path, partial_path, resolved
from .locks import lock_path

File = Path | IO[Any]
STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def unless_standard(output: Path | None) -> Path | None:
    """Return None, for standard output, if a path names it: the file that it is redirected to must not be replaced."""
    return None if output is None or str(output) in STANDARD_OUTPUT else output


def require_not_input(output: File, inputs: Iterable[File]) -> None:
    """Check that an output is none of the inputs, see `require_not_inputs`."""
    require_not_inputs([output], inputs)


def require_not_inputs(outputs: Iterable[File], inputs: Iterable[File]) -> None:
    """Check that no output is one of the inputs: the file itself, one of its temporary files or its lock.

    Files are the same if device and inode are, so links count. Terminals, pipes and devices may be both.

    Args:
        outputs: Paths, and open streams such as standard output.
        inputs: Paths and open streams.

    Raises:
        EmograinError: An output is one of the inputs, or its path has a loop of links.
    """
    read = {_identity(each): each for each in inputs}
    read.pop(None, None)
    for output in outputs:
        for written in _written(output):
            if given := read.get(_identity(written)):
                through = "" if written is output else f" is written through {str(written)!r}, which"
                raise EmograinError(
                    f"the output {_name(output)}{through} is the input {_name(given)}",
                    "nothing was written; choose another --output",
                )


def require_writable(output: Path) -> None:
    """Check that an output can be written, before work is done for it; folders that are missing can be created.

    Raises:
        EmograinError: The output is a folder, or its folder cannot be written to.
    """
    target = resolved(output)
    if target.is_dir():
        raise EmograinError(f"cannot write {str(output)!r}: it is a folder", "--output FILE")
    folder = next(parent for parent in target.parents if parent.exists())
    if not target.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise EmograinError(f"cannot write {str(output)!r}: {str(folder)!r} is no folder that can be written to")


def require_apart(output: Path, folder: Path) -> None:
    """Check that an output folder neither is an input folder, nor is inside it, nor holds it.

    Raises:
        EmograinError: It does; outputs would be read again, or replace inputs.
    """
    for inner, outer, relation in ((output, folder, "is inside"), (folder, output, "holds")):
        inside = resolved(inner)
        if any(_same_folder(parent, outer) for parent in (inside, *inside.parents)):
            raise EmograinError(
                f"the output {str(output)!r} {relation} the input {str(folder)!r}, whose files it could replace",
                "--output FOLDER, outside the input",
            )


def _written(output: File) -> list[File]:
    if not isinstance(output, Path):
        return [output]
    target = resolved(output)
    return [output, partial_path(target), part_description_path(target), lock_path(target)]


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one does not exist yet
        return False


def _identity(file: File) -> tuple[int, int] | None:
    """Return device and inode of a regular file; None for anything else."""
    try:
        found = file.stat() if isinstance(file, Path) else os.fstat(file.fileno())
    except (OSError, ValueError, AttributeError):  # it does not exist, or is a stream in memory
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _name(file: File) -> str:
    return repr(str(file) if isinstance(file, Path) else getattr(file, "name", "stream"))
