"""A corpus in the labels of a mapping, whether it is labelled in them or in the model's."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

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

    The labels of a corpus by name, or with its own taxonomy, are known; for others, the mapping's are tried first,
    unless the file has a column of 0 and 1 for each of the model's labels.
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
        return _of_known_labels(load(source, None, *columns), taxonomy, original, mapping)
    named_of_model = _NamedLabels(original.name, original.labels)
    named = _try_to_load(source, _NamedLabels(taxonomy.name, taxonomy.labels), columns, splits)
    if isinstance(named, Corpus):
        if set(taxonomy.labels) <= set(original.labels):  # columns of the model's labels include those of the mapping
            of_model = _try_to_load(source, named_of_model, columns, splits)
            if isinstance(of_model, Corpus) and _has_others(of_model, taxonomy, splits):
                return unite_corpus(of_model, taxonomy, mapping)
        return named.relabelled(taxonomy, lambda labels: labels)
    of_mapping = _try_to_load(source, taxonomy, columns, splits)
    if len(mapping.labels) == 1:  # 0 and 1 are then no indices of the model's labels, but no and yes
        original = named_of_model
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
    return corpus.relabelled(taxonomy, partial(unite_labels, members=mapping.members(corpus.taxonomy.labels)))


def _of_known_labels(corpus: Corpus, taxonomy: Taxonomy, original: Taxonomy, mapping: LabelMapping) -> Corpus:
    """Return a corpus that has a taxonomy, whose labels are of the mapping or of the model, in any order."""
    own = set(corpus.taxonomy.labels)
    for labels, complete in ((taxonomy, True), (original, True), (taxonomy, False), (original, False)):
        if own == set(labels.labels) or (not complete and own < set(labels.labels)):
            ordered = corpus.relabelled(labels, partial(_reorder, corpus.taxonomy.labels, labels.labels))
            return ordered if labels is taxonomy else unite_corpus(ordered, taxonomy, mapping)
    raise EmograinError(
        f"the corpus {corpus.name!r} has the labels {', '.join(corpus.taxonomy.labels)}, expected those of the "
        f"mapping, {', '.join(taxonomy.labels)}, or of the model"
    )


def _reorder(before: Sequence[str], after: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Return multi-hot labels (texts, before) in another order, with absent labels between them: (texts, after)."""
    ordered = np.zeros((len(labels), len(after)), dtype=labels.dtype)
    ordered[:, [after.index(label) for label in before]] = labels
    return ordered


def _has_others(corpus: Corpus, taxonomy: Taxonomy, splits: Sequence[str] | None) -> bool:
    """Return whether a text of the splits has a label that is none of a taxonomy's."""
    others = [at for at, label in enumerate(corpus.taxonomy.labels) if label not in taxonomy.labels]
    return any(split.labels[:, others].any() for split in _read(corpus, splits))


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
        _read(corpus, splits)
        return corpus
    except EmograinError as error:
        return error


def _read(corpus: Corpus, names: Sequence[str] | None) -> list[Split]:
    """Load the splits of these names, which may include "all"; None: all but test."""
    if names is None:
        names = [name for name in corpus.split_names if name != "test"]
    return list(corpus.splits(None if "all" in names else names).values())
