"""Parts shared by the reader and the writer: file formats, compression, streams."""

import gzip
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Literal, cast

from ...common.errors import EmograinError
from ...common.optional import import_optional

ROWS_PER_BLOCK = 1024  # rows in memory at once for formats that are read or written in blocks
SUFFIXES = {".txt": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
COMPRESSED = (".gz", ".zst")
CHUNK = 1 << 13  # compressed bytes to decompress at once


def infer_format(path: str | Path) -> str:
    """Infer the format of a file from its extension; text formats may end in .gz or .zst.

    Raises:
        EmograinError: The extension is none of `SUFFIXES`.

    >>> infer_format("reviews.tsv.gz"), infer_format("reviews.ndjson.zst")
    ('tsv', 'jsonl')
    """
    compressed = is_compressed(path)
    format = SUFFIXES.get(Path(path).with_suffix("").suffix.lower() if compressed else Path(path).suffix.lower())
    if format is None or (format == "parquet" and compressed):
        raise EmograinError(f"unknown kind of file {str(path)!r}", f"expected one of {', '.join(SUFFIXES)}")
    return format


def is_compressed(path: str | Path) -> bool:
    """Return whether the name of a file ends in .gz or .zst, in any case."""
    return str(path).lower().endswith(COMPRESSED)


def open_bytes(
    source: str | Path | IO[Any], mode: Literal["rb", "wb"], suffix: str | None = None
) -> AbstractContextManager[IO[Any]]:
    """Open the uncompressed bytes of a file or a stream.

    Args:
        source: A path, or an open stream, which stays open. For a text stream its underlying bytes are used.
        mode: "rb" to read, "wb" to write.
        suffix: Extension that selects the compression, ".gz" or ".zst"; by default the path's own.

    Raises:
        OSError: The path cannot be opened.
    """
    if isinstance(source, str | Path):
        openers: dict[str, Any] = {".gz": gzip.open, ".zst": _open_zst}
        return cast(IO[Any], openers.get((suffix or Path(source).suffix).lower(), Path.open)(Path(source), mode))
    if mode == "wb":
        source.flush()  # text printed before must precede the bytes
    return nullcontext(getattr(source, "buffer", source))


@contextmanager
def open_text(stream: IO[Any], encoding: str, errors: str, newline: str) -> Iterator[io.TextIOBase]:
    """Yield a stream of bytes as text, and a stream of text unchanged. The stream stays open."""
    text = stream if isinstance(stream, io.TextIOBase) else io.TextIOWrapper(stream, encoding, errors, newline)
    try:
        yield text
    finally:
        if text is not stream:
            text.detach()  # otherwise the wrapper closes the stream when it is garbage-collected


def _open_zst(path: Path, mode: Literal["rb", "wb"]) -> IO[Any]:
    if sys.version_info >= (3, 14):
        from compression import zstd

        zstd_error, decompressor, open_zst = zstd.ZstdError, zstd.ZstdDecompressor, zstd.open
    else:
        zstandard = import_optional("zstandard", "zst")
        zstd_error, open_zst = zstandard.ZstdError, zstandard.open

        def decompressor() -> Any:
            return zstandard.ZstdDecompressor().decompressobj()

    if mode == "wb":
        return cast(IO[Any], open_zst(path, "wb"))
    return cast(IO[Any], io.BufferedReader(_ZstdReader(path, decompressor, zstd_error)))


class _ZstdReader(io.RawIOBase):
    """The decompressed content of a .zst file with any number of frames.

    The packages' own readers silently stop at the end of the first frame, or of a truncated file.
    """

    def __init__(self, path: Path, decompressor: Callable[[], Any], error: type[Exception]):
        self.file = path.open("rb")
        self.decompressor = decompressor
        self.error = error
        self.frame: Any = None
        self.compressed = self.content = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.content:
            self.compressed = self.compressed or self.file.read(CHUNK)
            if not self.compressed:
                if self.frame is not None:
                    raise EOFError("the file is truncated")
                return 0
            self.frame = self.frame or self.decompressor()
            try:
                self.content = self.frame.decompress(self.compressed)
            except self.error as error:
                raise OSError(f"not readable as Zstandard: {error}") from error
            self.compressed = self.frame.unused_data if self.frame.eof else b""
            if self.frame.eof:
                self.frame = None
        count = min(len(buffer), len(self.content))
        buffer[:count] = self.content[:count]
        self.content = self.content[count:]
        return count

    def close(self) -> None:
        self.file.close()
        super().close()
