"""Write a corpus for distillation: the training texts of a corpus, and texts with emoji, which have no labels.

    python scripts/distillation_corpus.py runs/distillation --data goemotions --emoji 8000
    emograin train baseline --data runs/distillation --teacher MODEL --distillation-weight 1

With a distillation weight of 1 the targets are the teacher's scores, so that texts need no labels. The texts with
emoji are those on which `scripts/add_emoji.py` trains: emoji alone, and training texts with an emoji added. Test is
not written.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from add_emoji import draw_samples

import emograin
from emograin.common.files import write_text
from emograin.data.corpus import Split
from emograin.data.taxonomy import Taxonomy


def labelled(split: Split, taxonomy: Taxonomy) -> Iterator[dict[str, object]]:
    """Yield the rows of a split."""
    for name, text, row in zip(split.ids, split.texts, split.labels, strict=True):
        yield {"id": name, "text": text, "labels": [taxonomy.labels[at] for at in row.nonzero()[0]]}


def emoji_texts(train: Split, count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield rows of up to `count` different texts with emoji, without labels."""
    texts = {each.text for each in draw_samples(train, count, seed)} - set(train.texts)
    for number, text in enumerate(sorted(texts)):
        yield {"id": f"emoji-{number}", "text": text, "labels": []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--emoji", type=int, default=8000, help="number of texts with emoji to draw")
    parser.add_argument("--seed", type=int, default=0, help="seed of the texts with emoji")
    options = parser.parse_args()
    corpus = emograin.load_corpus(options.data)
    train = corpus.split("train")
    rows = {
        "train": [*labelled(train, corpus.taxonomy), *emoji_texts(train, options.emoji, options.seed)],
        "dev": list(labelled(corpus.split("dev"), corpus.taxonomy)),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    for name, found in rows.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        write_text(options.output / f"{name}.jsonl", lines)
        print(f"{options.output / name}.jsonl: {len(found):,} texts")
    write_text(options.output / "taxonomy.json", json.dumps(corpus.taxonomy.to_dict(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
