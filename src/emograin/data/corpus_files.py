"""Load a corpus from a folder with one file per split, or from a single file.

Labelled data is read strictly, because training data must not change silently: a bad row is an error.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError, unknown_name
from .class_labels import parquet_class_names
from .corpus import SPLITS, Corpus, Split
from .label_cells import OWN_LABELS, row_labels
from .tabular.formats import SUFFIXES, infer_format
from .tabular.reader import Row, read_rows
from .taxonomy import GOEMOTIONS, Taxonomy
from .text import normalized

TAXONOMY_FILES = ("taxonomy.toml", "taxonomy.json")  # of a corpus, in its folder
LABEL_NAMES = "emotions.txt"  # as Google publishes them, one per line
GOOGLE_ROWS = 100  # rows without labels that may be at the beginning
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
    files = split_files(folder)
    taxonomy = taxonomy or find_taxonomy(folder, next(iter(files.values())), columns[1])
    loaders = {name: partial(_read_split, name, path, taxonomy, columns) for name, path in files.items()}
    return Corpus(folder.resolve().name, taxonomy, loaders)


def split_files(folder: Path) -> dict[str, Path]:
    """Return the file of each split in a folder.

    Raises:
        EmograinError: The folder has no file of a split, or two of one.
    """
    files = {}
    for name, stems in SPLITS.items():
        found = [path for stem in stems for end in SUFFIXES for path in [folder / f"{stem}{end}"] if path.is_file()]
        if len(found) > 1:
            raise EmograinError(f"{folder}: expected one file per split, got {' and '.join(p.name for p in found)}")
        if found:
            files[name] = found[0]
    if not files:
        raise EmograinError(f"{folder}: no train, dev or test file", f"expected one of {', '.join(SUFFIXES)}")
    return files


def load_file(path: Path, taxonomy: Taxonomy | None, columns: tuple[str, str]) -> Corpus:
    """Load a corpus from one file, split by its column `split`, or by a hash of each text.

    Args:
        path: File to read.
        taxonomy: Labels; None reads them from the file's folder, see `find_taxonomy`.
        columns: Names of the text and the label column.

    Raises:
        EmograinError: The file cannot be read, has no rows, or has a bad text or split. Labels are read with a split.
    """
    taxonomy = taxonomy or find_taxonomy(path.parent, path, columns[1])
    present = {assign_split(row, where) for where, row in read_texts(path, columns)}
    if not present:
        raise EmograinError(f"{path}: no rows")
    loaders = {
        name: partial(_read_split, name, path, taxonomy, columns, only=name) for name in SPLITS if name in present
    }
    return Corpus(path.name, taxonomy, loaders)


def find_taxonomy(folder: Path, file: Path | None = None, label_column: str = "labels") -> Taxonomy:
    """Load the taxonomy of a corpus.

    It is the first of: `taxonomy.toml`, `taxonomy.json` or `emotions.txt` in the folder; the names of the classes in a
    Parquet file that `datasets` wrote; GoEmotions.

    Args:
        folder: Folder of the corpus.
        file: One of its files, for the names of classes.
        label_column: Name of the label column.

    Raises:
        EmograinError: The taxonomy's file cannot be read, or is not a taxonomy.
    """
    for name in TAXONOMY_FILES:
        if (folder / name).is_file():
            return Taxonomy.from_file(folder / name)
    if (folder / LABEL_NAMES).is_file():
        labels = [row.text.strip() for row in read_rows(folder / LABEL_NAMES) if row.text and row.text.strip()]
        return own_taxonomy(folder.resolve().name, labels)
    if file is not None and (names := file_class_names(file, label_column)):
        return own_taxonomy(file.name.partition(".")[0], names)
    return GOEMOTIONS


def own_taxonomy(name: str, labels: Sequence[str]) -> Taxonomy:
    """Create a taxonomy of labels; those of GoEmotions give GoEmotions, which has groupings."""
    return GOEMOTIONS if tuple(labels) == GOEMOTIONS.labels else Taxonomy(name, tuple(labels))


def to_split(
    name: str,
    rows: Iterable[tuple[int, str, Row]],
    taxonomy: Taxonomy,
    label_column: str,
    stem: str,
    class_names: Sequence[str] | None = None,
) -> Split:
    """Collect a split from rows.

    Args:
        name: Name of the split.
        rows: Rows with a valid text, each with its number in the source and its location for error messages.
        taxonomy: Labels.
        label_column: Name of the label column, see `label_cells.indicator_columns`.
        stem: First part of the ids of rows without an id.
        class_names: Names of the indices in the label column, where the data has them; by default the taxonomy's.

    Raises:
        EmograinError: Labels cannot be parsed, or are not in the taxonomy.
    """
    ids, texts, indices = [], [], []
    for number, where, row in rows:
        given = row.fields.get("id")
        ids.append(f"{stem}-{number}" if given in (None, "") else str(given))
        texts.append(str(row.text))
        hint = f"read with the taxonomy {taxonomy.name!r}"
        try:
            labels = row_labels(row.fields, label_column, taxonomy.labels)
            hint += f"; {OWN_LABELS}"  # the labels that were read are unknown
            indices.append(taxonomy.indices([_named(each, class_names) for each in labels] if class_names else labels))
        except EmograinError as error:
            raise EmograinError(f"{where}: {error}", hint) from error
    return Split(name, ids, texts, taxonomy.multi_hot(indices))


def _named(label: Any, class_names: Sequence[str]) -> Any:
    """Return the name of a class index; a negative one, by which `datasets` marks a missing label, is out of range."""
    is_index = isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(class_names)
    return class_names[label] if is_index else label


def _read_split(name: str, path: Path, taxonomy: Taxonomy, columns: tuple[str, str], only: str | None = None) -> Split:
    """Read a split from all rows of a file, or from the rows of one split only."""
    rows = enumerate(read_texts(path, columns), start=1)
    chosen = ((number, where, row) for number, (where, row) in rows if only is None or assign_split(row, where) == only)
    return to_split(name, chosen, taxonomy, columns[1], path.name.partition(".")[0], file_class_names(path, columns[1]))


def read_texts(path: Path, columns: tuple[str, str]) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a file, each with its location for error messages; all have a text.

    Raises:
        EmograinError: The file cannot be read, or a row has no valid text.
    """
    rows = _read_google(path, columns) or read_rows(path, column=columns[0])
    yield from require_texts(rows, str(path))


def require_texts(rows: Iterable[Row], source: str) -> Iterator[tuple[str, Row]]:
    """Yield rows with their locations, and stop at one without a valid text.

    Raises:
        EmograinError: A row has no valid text.
    """
    for number, row in enumerate(rows, start=1):
        where = f"{source}, row {number}"
        if row.problem is not None or row.text is None:
            raise EmograinError(f"{where}: {row.problem}")
        if not row.text.strip():
            raise EmograinError(f"{where}: the text is empty")
        yield where, row


def file_class_names(path: Path, label_column: str) -> list[str] | None:
    """Return the names of the classes in a file's label column; None in files that `datasets` did not write."""
    return parquet_class_names(path, label_column) if infer_format(path) == "parquet" else None


def _read_google(path: Path, columns: tuple[str, str]) -> Iterator[Row] | None:
    """Read a TSV file in Google's form: text, label indices, id, without header or quoting. None for other files."""
    if infer_format(path) != "tsv":
        return None
    for row in islice(read_rows(path, "txt"), GOOGLE_ROWS):
        cells = (row.text or "").split("\t")
        if len(cells) != 3 or not GOOGLE_LABELS.fullmatch(cells[1] or "0"):
            return None
        if cells[1]:
            break
    else:
        return None
    return (_parse_google(row, (*columns, "id")) for row in read_rows(path, "txt"))


def _parse_google(line: Row, names: tuple[str, str, str]) -> Row:
    cells = (line.text or "").split("\t")
    if line.problem or len(cells) != 3:
        return Row({}, None, line.problem or f"{len(cells)} cells, expected 3")
    return Row(dict(zip(names, cells, strict=True)), cells[0])


def assign_split(row: Row, where: str) -> str:
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
