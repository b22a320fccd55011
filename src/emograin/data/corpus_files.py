"""Read a corpus from a folder of split files, or from one file."""

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from .corpus import SPLITS, Corpus, Split, same
from .tabular.formats import SUFFIXES, format_of
from .tabular.reader import Row, read_rows
from .taxonomy import GOEMOTIONS, Taxonomy

GOOGLE_INDICES = re.compile(r"\d+(,\d+)*")


def _folder(folder: Path, taxonomy: Taxonomy | None, columns: tuple[str, str] = ("text", "labels")) -> Corpus:
    taxonomy = taxonomy or _taxonomy_beside(folder)
    loaders = {}
    for name, stems in SPLITS.items():
        found = [path for stem in stems for end in SUFFIXES for path in [folder / f"{stem}{end}"] if path.is_file()]
        if len(found) > 1:
            raise EmograinError(f"{folder}: one file a split, got {' and '.join(path.name for path in found)}")
        if found:
            loaders[name] = partial(_read_split, name, found[0], taxonomy, columns)
    if not loaders:
        raise EmograinError(f"{folder}: no train, dev or test file", f"expected one of {', '.join(SUFFIXES)}")
    return Corpus(folder.resolve().name, taxonomy, loaders)


def _file(path: Path, taxonomy: Taxonomy | None, columns: tuple[str, str]) -> Corpus:
    taxonomy = taxonomy or _taxonomy_beside(path.parent)
    present = {_split_of(row, where) for where, row in _records(path, columns)}
    if not present:
        raise EmograinError(f"{path}: no rows")
    loaders = {
        name: partial(_read_split, name, path, taxonomy, columns, only=name) for name in SPLITS if name in present
    }
    return Corpus(path.name, taxonomy, loaders)


def _taxonomy_beside(folder: Path) -> Taxonomy:
    if (folder / "taxonomy.toml").is_file():
        return Taxonomy.from_toml(folder / "taxonomy.toml")
    if (folder / "emotions.txt").is_file():
        labels = tuple(row.text.strip() for row in read_rows(folder / "emotions.txt") if row.text and row.text.strip())
        if labels != GOEMOTIONS.labels:
            return Taxonomy(folder.resolve().name, labels)
    return GOEMOTIONS


def _records(path: Path, columns: tuple[str, str]) -> Iterator[tuple[str, Row]]:
    """The rows of a labelled file, each with its place, for messages. Strict: training data must not change silently.

    Raises:
        EmograinError: The file cannot be read, or a row has no usable text or no label column.
    """
    text_column, label_column = columns
    for number, row in enumerate(_google_rows(path, columns) or read_rows(path, column=text_column), start=1):
        where = f"{path}, row {number}"
        if row.problem is not None or row.text is None:
            raise EmograinError(f"{where}: {row.problem}")
        if not row.text.strip():
            raise EmograinError(f"{where}: the text is empty")
        if label_column not in row.fields:
            raise EmograinError(f"{where}: {unknown_name('column', label_column, row.fields)}")
        yield where, row


def _google_rows(path: Path, columns: tuple[str, str]) -> Iterator[Row] | None:
    """The rows of a TSV file in Google's form, without header or quoting: text, indices, id. None for other files."""
    if format_of(path) != "tsv":
        return None
    first = [row.text or "" for row in islice(read_rows(path, "txt"), 1)]
    cells = first[0].split("\t") if first else []
    if len(cells) != 3 or not GOOGLE_INDICES.fullmatch(cells[1]):
        return None
    return (_google_row(row, (*columns, "id")) for row in read_rows(path, "txt"))


def _google_row(line: Row, names: tuple[str, str, str]) -> Row:
    cells = (line.text or "").split("\t")
    if line.problem or len(cells) != 3:
        return Row({}, None, line.problem or f"{len(cells)} cells, expected 3")
    return Row(dict(zip(names, cells, strict=True)), cells[0])


def _read_split(name: str, path: Path, taxonomy: Taxonomy, columns: tuple[str, str], only: str | None = None) -> Split:
    """A split from a file: all of its rows, or only those of one split."""
    ids, texts, indices = [], [], []
    for number, (where, row) in enumerate(_records(path, columns), start=1):
        if only is not None and _split_of(row, where) != only:
            continue
        given = row.fields.get("id")
        ids.append(f"{path.name.partition('.')[0]}-{number}" if given in (None, "") else str(given))
        texts.append(str(row.text))
        try:
            indices.append(taxonomy.indices(row.fields[columns[1]]))
        except EmograinError as error:
            hint = f"read with the taxonomy {taxonomy.name!r}; put a taxonomy.toml beside the data for another"
            raise EmograinError(f"{where}: {error}", hint) from error
    return Split(name, ids, texts, taxonomy.multi_hot(indices))


def _split_of(row: Row, where: str) -> str:
    if "split" in row.fields:
        for name, names in SPLITS.items():
            if row.fields["split"] in names:
                return name
        valid = [each for names in SPLITS.values() for each in names]
        raise EmograinError(f"{where}: {unknown_name('split', row.fields['split'], valid)}")
    # By the text, so that repeats stay on one side and a row does not move when others are added.
    part = int(hashlib.sha256(same(row.text or "").encode()).hexdigest(), 16) % 10
    return "train" if part < 8 else "dev" if part == 8 else "test"
