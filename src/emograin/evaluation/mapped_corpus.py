"""A corpus in the labels of a mapping, whether it is labelled in them or in the model's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..common.errors import EmograinError
from ..data.corpus import Corpus, Split
from ..data.corpus_files import LABEL_NAMES, TAXONOMY_FILES
from ..data.sources import CORPORA, load
from ..data.taxonomy import Taxonomy
from .label_mapping import LabelMapping, unite_labels


def load_mapped(
    source: str,
    taxonomy: Taxonomy,
    original: Taxonomy,
    mapping: LabelMapping,
    columns: tuple[str, str] = ("text", "labels"),
    splits: Sequence[str] | None = None,
) -> Corpus:
    """Load a corpus whose labels are those of a mapping, or those of the model, which are then united.

    The labels of a corpus by name, or with its own taxonomy, are known; for others, the mapping's are tried first.

    Args:
        source: Name, folder or file of the corpus.
        taxonomy: Labels of the mapping.
        original: Labels of the model.
        mapping: The mapping.
        columns: Names of the text and the label column.
        splits: Splits that will be used, and are read now; None: all but test.

    Raises:
        EmograinError: The corpus cannot be read, or has neither labels.
    """
    path = Path(source)
    folder = path if path.is_dir() else path.parent
    names_labels = any((folder / name).is_file() for name in (*TAXONOMY_FILES, LABEL_NAMES))
    if source in CORPORA or (path.exists() and names_labels):
        corpus = load(source, None, *columns)
        if corpus.taxonomy.labels == taxonomy.labels:
            return corpus
        if corpus.taxonomy.labels == original.labels:
            return unite_corpus(corpus, taxonomy, mapping)
        raise EmograinError(
            f"the corpus {source!r} has the labels {', '.join(corpus.taxonomy.labels)}, expected those of the mapping, "
            f"{', '.join(taxonomy.labels)}, or of the model"
        )
    try:
        return _loaded(load(source, taxonomy, *columns), splits)
    except EmograinError as error:
        try:
            return unite_corpus(_loaded(load(source, original, *columns), splits), taxonomy, mapping)
        except EmograinError as other:
            raise EmograinError(f"{error}; with the labels of the model: {other}") from None


def unite_corpus(corpus: Corpus, taxonomy: Taxonomy, mapping: LabelMapping) -> Corpus:
    """Return a corpus in the labels of a mapping.

    Args:
        corpus: A corpus in the labels of the model.
        taxonomy: Labels of the mapping.
        mapping: The mapping.
    """
    members = mapping.members(corpus.taxonomy.labels)

    def united(name: str) -> Split:
        split = corpus.split(name)
        return replace(split, labels=unite_labels(split.labels, members))

    return Corpus(corpus.name, taxonomy, {name: partial(united, name) for name in corpus.split_names})


def _loaded(corpus: Corpus, splits: Sequence[str] | None) -> Corpus:
    """Load splits now, where their labels are checked."""
    for name in splits or [name for name in corpus.split_names if name != "test"]:
        corpus.split(name)
    return corpus
