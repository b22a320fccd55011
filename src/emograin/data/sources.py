"""Load a corpus by name, or from a folder or file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from .corpus import SPLITS, Corpus, Split
from .corpus_files import _file, _folder
from .hub import load_from_hub
from .taxonomy import GOEMOTIONS, Taxonomy


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


HUB_NAMES = {"train": "train", "dev": "validation", "test": "test"}
