"""Statistics of a corpus: sizes, label counts, duplicate texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from ..common.text_table import aligned
from .corpus import Corpus, Split, fingerprint
from .text import normalized


def count_labels(corpus: Corpus, split: str = "train") -> dict[str, Any]:
    """Count the texts of a split that have each label.

    Returns:
        JSON-able values: names of the corpus and the split, number of texts, and the counts by label.
    """
    texts = corpus.split(split)
    return {
        "corpus": corpus.name,
        "split": texts.name,
        "texts": len(texts),
        "labels": _label_counts(texts, corpus.taxonomy.labels),
    }


def corpus_statistics(corpus: Corpus) -> dict[str, Any]:
    """Count texts, labels, and duplicates within and across splits. Texts are compared without case and outer space.

    Returns:
        JSON-able values. `splits` has for each split the counts by label and by number of labels, and `repeats`: the
        number of texts that occur more than once, of the rows beyond their first, and of the texts among them with
        differing labels. `shared` has for each pair of splits the number of rows of `split` with a text of `also_in`.
    """
    splits = corpus.splits()
    labels_by_text = {name: _labels_by_text(split) for name, split in splits.items()}
    return {
        "corpus": corpus.name,
        "taxonomy": corpus.taxonomy.name,
        "splits": {
            name: {
                "texts": len(split),
                "fingerprint": fingerprint(split),
                "labels": _label_counts(split, corpus.taxonomy.labels),
                "labels_per_text": {
                    str(count): texts
                    for count, texts in sorted(Counter(split.labels.sum(axis=1, dtype=int).tolist()).items())
                },
                "repeats": _count_repeats(labels_by_text[name]),
            }
            for name, split in splits.items()
        },
        "shared": [
            {
                "split": later,
                "also_in": earlier,
                "rows": sum(normalized(text) in labels_by_text[earlier] for text in splits[later].texts),
            }
            for earlier, later in combinations(splits, 2)
        ],
    }


def _label_counts(split: Split, labels: Sequence[str]) -> dict[str, int]:
    return dict(zip(labels, split.labels.sum(axis=0, dtype=int).tolist(), strict=True))


def _labels_by_text(split: Split) -> dict[str, list[bytes]]:
    """Group a split by normalized text, with the multi-hot labels of each occurrence as bytes."""
    found: dict[str, list[bytes]] = {}
    for text, labels in zip(split.texts, split.labels, strict=True):
        found.setdefault(normalized(text), []).append(labels.tobytes())
    return found


def _count_repeats(labels_by_text: Mapping[str, list[bytes]]) -> dict[str, int]:
    repeated = [labels for labels in labels_by_text.values() if len(labels) > 1]
    return {
        "texts": len(repeated),
        "duplicate_rows": sum(len(labels) - 1 for labels in repeated),
        "texts_with_conflicting_labels": sum(len(set(labels)) > 1 for labels in repeated),
    }


def statistics_table(statistics: Mapping[str, Any]) -> str:
    """Format the result of `corpus_statistics` as an aligned table with one column per split."""
    names, splits = list(statistics["splits"]), list(statistics["splits"].values())
    rows: list[tuple[str, Sequence[object]]] = [(statistics["corpus"], names)]
    rows.append(("texts", [split["texts"] for split in splits]))
    for count in sorted({int(count) for split in splits for count in split["labels_per_text"]}):
        texts = [split["labels_per_text"].get(str(count), 0) for split in splits]
        rows.append((f"  with {count} label{'s' * (count != 1)}", texts))
    rows.append(("duplicate texts", [split["repeats"]["texts"] for split in splits]))
    conflicts = [split["repeats"]["texts_with_conflicting_labels"] for split in splits]
    rows.append(("  with conflicting labels", conflicts))
    shared = {(each["split"], each["also_in"]): each["rows"] for each in statistics["shared"]}
    rows += [(f"rows also in {each}", [shared.get((name, each), "-") for name in names]) for each in names[:-1]]
    rows.append((f"labels of {statistics['taxonomy']}", [""] * len(splits)))
    rows += [(f"  {label}", [split["labels"][label] for split in splits]) for label in splits[0]["labels"]]
    return aligned(
        [[head, *(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)] for head, cells in rows]
    )
