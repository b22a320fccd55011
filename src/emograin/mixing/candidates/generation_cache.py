"""The file in which generated candidates are kept: it says what made them, and grows by whole batches.

line 1          {"format": 1, "settings": what was asked for, "documents": sha256, "made_with": model and versions}
line 1 + n      {"id": ..., "text": the n-th document, "candidates": [...]}
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError
from ...common.files import disk_errors, sha256_json, write_atomically
from ...data.corpus import Split

FORMAT = 1


class KeptFile:
    """Candidates of some documents on the disk.

    Args:
        path: The file; it need not exist.
        settings: What was asked for, JSON-able, with `count` candidates a document.
        documents: What the candidates are of; their ids and texts are read.
    """

    def __init__(self, path: Path, settings: dict[str, Any], documents: Split):
        self.path = path
        self.documents = documents
        self.count = settings["count"]
        pairs = list(zip(documents.ids, documents.texts, strict=True))
        digest = sha256_json(pairs)
        self.header = {"format": FORMAT, "settings": settings, "documents": digest}
        self.size = 0  # of the file, in bytes, as we know it

    def read(self) -> tuple[dict[str, Any], list[list[str]]]:
        """What made the file, and its candidates so far; a last line that was not finished is cut off the file.

        Raises:
            EmograinError: The file is damaged, or of other settings or documents.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise EmograinError(f"cannot read {str(self.path)!r}: {error.strerror}") from None
        self.size = content.rfind(b"\n") + 1
        first, *lines = content[: self.size].split(b"\n")[:-1] or [b""]
        header = _object(first)
        made_with = header.pop("made_with", None)
        if not isinstance(made_with, dict):
            raise self._damaged(1, "expected what made it")
        if header != self.header:
            raise self.differs(header, self.header)
        if len(lines) > len(self.documents):
            raise self._damaged(len(self.documents) + 2, "a line more than there are documents")
        made = [self._candidates(at, line) for at, line in enumerate(lines)]
        if self.size < len(content):
            with disk_errors(self.path):
                os.truncate(self.path, self.size)
        return made_with, made

    def begin(self, made_with: Mapping[str, Any]) -> None:
        """Write the file's first line, whole or not at all.

        Raises:
            EmograinError: The disk is full, or the folder cannot be written.
        """
        first = _line({**self.header, "made_with": made_with})
        write_atomically(self.path, lambda part: part.write_bytes(first))
        self.size = len(first)

    def append(self, start: int, rows: Sequence[list[str]]) -> None:
        """Write the candidates of the documents from `start` on, through to the disk.

        Raises:
            EmograinError: The disk is full, or another process writes to the file.
        """
        ids, texts = self.documents.ids, self.documents.texts
        lines = b"".join(
            _line({"id": ids[at], "text": texts[at], "candidates": row}) for at, row in enumerate(rows, start)
        )
        with disk_errors(self.path), self.path.open("ab") as file:
            if file.tell() != self.size:
                raise EmograinError(f"another process writes {str(self.path)!r}", "let it finish, then run this again")
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        self.size += len(lines)

    def differs(self, found: Mapping[str, Any], expected: Mapping[str, Any]) -> EmograinError:
        """An error that names what differs between two headers, a setting by its own name."""
        old, new = ({**each, **_dict(each.get("settings"))} for each in (found, expected))
        names = [name for name in {**old, **new} if name != "settings" and old.get(name) != new.get(name)]
        what = "; ".join(f"{name}: {old.get(name)!r:.80} there, {new.get(name)!r:.80} now" for name in names)
        return EmograinError(f"{str(self.path)!r} was made otherwise: {what}", "delete it, or choose another folder")

    def _candidates(self, at: int, line: bytes) -> list[str]:
        """The candidates on a document's line, if it is that."""
        fields = _object(line)
        row = fields.get("candidates")
        expected = {"id": self.documents.ids[at], "text": self.documents.texts[at], "candidates": row}
        if fields != expected or not isinstance(row, list) or [type(each) for each in row] != [str] * self.count:
            count = f"{self.count} candidate{'s' * (self.count != 1)}"
            raise self._damaged(at + 2, f"expected the document {self.documents.ids[at]!r} and its {count}")
        return row

    def _damaged(self, line: int, why: str) -> EmograinError:
        return EmograinError(f"{str(self.path)!r} is damaged at line {line}: {why}", "delete it to generate again")


def _object(line: bytes) -> dict[str, Any]:
    """A line's JSON object; an empty one where it is none."""
    try:
        return _dict(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(fields: Mapping[str, Any]) -> bytes:
    # Backslashed, a lone surrogate, for which UTF-8 has no bytes, is just what JSON writes for it.
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
