"""What reading and writing tables share: the formats, how files are opened, blocks of rows."""

import gzip
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Literal, cast

from ...common.errors import EmograinError
from ...common.optional import import_optional

BLOCK = 1024  # rows held at once where a format is read or written in blocks
SUFFIXES = {".txt": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
PACKED = (".gz", ".zst")
PIECE = 1 << 13  # packed bytes that are unpacked at once


def format_of(path: str | Path) -> str:
    """The format of a file, from its extension; text formats may end in .gz or .zst.

    Raises:
        EmograinError: The extension is none of `SUFFIXES`.

    >>> format_of("reviews.tsv.gz"), format_of("reviews.ndjson.zst")
    ('tsv', 'jsonl')
    """
    packed = str(path).endswith(PACKED)
    name = SUFFIXES.get(Path(path).with_suffix("").suffix.lower() if packed else Path(path).suffix.lower())
    if name is None or (name == "parquet" and packed):
        raise EmograinError(f"unknown kind of file {str(path)!r}", f"expected one of {', '.join(SUFFIXES)}")
    return name


def opened(source: str | Path | IO[Any], mode: Literal["rb", "wb"]) -> AbstractContextManager[IO[Any]]:
    """The bytes of a path, packed where it ends in .gz or .zst; of a stream the bytes beneath it, if any, left open."""
    if isinstance(source, str | Path):
        kinds: dict[str, Any] = {".gz": gzip.open, ".zst": _open_zst}
        return cast(IO[Any], kinds.get(Path(source).suffix, Path.open)(Path(source), mode))
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


def _open_zst(path: Path, mode: Literal["rb", "wb"]) -> IO[Any]:
    if sys.version_info >= (3, 14):
        from compression import zstd

        zstd_error, unpacker, packed = zstd.ZstdError, zstd.ZstdDecompressor, zstd.open
    else:
        zstandard = import_optional("zstandard", "zst")
        zstd_error, packed = zstandard.ZstdError, zstandard.open

        def unpacker() -> Any:
            return zstandard.ZstdDecompressor().decompressobj()

    if mode == "wb":
        return cast(IO[Any], packed(path, "wb"))
    return cast(IO[Any], io.BufferedReader(_Unpacked(path, unpacker, zstd_error)))


class _Unpacked(io.RawIOBase):
    """The content of a .zst file of any number of frames.

    The readers of the packages take a file that is cut short, or what follows the first frame, for the end.
    """

    def __init__(self, path: Path, unpacker: Callable[[], Any], error: type[Exception]):
        self.file = path.open("rb")
        self.unpacker = unpacker
        self.error = error
        self.frame: Any = None
        self.packed = self.content = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.content:
            self.packed = self.packed or self.file.read(PIECE)
            if not self.packed:
                if self.frame is not None:
                    raise EOFError("the file is cut short")
                return 0
            self.frame = self.frame or self.unpacker()
            try:
                self.content = self.frame.decompress(self.packed)
            except self.error as error:
                raise OSError(f"not readable as Zstandard: {error}") from error
            self.packed = self.frame.unused_data if self.frame.eof else b""
            if self.frame.eof:
                self.frame = None
        count = min(len(buffer), len(self.content))
        buffer[:count] = self.content[:count]
        self.content = self.content[count:]
        return count

    def close(self) -> None:
        self.file.close()
        super().close()
