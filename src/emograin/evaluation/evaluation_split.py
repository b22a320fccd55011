"""The split of a corpus that a model is evaluated on."""

from ..common.errors import EmograinError
from ..data.corpus import Corpus, Split
from ..data.taxonomy import Taxonomy


def evaluation_split(taxonomy: Taxonomy, corpus: Corpus, split: str) -> Split:
    """Return a split that a model with these labels can be evaluated on.

    Args:
        taxonomy: Labels of the model.
        corpus: Corpus of the split.
        split: Name of the split.

    Raises:
        EmograinError: The corpus has other labels than the model, or the split is empty.
    """
    if corpus.taxonomy.labels != taxonomy.labels:
        raise EmograinError(
            f"the model's labels are {taxonomy.name!r}, the corpus {corpus.name!r} has {corpus.taxonomy.name!r}"
        )
    texts = corpus.split(split)
    if not len(texts):
        raise EmograinError(f"split {split!r} of {corpus.name!r} has no texts")
    return texts
