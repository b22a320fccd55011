"""Load a corpus from a folder with one file per split, or from a single file.

Labelled data is read strictly, because training data must not change silently: a bad row is an error.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from .corpus import SPLITS, Corpus, Split
from .tabular.formats import SUFFIXES, infer_format
from .tabular.reader import Row, read_rows
from .taxonomy import GOEMOTIONS, Taxonomy
from .text import normalized

GOOGLE_LABELS = re.compile(r"\d+(,\d+)*")  # label indices in the second column of Google's TSV files


def load_folder(folder: Path, taxonomy: Taxonomy | None, columns: tuple[str, str] = ("text", "labels")) -> Corpus:
    """Load a corpus from a folder with a train, a dev and a test file, or some of them.

    Args:
        folder: Folder of the files.
        taxonomy: Labels; None reads them from the folder, see `find_taxonomy`.
        columns: Names of the text and the label column.

    Raises:
        EmograinError: The folder has no file of a split, or two of one.
    """
    taxonomy = taxonomy or find_taxonomy(folder)
    loaders = {}
    for name, stems in SPLITS.items():
        found = [path for stem in stems for end in SUFFIXES for path in [folder / f"{stem}{end}"] if path.is_file()]
        if len(found) > 1:
            raise EmograinError(f"{folder}: expected one file per split, got {' and '.join(p.name for p in found)}")
        if found:
            loaders[name] = partial(_read_split, name, found[0], taxonomy, columns)
    if not loaders:
        raise EmograinError(f"{folder}: no train, dev or test file", f"expected one of {', '.join(SUFFIXES)}")
    return Corpus(folder.resolve().name, taxonomy, loaders)


def load_file(path: Path, taxonomy: Taxonomy | None, columns: tuple[str, str]) -> Corpus:
    """Load a corpus from one file, split by its column `split`, or by a hash of each text.

    Args:
        path: File to read.
        taxonomy: Labels; None reads them from the file's folder, see `find_taxonomy`.
        columns: Names of the text and the label column.

    Raises:
        EmograinError: The file cannot be read, has no rows, or has a bad text or split. Labels are read with a split.
    """
    taxonomy = taxonomy or find_taxonomy(path.parent)
    present = {_assign_split(row, where) for where, row in _read_labelled(path, columns)}
    if not present:
        raise EmograinError(f"{path}: no rows")
    loaders = {
        name: partial(_read_split, name, path, taxonomy, columns, only=name) for name in SPLITS if name in present
    }
    return Corpus(path.name, taxonomy, loaders)


def find_taxonomy(folder: Path) -> Taxonomy:
    """Load the taxonomy from `taxonomy.toml` or `emotions.txt` in a folder; without either, return GoEmotions.

    Raises:
        EmograinError: The file cannot be read, or is not a taxonomy.
    """
    if (folder / "taxonomy.toml").is_file():
        return Taxonomy.from_toml(folder / "taxonomy.toml")
    if (folder / "emotions.txt").is_file():
        labels = tuple(row.text.strip() for row in read_rows(folder / "emotions.txt") if row.text and row.text.strip())
        if labels != GOEMOTIONS.labels:
            return Taxonomy(folder.resolve().name, labels)
    return GOEMOTIONS


def _read_split(name: str, path: Path, taxonomy: Taxonomy, columns: tuple[str, str], only: str | None = None) -> Split:
    """Read a split from all rows of a file, or from the rows of one split only."""
    ids, texts, indices = [], [], []
    for number, (where, row) in enumerate(_read_labelled(path, columns), start=1):
        if only is not None and _assign_split(row, where) != only:
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


def _read_labelled(path: Path, columns: tuple[str, str]) -> Iterator[tuple[str, Row]]:
    """Read the rows of a labelled file, each with its location for error messages.

    Raises:
        EmograinError: The file cannot be read, or a row has no valid text or no label column.
    """
    text_column, label_column = columns
    for number, row in enumerate(_read_google(path, columns) or read_rows(path, column=text_column), start=1):
        where = f"{path}, row {number}"
        if row.problem is not None or row.text is None:
            raise EmograinError(f"{where}: {row.problem}")
        if not row.text.strip():
            raise EmograinError(f"{where}: the text is empty")
        if label_column not in row.fields:
            raise EmograinError(f"{where}: {unknown_name('column', label_column, row.fields)}")
        yield where, row


def _read_google(path: Path, columns: tuple[str, str]) -> Iterator[Row] | None:
    """Read a TSV file in Google's form: text, label indices, id, without header or quoting. None for other files."""
    if infer_format(path) != "tsv":
        return None
    first = [row.text or "" for row in islice(read_rows(path, "txt"), 1)]
    cells = first[0].split("\t") if first else []
    if len(cells) != 3 or not GOOGLE_LABELS.fullmatch(cells[1]):
        return None
    return (_parse_google(row, (*columns, "id")) for row in read_rows(path, "txt"))


def _parse_google(line: Row, names: tuple[str, str, str]) -> Row:
    cells = (line.text or "").split("\t")
    if line.problem or len(cells) != 3:
        return Row({}, None, line.problem or f"{len(cells)} cells, expected 3")
    return Row(dict(zip(names, cells, strict=True)), cells[0])


def _assign_split(row: Row, where: str) -> str:
    """Return the split of a row: its column `split`, or 80 % train, 10 % dev, 10 % test by a hash of the text."""
    if "split" in row.fields:
        for name, accepted in SPLITS.items():
            if row.fields["split"] in accepted:
                return name
        valid = [each for accepted in SPLITS.values() for each in accepted]
        raise EmograinError(f"{where}: {unknown_name('split', row.fields['split'], valid)}")
    # A hash of the text keeps duplicates in one split, and a row in its split when others are added.
    tenth = int(hashlib.sha256(normalized(row.text or "").encode()).hexdigest(), 16) % 10
    return "train" if tenth < 8 else "dev" if tenth == 8 else "test"
