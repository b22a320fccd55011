"""Candidates from a file of the user's own: whatever another program has made (§3.4)."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from ...common.errors import EmograinError
from ...data.corpus import Split
from ...data.tabular.formats import format_of
from ...data.tabular.reader import UNDECODABLE, Row, read_rows
from .identity import unchanged
from .source import Candidates, Request

EXPECTED = "expected id<TAB>text in a .tsv or .txt, or objects with id and text, or id and texts, in a .jsonl"
NAMED = 3  # ids that an error names


def from_file(request: Request) -> Candidates:
    """The first `settings.count` candidates of each document, in the order of `settings.file`.

    The file has a row a candidate, `id<TAB>text` without header, or JSONL with `id` and `text`, or with `id` and a
    list of `texts`; several rows of one id are several candidates. Documents that share id and text share candidates.

    Raises:
        EmograinError: No file is given, or it cannot be read; a row is not as expected; a document has too few
            candidates; a candidate's id is no document's; documents of one id have different texts.
    """
    settings = request.settings
    if settings.file is None:
        raise EmograinError("candidates 'file' need a file, got none", EXPECTED)
    _check_ids(request.documents)
    found: dict[str, list[str]] = {}
    for identifier, text in _read(Path(settings.file)):
        found.setdefault(identifier, []).append(text)
    _check_match(request.documents, found, settings.count, settings.file)
    texts = [found[identifier][: settings.count] for identifier in request.documents.ids]
    facts = {
        "source": "file",
        "file": PurePath(settings.file).name,
        "count": settings.count,
        "rows": sum(map(len, found.values())),
        "unchanged": unchanged(request.documents.texts, texts),
    }
    return Candidates(texts, facts=facts)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """Id and text of every candidate, checked."""
    format = format_of(path)
    if format not in ("tsv", "txt", "jsonl"):
        raise EmograinError(f"candidates cannot be read from {str(path)!r}", EXPECTED)
    # As lines in every format: a TSV of candidates has no header and no quoting, and one row may hold several texts.
    for number, row in enumerate(read_rows(path, "txt"), start=1):
        where = f"{path}, line {number}"
        if row.problem or row.text is None:
            raise EmograinError(f"{where}: {row.problem}")
        identifier, texts = _from_json(row, where) if format == "jsonl" else _from_cells(row, where)
        for text in texts:
            if UNDECODABLE.search(text):  # JSON can spell what UTF-8 cannot
                raise EmograinError(f"{where}: the text of id {identifier!r} is not valid Unicode")
            if not text.strip():
                raise EmograinError(f"{where}: the text of id {identifier!r} is empty", "leave out the row, or fill it")
            yield identifier, text


def _from_cells(row: Row, where: str) -> tuple[str, list[str]]:
    cells = (row.text or "").split("\t")
    if len(cells) != 2:
        raise EmograinError(f"{where}: {len(cells)} cells, expected 2: id<TAB>text")
    return cells[0], cells[1:]


def _from_json(row: Row, where: str) -> tuple[str, list[str]]:
    try:
        fields = json.loads(row.text or "")
    except (ValueError, RecursionError) as error:
        raise EmograinError(f"{where}: not JSON: {error}") from None
    if not isinstance(fields, dict) or "id" not in fields or ("text" in fields) == ("texts" in fields):
        raise EmograinError(f"{where}: expected an object with id and either text or texts, got {row.text!r:.80}")
    identifier, texts = fields["id"], fields["texts"] if "texts" in fields else [fields["text"]]
    if not isinstance(identifier, str | int) or isinstance(identifier, bool):
        raise EmograinError(f"{where}: id must be a string, got {identifier!r:.40}")
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise EmograinError(f"{where}: expected a string as text, or strings as texts, got {texts!r:.80}")
    return str(identifier), texts


def _check_ids(documents: Split) -> None:
    """Refuse ids that stand for different texts: which of them a candidate belongs to cannot be told."""
    texts: dict[str, str] = {}
    clash = [id for id, text in zip(documents.ids, documents.texts, strict=True) if texts.setdefault(id, text) != text]
    if clash:
        raise EmograinError(
            f"candidates are found by id, but documents of {_some(clash)} have different texts", "make ids unique"
        )


def _check_match(documents: Split, found: dict[str, list[str]], count: int, file: str) -> None:
    """Refuse a file that does not have enough candidates for every document, or has some for others."""
    hint = f"the documents are the split {documents.name!r}"
    if missing := dict.fromkeys(id for id in documents.ids if id not in found):
        raise EmograinError(f"{file} has no candidate for {_some(missing)} of {len(documents)} documents", hint)
    if unknown := found.keys() - set(documents.ids):
        unknown_in_order = [id for id in found if id in unknown]
        raise EmograinError(f"{file} has candidates for {_some(unknown_in_order)} that no document has", hint)
    if short := dict.fromkeys(id for id in documents.ids if len(found[id]) < count):
        fewest = min(len(found[id]) for id in short)
        raise EmograinError(
            f"{file} has fewer than {count} candidates for {_some(short)}: {fewest} at the least",
            "give more rows of an id, or ask for fewer candidates",
        )


def _some(ids: Collection[str]) -> str:
    """How many ids, and the first few by name.

    >>> _some(["a", "b", "c", "d"])
    "4 ids ('a', 'b', 'c', ...)"
    """
    names = ", ".join(repr(id) for id in list(ids)[:NAMED])
    return f"{len(ids)} id{'s' * (len(ids) != 1)} ({names}{', ...' * (len(ids) > NAMED)})"
