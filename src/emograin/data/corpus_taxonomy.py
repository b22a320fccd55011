"""Make a taxonomy from a corpus: the names of its labels, and the placeholders in its texts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError, shortened
from .corpus_files import file_class_names, read_texts, split_files
from .hub_datasets import describe, is_hub_name, is_saved_dataset, open_dataset, read_dataset
from .label_cells import OWN_LABELS, named_columns, parse_indicator, parse_labels
from .tabular.reader import Row
from .taxonomy import GOEMOTIONS, Taxonomy

NO_LABELS = ("id", "split")  # columns that are never labels
PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]+\]")  # such as [NAME], for masked names
PLACEHOLDER_TEXTS = 10  # texts that a placeholder is in


def make_taxonomy(source: str | Path, text_column: str = "text", label_column: str = "labels") -> Taxonomy:
    """Make the taxonomy of a file, a folder of train, dev and test files, or a dataset, from all of its rows.

    The labels are the names in the label column, sorted. Without such a column, they are the columns in which every
    value is 0 or 1, in their order. Placeholders are words such as [NAME] that many texts contain. The classes of a
    Hugging Face dataset keep their order.

    Args:
        source: File or folder, or a dataset as for `hub_datasets.open_dataset`.
        text_column: Name of the text column.
        label_column: Name of the label column, or names of columns of 0 and 1, separated by commas.

    Raises:
        EmograinError: The source cannot be read, has no labels, or has numbers as labels.
    """
    path = Path(source)
    if is_saved_dataset(path) or (not path.exists() and is_hub_name(source)):
        return _dataset_taxonomy(source, text_column, label_column)
    if not path.exists():
        raise EmograinError(f"no such file or folder: {str(source)!r}")
    files = list(split_files(path).values()) if path.is_dir() else [path]
    rows = (each for file in files for each in read_texts(file, (text_column, label_column)))
    name = path.resolve().name.partition(".")[0]
    classes = file_class_names(files[0], label_column)
    return taxonomy_of_rows(rows, name, text_column, label_column, classes or ())


def _dataset_taxonomy(source: str | Path, text_column: str, label_column: str) -> Taxonomy:
    name, loaded = open_dataset(source)
    parts, label_column, classes, booleans = describe(name, loaded, label_column)
    rows = (each for part, dataset in parts.items() for each in read_dataset(name, part, dataset, text_column))
    return taxonomy_of_rows(rows, name, text_column, label_column, classes or booleans)


def taxonomy_of_rows(
    rows: Iterable[tuple[str, Row]], name: str, text_column: str, label_column: str, classes: Sequence[str] = ()
) -> Taxonomy:
    """Make a taxonomy from rows, see `make_taxonomy`.

    Args:
        rows: Rows, each with its location for error messages.
        name: Name of the taxonomy.
        text_column: Name of the text column.
        label_column: Name of the label column, or of several ones.
        classes: The labels, if they are known.

    Raises:
        EmograinError: There are no labels, or numbers as labels.
    """
    in_cells: dict[str, None] = {}
    columns: list[str] | None = None  # columns that may be labels
    placeholders: Counter[str] = Counter()
    for where, row in rows:
        placeholders.update(set(PLACEHOLDER.findall(row.text or "")))
        if classes:
            continue
        if label_column in row.fields:
            in_cells |= dict.fromkeys(_names(row.fields[label_column], where))
        elif "," in label_column:
            columns = named_columns(row.fields, label_column)
        else:
            candidates = (
                [each for each in row.fields if each not in (text_column, *NO_LABELS)] if columns is None else columns
            )
            columns = [each for each in candidates if _is_indicator(row.fields, each)]
    labels = list(classes) or sorted(in_cells) or columns or []
    if len(labels) < 2:
        found = f"only {labels[0]!r}" if labels else "none"
        raise EmograinError(
            f"expected at least 2 labels in the column {label_column!r} or as columns of 0 and 1, got {found}",
            "--label-column NAME, or --label-column anger,joy for a column per label",
        )
    if all(label.isdigit() for label in labels):
        raise EmograinError(
            f"the labels are numbers, {shortened(', '.join(labels), 60)}, without names",
            'write taxonomy.toml with their names in the order of the numbers from 0: labels = ["anger", "joy"]',
        )
    found_placeholders = sorted(word for word, texts in placeholders.items() if texts >= PLACEHOLDER_TEXTS)
    if tuple(labels) == GOEMOTIONS.labels:
        return GOEMOTIONS
    return Taxonomy(name, tuple(labels), placeholders=tuple(found_placeholders))


def _names(cell: Any, where: str) -> list[str]:
    try:
        names = parse_labels(cell)
    except EmograinError as error:
        raise EmograinError(f"{where}: {error}") from error
    for label in names:
        if not isinstance(label, str | int) or isinstance(label, bool):
            raise EmograinError(f"{where}: a label must be a name, got {label!r}", OWN_LABELS)
    return [str(label).strip() for label in names]


def _is_indicator(fields: Mapping[str, Any], column: str) -> bool:
    try:
        parse_indicator(fields.get(column))
    except EmograinError:
        return False
    return True
