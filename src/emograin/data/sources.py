"""The registry of corpora, and loading of one by name or path.

A new corpus is one function here and one entry in `CORPORA`.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..common.errors import EmograinError, shortened, unknown_name
from .corpus import SPLITS, Corpus, CorpusUnavailable, Split
from .corpus_files import load_file, load_folder
from .hub import load_from_hub
from .hub_datasets import is_hub_name, is_saved_dataset, load_dataset_corpus
from .taxonomy import GOEMOTIONS, Taxonomy

HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}  # split: name on the Hugging Face hub


def load(
    source: str | Path,
    taxonomy: Taxonomy | None = None,
    text_column: str = "text",
    label_column: str = "labels",
) -> Corpus:
    """Load a corpus by its name, or from a folder or a file.

    Args:
        source: A key of `CORPORA`; a folder of train, dev and test files; one file; a folder of `save_to_disk`, or
            OWNER/NAME, of a Hugging Face dataset. A file is split by its column `split`, or without one by a hash of
            the text: 80 % train, 10 % dev, 10 % test.
        taxonomy: Labels of the corpus; by default from `taxonomy.toml`, `taxonomy.json` or `emotions.txt` beside the
            data, or the names of a dataset's classes, else GoEmotions.
        text_column: Name of the text column.
        label_column: Name of the label column. A value is a list, or a string such as "joy, love", of label names or
            indices; an empty one is a text without labels. Or names of columns of 0 and 1, separated by commas: one
            per label. If there is no such column, those with the names of all labels are taken.

    Raises:
        CorpusUnavailable: The source does not exist, here or on the hub.
        EmograinError: The source is not a labelled corpus.
    """
    if str(source) in CORPORA:
        return CORPORA[str(source)](taxonomy)
    path = Path(source)
    columns = (text_column, label_column)
    if is_saved_dataset(path):
        return load_dataset_corpus(path, taxonomy, columns)
    if path.is_dir():
        return load_folder(path, taxonomy, columns)
    if path.is_file():
        return load_file(path, taxonomy, columns)
    if is_hub_name(source):
        return load_dataset_corpus(source, taxonomy, columns)
    if path.suffix or any(mark in str(source) for mark in ("/", os.sep)):  # a Path drops that of ./name
        raise CorpusUnavailable(f"no such file or folder: {str(source)!r}", f"or name a corpus: {', '.join(CORPORA)}")
    raise CorpusUnavailable(str(unknown_name("corpus", source, CORPORA)))


def _goemotions(taxonomy: Taxonomy | None = None) -> Corpus:
    """GoEmotions from the Hugging Face hub: 43,410 train, 5,426 dev and 5,427 test texts (§4.1)."""
    taxonomy = taxonomy or GOEMOTIONS
    if taxonomy.labels != GOEMOTIONS.labels:
        raise EmograinError(
            f"corpus 'goemotions' has the labels of {GOEMOTIONS.name!r}, got taxonomy {taxonomy.name!r}",
            f"--data FILE: texts with the labels {shortened(', '.join(taxonomy.labels))}",
        )

    def load_split(name: str) -> Split:
        hint = "load it once with a network, or give a folder with train.tsv, dev.tsv and test.tsv"
        table = load_from_hub("simplified", HUB_NAMES[name], hint)
        labels = taxonomy.multi_hot(list(table["labels"]))
        return Split(name, list(table["id"]), list(table["text"]), labels)

    return Corpus("goemotions", taxonomy, {name: partial(load_split, name) for name in SPLITS})


def _quickstart(taxonomy: Taxonomy | None = None) -> Corpus:
    """The bundled corpus, written for this project: small, and enough to try every command without a network."""
    return load_folder(Path(__file__).with_name("quickstart"), taxonomy)


CORPORA: dict[str, Callable[[Taxonomy | None], Corpus]] = {"goemotions": _goemotions, "quickstart": _quickstart}
