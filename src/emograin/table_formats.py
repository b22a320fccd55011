"""What reading and writing tables share: the formats, how files are opened, blocks of rows."""

import gzip
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Literal, cast

from .errors import EmograinError

BLOCK = 1024  # rows held at once where a format is read or written in blocks
SUFFIXES = {".txt": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def format_of(path: str | Path) -> str:
    """The format of a file, from its extension; text formats may end in .gz.

    Raises:
        EmograinError: The extension is none of `SUFFIXES`.

    >>> format_of("reviews.tsv.gz"), format_of("reviews.ndjson")
    ('tsv', 'jsonl')
    """
    name = SUFFIXES.get(Path(str(path).removesuffix(".gz")).suffix.lower())
    if name is None or (name == "parquet" and str(path).endswith(".gz")):
        raise EmograinError(f"unknown kind of file {str(path)!r}", f"expected one of {', '.join(SUFFIXES)}")
    return name


def opened(source: str | Path | IO[Any], mode: Literal["rb", "wb"]) -> AbstractContextManager[IO[Any]]:
    """The bytes of a path, packed where it ends in .gz; of a stream the bytes beneath it, if any, left open."""
    if isinstance(source, str | Path):
        return cast(IO[Any], gzip.open(source, mode) if str(source).endswith(".gz") else Path(source).open(mode))
    if mode == "wb":
        source.flush()  # what was printed to a stream of text goes before what is written to the bytes beneath it
    return nullcontext(getattr(source, "buffer", source))


@contextmanager
def as_text(stream: IO[Any], encoding: str, errors: str, newline: str) -> Iterator[io.TextIOBase]:
    """A stream of bytes as text; a stream of text as it is."""
    text = stream if isinstance(stream, io.TextIOBase) else io.TextIOWrapper(stream, encoding, errors, newline)
    try:
        yield text
    finally:
        if text is not stream:
            text.detach()  # or the wrapper, once collected, closes a stream that is not ours
