"""A corpus in the labels of a mapping, whether it is labelled in them or in the model's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError
from ...data.corpus import Corpus, Split
from ...data.corpus_files import LABEL_NAMES, TAXONOMY_FILES
from ...data.label_cells import parse_labels
from ...data.sources import CORPORA, load
from ...data.taxonomy import Taxonomy
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
    Indices are those of the labels that have so many; where both have, they are refused, and so are the
    model's if the mapping has one label, as 0 and 1 mean no and yes.

    Args:
        source: Name, folder or file of the corpus.
        taxonomy: Labels of the mapping.
        original: Labels of the model.
        mapping: The mapping.
        columns: Names of the text and the label column.
        splits: Splits that will be used, and are read now; None: all but test.

    Raises:
        EmograinError: The corpus cannot be read, or has neither labels, or indices of either.
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
    named = _try_to_load(source, _NamedLabels(taxonomy.name, taxonomy.labels), columns, splits)
    if isinstance(named, Corpus):
        return Corpus(named.name, taxonomy, {name: partial(named.split, name) for name in named.split_names})
    of_mapping = _try_to_load(source, taxonomy, columns, splits)
    if len(mapping.labels) == 1:  # 0 and 1 are then no indices of the model's labels, but no and yes
        original = _NamedLabels(original.name, original.labels)
    of_model = _try_to_load(source, original, columns, splits)
    if isinstance(of_model, EmograinError):
        if isinstance(of_mapping, EmograinError):
            raise EmograinError(f"{of_mapping}; with the labels of the model: {of_model}")
        return of_mapping
    if isinstance(of_mapping, Corpus):
        raise EmograinError(
            f"the labels in {source!r} are indices, which could be of the mapping's labels or of the model's",
            f"write their names, or list the names in {LABEL_NAMES} beside the data, one per line",
        )
    return unite_corpus(of_model, taxonomy, mapping)


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


class _NamedLabels(Taxonomy):
    """A taxonomy of labels that are given by name: an index could be one of another taxonomy."""

    def indices(self, labels: Any) -> list[int]:
        return [self.index(str(each)) for each in parse_labels(labels, self.labels)]


def _try_to_load(
    source: str, taxonomy: Taxonomy, columns: tuple[str, str], splits: Sequence[str] | None
) -> Corpus | EmograinError:
    """Load a corpus with its splits, where labels are checked; return the error if it cannot be read."""
    try:
        corpus = load(source, taxonomy, *columns)
        for name in splits or [name for name in corpus.split_names if name != "test"]:
            corpus.split(name)
        return corpus
    except EmograinError as error:
        return error
