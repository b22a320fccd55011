"""Standard input, output and error that are closed, full, or cannot encode a text."""

import codecs
import io
import os
import sys
from contextlib import suppress
from errno import EBADF
from typing import Any, NoReturn

ESCAPE = "emograin-escape"  # error handler of encoding


def prepare_streams() -> None:
    """Replace closed standard streams, and make standard output escape characters that its encoding lacks.

    Reading or writing a closed stream raises an `OSError`; messages to a closed standard error are dropped.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            _occupy(number)
            setattr(sys, name, _replacement(name))
    codecs.register_error(ESCAPE, _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPE)


def flush_output() -> OSError | None:
    """Flush standard output. If that fails, return why, and drop what is left: Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with suppress(OSError):  # not a file of the system
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(raw := getattr(getattr(sys.stdout, "buffer", None), "raw", None), _Closed):
            raw.silent = True
        return error
    return None


class _Closed(io.RawIOBase):
    """A stream that fails whenever it is used, unless it is silent: then it drops what is written."""

    def __init__(self, name: str):
        self.name = name
        self.silent = False

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _: object) -> NoReturn:
        raise OSError(EBADF, "it is closed", self.name)

    def write(self, data: Any) -> int:
        if self.silent:
            return len(data)
        raise OSError(EBADF, "it is closed", self.name)


def _replacement(name: str) -> io.TextIOWrapper:
    if name == "stdin":
        return io.TextIOWrapper(io.BufferedReader(_Closed("standard input")), "utf-8")
    if name == "stdout":
        return io.TextIOWrapper(io.BufferedWriter(_Closed("standard output")), "utf-8")
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends


def _occupy(number: int) -> None:
    """Open the null device as a closed descriptor: the next file opened would get its number, and our messages."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Escape characters as \uXXXX, in UTF-16, as JSON and people read them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end
