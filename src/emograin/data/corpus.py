"""Corpora: texts with multi-hot labels, from the hub, from a folder, or from a file of one's own.

A corpus loads each split when it is asked for, so what trains on `train` and `dev` never reads a label of `test`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from .hub import load_from_hub
from .tabular.formats import SUFFIXES, format_of
from .tabular.reader import Row, read_rows
from .taxonomy import GOEMOTIONS, Taxonomy

SPLITS = {"train": ("train",), "dev": ("dev", "validation", "valid", "val"), "test": ("test",)}
HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}
GOOGLE_INDICES = re.compile(r"\d+(,\d+)*")


@dataclass
class Split:
    """Texts and their labels.

    Args:
        name: Of which split.
        ids: One a text.
        texts: As they stand in the source.
        labels: Multi-hot, `(n, labels)` uint8, in the order of the corpus's taxonomy.
    """

    name: str
    ids: list[str]
    texts: list[str]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


class Corpus:
    """Named splits under one taxonomy, each loaded when it is first asked for.

    Args:
        name: What the corpus is called.
        taxonomy: The labels of its splits.
        loaders: Split name to what loads it.
    """

    def __init__(self, name: str, taxonomy: Taxonomy, loaders: Mapping[str, Callable[[], Split]]):
        self.name = name
        self.taxonomy = taxonomy
        self._loaders = dict(loaders)
        self._loaded: dict[str, Split] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The splits it has: train, dev and test in this order, then others."""
        return tuple([name for name in SPLITS if name in self._loaders] + [n for n in self._loaders if n not in SPLITS])

    def split(self, name: str) -> Split:
        """One split, or "all" of them one after another.

        Raises:
            EmograinError: There is no such split, or its source is not what it should be.
        """
        if name == "all":
            parts = [self.split(each) for each in self.names]
            return Split(
                name="all",
                ids=[each for part in parts for each in part.ids],
                texts=[each for part in parts for each in part.texts],
                labels=np.concatenate([part.labels for part in parts]),
            )
        if name not in self._loaders:
            raise unknown_name(f"split of corpus {self.name!r}", name, [*self.names, "all"])
        if name not in self._loaded:
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]


def load(
    source: str | Path,
    taxonomy: Taxonomy | None = None,
    text_column: str = "text",
    label_column: str = "labels",
) -> Corpus:
    """A corpus from its name, a folder or a file.

    Args:
        source: A key of `CORPORA`, a folder of train, dev and test files, or one file. A file is split by its column
            `split`, or without one by a hash of the text: 80 % train, 10 % dev, 10 % test.
        taxonomy: By default `taxonomy.toml` or `emotions.txt` beside the data, else GoEmotions.
        text_column: The column of the texts.
        label_column: The column of the labels: a list, or a string such as "joy, love", of names or indices.

    Raises:
        EmograinError: No such source, or one that is not a labelled corpus.
    """
    if str(source) in CORPORA:
        return CORPORA[str(source)](taxonomy)
    path = Path(source)
    columns = (text_column, label_column)
    if path.is_dir():
        return _folder(path, taxonomy, columns)
    if path.is_file():
        return _file(path, taxonomy, columns)
    if path.suffix or path.parent != Path():
        raise EmograinError(f"no such file or folder: {str(source)!r}", f"or name a corpus: {', '.join(CORPORA)}")
    raise unknown_name("corpus", source, CORPORA)


def _goemotions(taxonomy: Taxonomy | None = None) -> Corpus:
    """GoEmotions from the Hugging Face hub: 43,410 training, 5,426 development and 5,427 test texts."""
    taxonomy = taxonomy or GOEMOTIONS
    if taxonomy.labels != GOEMOTIONS.labels:
        raise EmograinError(
            f"corpus 'goemotions' has the labels of {GOEMOTIONS.name!r}, got taxonomy {taxonomy.name!r}"
        )

    def loader(name: str) -> Split:
        hint = "load it once with a network, or give a folder with train.tsv, dev.tsv and test.tsv"
        table = load_from_hub("simplified", HUB_NAMES[name], hint)
        labels = taxonomy.multi_hot(list(table["labels"]))
        return Split(name, list(table["id"]), list(table["text"]), labels)

    return Corpus("goemotions", taxonomy, {name: partial(loader, name) for name in SPLITS})


def _quickstart(taxonomy: Taxonomy | None = None) -> Corpus:
    """A small corpus written for this project and shipped with it: enough to try every command without a network."""
    return _folder(Path(__file__).with_name("quickstart"), taxonomy)


CORPORA: dict[str, Callable[[Taxonomy | None], Corpus]] = {"goemotions": _goemotions, "quickstart": _quickstart}


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


def same(text: str) -> str:
    """What two texts share when one counts as a repeat of the other: all but case and white space around them."""
    return text.strip().casefold()


def fingerprint(split: Split) -> str:
    """A sha256 of the texts and labels in order, which tells on which data a run was trained. Ids do not count."""
    digest = hashlib.sha256(str(split.labels.shape).encode())
    for text, labels in zip(split.texts, split.labels, strict=True):
        digest.update(json.dumps([text, np.flatnonzero(labels).tolist()]).encode())
    return digest.hexdigest()


def training_fingerprint(settings: Mapping[str, Any], splits: Sequence[str]) -> str:
    """A sha256 of a training: of its settings, and of the fingerprints of the splits that it reads."""
    return hashlib.sha256(json.dumps([dict(settings), list(splits)], sort_keys=True).encode()).hexdigest()


def count_labels(corpus: Corpus, split: str = "train") -> dict[str, Any]:
    """How many texts of a split have each label, as JSON-able values."""
    texts = corpus.split(split)
    counts = dict(zip(corpus.taxonomy.labels, texts.labels.sum(axis=0, dtype=int).tolist(), strict=True))
    return {"corpus": corpus.name, "split": texts.name, "texts": len(texts), "labels": counts}


def summary(corpus: Corpus) -> dict[str, Any]:
    """What is in a corpus, as JSON-able values: sizes, label counts, repeats inside and across splits.

    Texts that differ only in case or in white space around them count as the same. `repeats` of a split has how many
    texts occur more than once, how many rows that makes too many, and in how many of those texts the labels differ;
    `shared` has, of each pair of splits, how many rows of `split` have a text of `also_in`.
    """
    splits = {name: corpus.split(name) for name in corpus.names}
    labels_by_text = {name: _labels_by_text(split) for name, split in splits.items()}
    return {
        "corpus": corpus.name,
        "taxonomy": corpus.taxonomy.name,
        "splits": {
            name: {
                "texts": len(split),
                "fingerprint": fingerprint(split),
                "labels": count_labels(corpus, name)["labels"],
                "labels_a_text": {
                    str(k): n for k, n in sorted(Counter(split.labels.sum(axis=1, dtype=int).tolist()).items())
                },
                "repeats": _repeats(labels_by_text[name]),
            }
            for name, split in splits.items()
        },
        "shared": [
            {
                "split": later,
                "also_in": earlier,
                "rows": sum(same(text) in labels_by_text[earlier] for text in splits[later].texts),
            }
            for earlier, later in combinations(splits, 2)
        ],
    }


def _labels_by_text(split: Split) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for text, labels in zip(split.texts, split.labels, strict=True):
        found.setdefault(same(text), []).append(labels.tobytes())
    return found


def _repeats(labels_by_text: Mapping[str, list[bytes]]) -> dict[str, int]:
    repeated = [labels for labels in labels_by_text.values() if len(labels) > 1]
    return {
        "texts": len(repeated),
        "rows_too_many": sum(len(labels) - 1 for labels in repeated),
        "texts_with_conflicting_labels": sum(len(set(labels)) > 1 for labels in repeated),
    }


def format_summary(summary: Mapping[str, Any]) -> str:
    """The result of `summary` as a table for people: a column a split."""
    splits = summary["splits"]
    lines: list[tuple[str, Sequence[object]]] = [(summary["corpus"], list(splits))]
    lines.append(("texts", [split["texts"] for split in splits.values()]))
    for count in sorted({int(k) for split in splits.values() for k in split["labels_a_text"]}):
        cells = [split["labels_a_text"].get(str(count), 0) for split in splits.values()]
        lines.append((f"  with {count} label{'s' * (count != 1)}", cells))
    lines.append(("texts that are repeated", [split["repeats"]["texts"] for split in splits.values()]))
    conflicts = [split["repeats"]["texts_with_conflicting_labels"] for split in splits.values()]
    lines.append(("  with conflicting labels", conflicts))
    shared = {(each["split"], each["also_in"]): each["rows"] for each in summary["shared"]}
    for earlier in list(splits)[:-1]:
        lines.append((f"rows also in {earlier}", [shared.get((name, earlier), "-") for name in splits]))
    lines.append((f"labels of {summary['taxonomy']}", ["" for _ in splits]))
    for label in next(iter(splits.values()))["labels"]:
        lines.append((f"  {label}", [split["labels"][label] for split in splits.values()]))
    width = max(len(head) for head, _ in lines)
    shown = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells] for _, cells in lines]
    return "\n".join(
        f"{head:<{width}}{''.join(f'  {cell:>8}' for cell in cells)}".rstrip()
        for (head, _), cells in zip(lines, shown, strict=True)
    )
