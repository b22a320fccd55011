"""Load a corpus from a Hugging Face dataset: by its name on the hub, or from a folder of `save_to_disk`.

Labels are a `ClassLabel`, a sequence of it, a column as in files, or one column of booleans per label.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError
from ..common.optional import import_optional
from .class_labels import class_names
from .corpus import SPLITS, Corpus, CorpusUnavailable, Split
from .corpus_files import assign_split, own_taxonomy, require_texts, to_split
from .tabular.formats import SUFFIXES
from .tabular.reader import Row, to_row
from .taxonomy import GOEMOTIONS, Taxonomy

# OWNER/NAME, with a configuration if the dataset has several: OWNER/NAME:CONFIGURATION
NAME = re.compile(r"(?P<name>[\w-][\w.-]*/[\w-][\w.-]*?)(:(?P<configuration>[\w.-]+))?")
NOT_ON_HUB = "is no file or folder, and could not be loaded from the Hugging Face hub"
BOOLEAN = {"dtype": "bool", "_type": "Value"}
SAVED = ("dataset_dict.json", "dataset_info.json")  # files of a saved DatasetDict, and of a saved Dataset


def is_saved_dataset(folder: Path) -> bool:
    """Return whether a folder was written by `save_to_disk` of `datasets`."""
    return any((folder / name).is_file() for name in SAVED)


def is_hub_name(source: str | Path) -> bool:
    """Return whether a source that is no file or folder is spelled as a dataset on the hub."""
    return bool(NAME.fullmatch(str(source))) and Path(source).suffix not in SUFFIXES


def load_dataset_corpus(source: str | Path, taxonomy: Taxonomy | None, columns: tuple[str, str]) -> Corpus:
    """Load a corpus from a dataset. The arguments are those of `open_dataset` and `corpus_from_dataset`."""
    return corpus_from_dataset(*open_dataset(source), taxonomy, columns)


def open_dataset(source: str | Path) -> tuple[str, Any]:
    """Open a folder of `save_to_disk`, or a dataset on the hub or in its cache.

    Args:
        source: Folder, or OWNER/NAME or OWNER/NAME:CONFIGURATION.

    Returns:
        A name for the corpus, and a `datasets.Dataset` or `DatasetDict`.

    Raises:
        CorpusUnavailable: Neither network nor cache has the dataset.
        EmograinError: The package `datasets` is not installed, or the folder cannot be read.
    """
    datasets = import_optional("datasets", "train")
    found = NAME.fullmatch(str(source))
    try:
        if Path(source).is_dir():
            return Path(source).resolve().name, datasets.load_from_disk(str(source))
        if found is None:
            raise EmograinError(f"a dataset on the hub is OWNER/NAME or OWNER/NAME:CONFIGURATION, got {str(source)!r}")
        return str(source), datasets.load_dataset(found["name"], found["configuration"])
    except EmograinError:
        raise
    except Exception as error:  # errors of the hub, the network, the cache, and of damaged files have no common class
        reason = f"{type(error).__name__}: {error}"
        if found is None or Path(source).is_dir():
            raise EmograinError(f"{str(source)!r} cannot be read: {reason}") from error
        raise CorpusUnavailable(f"{str(source)!r} {NOT_ON_HUB}: {reason}") from error


def corpus_from_dataset(
    name: str, loaded: Any, taxonomy: Taxonomy | None, columns: tuple[str, str] = ("text", "labels")
) -> Corpus:
    """Create a corpus from a dataset in memory, or its splits.

    Args:
        name: Name of the corpus.
        loaded: A `datasets.Dataset` or `DatasetDict`. One without a dev and a test split is divided as a file is.
        taxonomy: Labels; None takes the names of the classes, or of the columns of booleans.
        columns: Names of the text column and of the label column. Without a column `labels`, the label column is the
            only column of classes.

    Raises:
        EmograinError: There is no such column, no split, or two parts that are one split, such as dev and validation.
            Parts of other names are not read.
    """
    parts, label_column, names, booleans = describe(name, loaded, columns[1])
    taxonomy = taxonomy or (own_taxonomy(name, names or booleans) if names or booleans else GOEMOTIONS)
    read = partial(read_dataset, name, text_column=columns[0])
    splits = {split: part for part in parts for split, accepted in SPLITS.items() if part in accepted}
    if not splits:
        raise EmograinError(f"{name}: no train, dev or test split, got {', '.join(parts)}")
    for split, accepted in SPLITS.items():
        if len(same := [part for part in parts if part in accepted]) > 1:
            raise EmograinError(f"{name}: expected one {split} split, got {' and '.join(same)}")

    def load(split: str, part: str, only: str | None) -> Split:
        rows = enumerate(read(part, parts[part]), start=1)
        chosen = ((at, where, row) for at, (where, row) in rows if only is None or assign_split(row, where) == only)
        return to_split(split, chosen, taxonomy, label_column, part, names)

    if list(splits) == ["train"]:
        present = {assign_split(row, where) for where, row in read(splits["train"], parts[splits["train"]])}
        return Corpus(
            name, taxonomy, {each: partial(load, each, splits["train"], each) for each in SPLITS if each in present}
        )
    return Corpus(name, taxonomy, {split: partial(load, split, part, None) for split, part in splits.items()})


def describe(name: str, loaded: Any, label_column: str) -> tuple[dict[str, Any], str, list[str], list[str]]:
    """Find the labels in the features of a dataset.

    Args:
        name: Name of the corpus, for errors.
        loaded: A `datasets.Dataset` or `DatasetDict`.
        label_column: As for `corpus_from_dataset`.

    Returns:
        Its splits by name, the label column, the names of its classes, and, if there is no label column, the columns
        of booleans.

    Raises:
        EmograinError: There is no split.
    """
    parts = dict(loaded) if isinstance(loaded, Mapping) else {"train": loaded}
    if not parts:
        raise EmograinError(f"{name}: no splits")
    features = next(iter(parts.values())).features.to_dict()
    classes = [each for each, feature in features.items() if class_names(feature)]
    if label_column == "labels" and label_column not in features and len(classes) == 1:
        label_column = classes[0]
    booleans = [each for each, feature in features.items() if feature == BOOLEAN]
    absent = label_column not in features and "," not in label_column and len(booleans) > 1
    return parts, label_column, class_names(features.get(label_column)) or [], booleans if absent else []


def read_dataset(name: str, part: str, dataset: Any, text_column: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a split, each with its location for error messages; all have a text.

    Columns of nested values, such as images, are left out: decoding them would need other packages.
    """
    plain = [each for each, feature in dataset.features.to_dict().items() if _is_plain(feature)]
    return require_texts((to_row(row, text_column) for row in dataset.select_columns(plain)), f"{name}, {part}")


def _is_plain(feature: Any) -> bool:
    if isinstance(feature, list):
        return all(map(_is_plain, feature))
    kind = feature.get("_type")
    return kind in ("Value", "ClassLabel") or (
        kind in ("Sequence", "List", "LargeList") and _is_plain(feature["feature"])
    )
