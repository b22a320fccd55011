"""Write a corpus for distillation: the training texts of a corpus, and more texts, which have no labels.

    python scripts/distillation_corpus.py runs/distillation --data goemotions --emoji 8000 --substituted 1
    emograin train baseline --data runs/distillation --teacher MODEL --distillation-weight 1

With a distillation weight of 1 the targets are the teacher's scores, so that texts need no labels. The texts with
emoji are those on which `scripts/train_emoji.py` trains: emoji alone, and training texts with an emoji added. In
substituted texts some words of a training text are replaced by words with similar embeddings (Jiao et al. 2020,
"TinyBERT", section 3.2, with the encoder's own embeddings instead of GloVe's). Paraphrases of the training texts
come from a candidate file, such as the back-translations of `scripts/back_translate.py`. Test is not written.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from torch import nn
from train_emoji import draw_samples

import emograin
from emograin.common.files import write_text
from emograin.data.corpus import Split
from emograin.data.taxonomy import Taxonomy
from emograin.mixing.candidates import CANDIDATES, CandidateRequest
from emograin.mixing.config import Mixing
from emograin.models import encoder

WORD = re.compile(r"(?<!\[)\b[A-Za-z]{4,}\b(?!\])")  # neither short function words nor [NAME]
MIN_OCCURRENCES = 10  # of a word that is replaced, or replaces one
NEIGHBOURS, SHARE = 8, 0.4  # words to choose from; share of the words that are replaced


def labelled(split: Split, taxonomy: Taxonomy) -> Iterator[dict[str, object]]:
    """Yield the rows of a split."""
    for name, text, row in zip(split.ids, split.texts, split.labels, strict=True):
        yield {"id": name, "text": text, "labels": [taxonomy.labels[at] for at in row.nonzero()[0]]}


def emoji_texts(train: Split, count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield rows of up to `count` different texts with emoji, without labels."""
    texts = {each.text for each in draw_samples(train, count, seed)} - set(train.texts)
    for number, text in enumerate(sorted(texts)):
        yield {"id": f"emoji-{number}", "text": text, "labels": []}


def similar_words(texts: Sequence[str], encoder_name: str) -> dict[str, list[str]]:
    """Return the nearest words of each frequent word that is one token, by the cosine of centred input embeddings."""
    loaded = encoder.load(encoder_name)
    counts = Counter(match.group().lower() for text in texts for match in WORD.finditer(text))
    known = loaded.tokenizer.get_vocab()
    words = sorted(word for word, count in counts.items() if count >= MIN_OCCURRENCES and word in known)
    if len(words) <= NEIGHBOURS:
        return {}
    table = cast(nn.Embedding, loaded.model.get_input_embeddings()).weight.detach().numpy()
    vectors = table[[known[word] for word in words]]
    vectors = vectors - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -1)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :NEIGHBOURS]
    return {word: [words[at] for at in row] for word, row in zip(words, nearest, strict=True)}


def substituted_texts(
    train: Split, similar: Mapping[str, Sequence[str]], variants: int, seed: int
) -> Iterator[dict[str, object]]:
    """Yield rows of new texts with words replaced, up to `variants` of each training text, without labels."""
    draws, seen = random.Random(seed), set(train.texts)

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        others = similar.get(word.lower())
        if others is None or draws.random() >= SHARE:
            return word
        other = draws.choice(others)
        return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other

    for variant in range(variants):
        for name, text in zip(train.ids, train.texts, strict=True):
            made = WORD.sub(replace, text)
            if made not in seen:
                seen.add(made)
                yield {"id": f"substituted-{variant}-{name}", "text": made, "labels": []}


def paraphrases(train: Split, path: Path) -> Iterator[dict[str, object]]:
    """Yield rows of the new texts in a candidate file of the training texts, without labels."""
    settings, seen = Mixing("file", file=str(path)), set(train.texts)
    request = CandidateRequest(train, lambda: train, "", settings, path.parent)
    for name, (best, *_) in zip(train.ids, CANDIDATES["file"](request).texts, strict=True):
        if best not in seen:
            seen.add(best)
            yield {"id": f"paraphrase-{name}", "text": best, "labels": []}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--emoji", type=int, default=8000, help="number of texts with emoji to draw")
    parser.add_argument("--substituted", type=int, default=0, help="texts with replaced words per training text")
    parser.add_argument(
        "--paraphrases",
        type=Path,
        metavar="FILE",
        help="candidate file of the training texts; for the bundled model, back-translations over Portuguese",
    )
    parser.add_argument(
        "--encoder", default="minilm", help="encoder whose input embeddings define which words are similar"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the texts added")
    options = parser.parse_args()
    corpus = emograin.load_corpus(options.data)
    train = corpus.split("train")
    similar = similar_words(train.texts, options.encoder) if options.substituted else {}
    rows = {
        "train": [
            *labelled(train, corpus.taxonomy),
            *emoji_texts(train, options.emoji, options.seed),
            *substituted_texts(train, similar, options.substituted, options.seed),
            *(paraphrases(train, options.paraphrases) if options.paraphrases else ()),
        ],
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
