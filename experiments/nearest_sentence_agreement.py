"""Exact BERTScore neighbours of dev and test in the training split, kept compactly, and how far their labels agree.

    python experiments/nearest_sentence_agreement.py --data DIR --output results/neighbours

Writes SPLIT.npz (rows (texts, top) int32, scores (texts, top) float32), agreement.json and cost.json (what the search
took), on the encoder before fine-tuning. What is done already is taken from the cache; cost.json is of searches that
were not, so name a folder without `searches` for it.
"""

import argparse
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch

from emograin import data
from emograin.common.files import write_atomically
from emograin.mixing.bertscore.search import nearest
from emograin.mixing.bertscore.token_embeddings import default_cache, embed_tokens
from emograin.mixing.candidates.nearest_training_sentence import SEARCHED
from emograin.models import encoder


def main() -> None:
    """Search, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--splits", nargs="+", default=["dev", "test"])
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--memory", type=float, default=1.0, help="GiB that the search may take")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    corpus, loaded = data.load(options.data), encoder.load(options.encoder)
    train = corpus.split("train")
    figures, costs = {}, {}
    for name in options.splits:
        texts = corpus.split(name)
        for each in (train, texts):  # the search's cost is without them
            embed_tokens(loaded, each.texts, options.cache / "embeddings")
        finished = set(options.cache.glob("searches/*"))
        searched = max(options.top, SEARCHED)  # what mixing asks for, too
        memory, began = int(options.memory * 2**30), time.perf_counter()
        with memory_taken() as taken:
            found = nearest(texts.texts, train.texts, loaded, options.cache, top=searched, memory=memory)
        seconds = time.perf_counter() - began
        if set(options.cache.glob("searches/*")) != finished:
            pairs = len(texts) * len(train)
            costs[name] = {
                "pairs": pairs,
                "top": searched,
                "seconds": round(seconds, 1),
                "pairs_per_second": round(pairs / seconds),
                "threads": torch.get_num_threads(),
                "memory_bound_mib": round(options.memory * 1024),
                "peak_memory_taken_mib": round(max(taken) - taken[0]),
            }
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
            "rescored_pairs_per_text": round(found.rescored / len(texts), 1),
        }
        save = partial(np.savez_compressed, rows=rows.astype(np.int32), scores=scores)
        write_atomically(options.output / f"{name}.npz", partial(_save, save))
        print(f"{name}: {json.dumps(figures[name])}\n{json.dumps(costs.get(name))}", flush=True)
    for file, found_out in {"agreement.json": figures, "cost.json": costs}.items():
        if found_out:
            text = json.dumps(found_out, indent=1) + "\n"
            write_atomically(options.output / file, partial(Path.write_text, data=text, encoding="utf-8"))


@contextmanager
def memory_taken() -> Iterator[list[float]]:
    """The process's own memory, MiB, every 20 ms and once before; pages of mapped files are not counted. Linux."""
    taken, done = [_own_memory()], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            taken.append(_own_memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield taken
    finally:
        done.set()
        watcher.join()


def _own_memory() -> float:
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")


def _save(save: partial[None], path: Path) -> None:
    with path.open("wb") as file:
        save(file)


if __name__ == "__main__":
    main()
