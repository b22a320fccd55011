"""Statistics of a corpus: sizes, label counts, repeated texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from .corpus import Corpus, Split, fingerprint, same


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
                "labels_per_text": {
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
    for count in sorted({int(k) for split in splits.values() for k in split["labels_per_text"]}):
        cells = [split["labels_per_text"].get(str(count), 0) for split in splits.values()]
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
