"""The file of generated candidates, which grows by whole batches.

line 1          {"format": 1, "settings": {...}, "documents": sha256, "made_with": model and versions}
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


class GenerationCache:
    """Generated candidates of some documents on disk.

    Args:
        path: Path of the file; it need not exist.
        settings: Settings of the generation as JSON values, with `top` candidates per document.
        documents: The documents; their ids and texts are used.
    """

    def __init__(self, path: Path, settings: dict[str, Any], documents: Split):
        self.path = path
        self.documents = documents
        self.top = settings["top"]
        fingerprint = sha256_json(list(zip(documents.ids, documents.texts, strict=True)))
        self.header = {"format": FORMAT, "settings": settings, "documents": fingerprint}
        self.size = 0  # expected size of the file in bytes

    def read(self) -> tuple[dict[str, Any], list[list[str]]]:
        """Read the file. An incomplete last line is removed from it.

        Returns:
            The metadata of the generator (`made_with`), and the candidates of the first documents.

        Raises:
            EmograinError: The file is damaged, or of other settings or documents.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise EmograinError(f"cannot read {str(self.path)!r}: {error.strerror}") from None
        self.size = content.rfind(b"\n") + 1
        first, *lines = content[: self.size].split(b"\n")[:-1] or [b""]
        header = _parse(first)
        made_with = header.pop("made_with", None)
        if not isinstance(made_with, dict):
            raise self._damage_error(1, "expected a header with made_with")
        if header != self.header:
            raise self.mismatch_error(header, self.header)
        if len(lines) > len(self.documents):
            raise self._damage_error(len(self.documents) + 2, "more lines than documents")
        rows = [self._candidates(at, line) for at, line in enumerate(lines)]
        if self.size < len(content):
            with disk_errors(self.path):
                os.truncate(self.path, self.size)
        return made_with, rows

    def create(self, made_with: Mapping[str, Any]) -> None:
        """Write the first line, atomically.

        Args:
            made_with: Metadata of the generator.

        Raises:
            EmograinError: The disk is full, or the folder cannot be written.
        """
        first = _serialize({**self.header, "made_with": made_with})
        write_atomically(self.path, lambda part: part.write_bytes(first))
        self.size = len(first)

    def append(self, start: int, rows: Sequence[list[str]]) -> None:
        """Append candidates and flush them to disk.

        Args:
            start: Index of the first document.
            rows: Candidates of each document.

        Raises:
            EmograinError: The disk is full, or another process writes to the file.
        """
        ids, texts = self.documents.ids, self.documents.texts
        lines = b"".join(
            _serialize({"id": ids[at], "text": texts[at], "candidates": row}) for at, row in enumerate(rows, start)
        )
        with disk_errors(self.path), self.path.open("ab") as file:
            if file.tell() != self.size:
                raise EmograinError(
                    f"another process is writing {str(self.path)!r}", "wait for it, then run this again"
                )
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        self.size += len(lines)

    def mismatch_error(self, found: Mapping[str, Any], expected: Mapping[str, Any]) -> EmograinError:
        """Return an error that names the differences between two headers."""
        old, new = ({**each, **_dict(each.get("settings"))} for each in (found, expected))
        names = [name for name in {**old, **new} if name != "settings" and old.get(name) != new.get(name)]
        differences = "; ".join(
            f"{name}: {old.get(name)!r:.80} in the file, {new.get(name)!r:.80} now" for name in names
        )
        return EmograinError(f"{str(self.path)!r} does not match: {differences}", "delete it, or choose another folder")

    def _candidates(self, at: int, line: bytes) -> list[str]:
        """Parse the line of a document."""
        fields = _parse(line)
        row = fields.get("candidates")
        expected = {"id": self.documents.ids[at], "text": self.documents.texts[at], "candidates": row}
        if fields != expected or not isinstance(row, list) or [type(each) for each in row] != [str] * self.top:
            count = f"{self.top} candidate{'s' * (self.top != 1)}"
            raise self._damage_error(at + 2, f"expected the document {self.documents.ids[at]!r} and its {count}")
        return row

    def _damage_error(self, line: int, reason: str) -> EmograinError:
        return EmograinError(f"{str(self.path)!r} is damaged at line {line}: {reason}", "delete it to generate again")


def _parse(line: bytes) -> dict[str, Any]:
    """Parse a line's JSON object; anything else gives {}."""
    try:
        return _dict(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _serialize(fields: Mapping[str, Any]) -> bytes:
    # UTF-8 has no bytes for a lone surrogate; its backslash escape is also JSON's.
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
