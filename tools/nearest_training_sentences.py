"""Exact BERTScore neighbours of dev and test in the training split, kept compactly, and how far their labels agree.

    python tools/nearest_training_sentences.py --data DIR --output results/neighbours

Writes SPLIT.npz (rows (texts, top) int32, scores (texts, top) float32) and agreement.json, on the encoder before
fine-tuning. What is done already is taken from the cache.
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path

import numpy as np

from emograin import data, encoder
from emograin.bertscore_search import nearest
from emograin.candidates.nearest_training_sentence import SEARCHED
from emograin.run_folder import write_whole
from emograin.token_embeddings import default_cache


def main() -> None:
    """Search, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--splits", nargs="+", default=["dev", "test"])
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    corpus, loaded = data.load(options.data), encoder.load(options.encoder)
    train = corpus.split("train")
    figures = {}
    for name in options.splits:
        texts = corpus.split(name)
        began = time.perf_counter()
        searched = max(options.top, SEARCHED)  # what mixing asks for, too
        found = nearest(texts.texts, train.texts, loaded, options.cache, top=searched)
        seconds = time.perf_counter() - began
        rows, scores = found.rows[:, : options.top], found.scores[:, : options.top]
        shared = (train.labels[rows] & texts.labels[:, None]).any(axis=2)  # (texts, top)
        same = (train.labels[rows] == texts.labels[:, None]).all(axis=2)
        figures[name] = {
            "texts": len(texts),
            "training_sentences": len(train),
            "encoder": options.encoder,
            "share_a_gold_label": [round(float(each), 4) for each in shared.mean(axis=0)],
            "same_labels": [round(float(each), 4) for each in same.mean(axis=0)],
            "mean_score": [round(float(each), 4) for each in scores.mean(axis=0)],
            "rescored_pairs_a_text": round(found.rescored / len(texts), 1),
        }
        save = partial(np.savez_compressed, rows=rows.astype(np.int32), scores=scores)
        write_whole(options.output / f"{name}.npz", partial(_save, save))
        print(f"{name}: {seconds:.0f} s, {json.dumps(figures[name])}", flush=True)
    text = json.dumps(figures, indent=1) + "\n"
    write_whole(options.output / "agreement.json", lambda path: path.write_text(text, encoding="utf-8"))


def _save(save: partial[None], path: Path) -> None:
    with path.open("wb") as file:
        save(file)


if __name__ == "__main__":
    main()
