"""Exact BERTScore neighbours of dev and test in the training split, and the agreement of their labels.

    python experiments/nearest_sentence_agreement.py --data DIR --output results/neighbours

Writes SPLIT.npz (rows (texts, top) int32, scores (texts, top) float32), agreement.json, and cost.json (time and memory
of the searches), for the encoder before fine-tuning. Finished searches are taken from the cache and are not in
cost.json: name a cache without `searches` to measure them.
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
from emograin.common.files import write_atomically, write_text
from emograin.common.progress import Progress
from emograin.mixing.bertscore.search import EMBEDDINGS, SEARCHES, nearest
from emograin.mixing.bertscore.token_embeddings import default_cache, embed_tokens
from emograin.mixing.candidates.nearest_training_sentence import MIN_SEARCHED
from emograin.models import encoder


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="corpus")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--splits", nargs="+", default=["dev", "test"])
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--memory", type=float, default=1.0, help="memory limit of the search in GiB")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    corpus, loaded = data.load(options.data), encoder.load(options.encoder)
    train = corpus.split("train")
    agreement, costs = {}, {}
    for name in options.splits:
        texts = corpus.split(name)
        for each in (train, texts):  # in advance, so that the search's cost is without them
            embed_tokens(loaded, each.texts, options.cache / EMBEDDINGS)
        finished = set(options.cache.glob(f"{SEARCHES}/*"))
        searched = max(options.top, MIN_SEARCHED)  # the search that mixing uses, too
        memory, start = int(options.memory * 2**30), time.perf_counter()
        with memory_used() as used, Progress(len(texts) * len(train), "pairs") as progress:
            found = nearest(
                texts.texts,
                train.texts,
                loaded,
                options.cache,
                on_scored=progress.advance,
                top=searched,
                memory=memory,
            )
        seconds = time.perf_counter() - start
        if set(options.cache.glob(f"{SEARCHES}/*")) != finished:
            pairs = len(texts) * len(train)
            costs[name] = {
                "pairs": pairs,
                "top": searched,
                "seconds": round(seconds, 1),
                "pairs_per_second": round(pairs / seconds),
                "threads": torch.get_num_threads(),
                "memory_bound_mib": round(options.memory * 1024),
                "peak_memory_taken_mib": round(max(used) - used[0]),
            }
        rows, scores = found.rows[:, : options.top], found.scores[:, : options.top]
        shared = (train.labels[rows] & texts.labels[:, None]).any(axis=2)  # (texts, top)
        same = (train.labels[rows] == texts.labels[:, None]).all(axis=2)
        agreement[name] = {
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
        print(f"{name}: {json.dumps(agreement[name])}\n{json.dumps(costs.get(name))}", flush=True)
    for file, results in {"agreement.json": agreement, "cost.json": costs}.items():
        if results:
            write_text(options.output / file, json.dumps(results, indent=1) + "\n")


@contextmanager
def memory_used() -> Iterator[list[float]]:
    """Sample the anonymous memory of the process in MiB, once before and then every 20 ms; Linux only."""
    used, stopped = [_anonymous_memory()], threading.Event()

    def sample() -> None:
        while not stopped.wait(0.02):
            used.append(_anonymous_memory())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield used
    finally:
        stopped.set()
        sampler.join()


def _anonymous_memory() -> float:
    match = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(match[1]) / 1024 if match else float("nan")


def _save(save: partial[None], path: Path) -> None:
    with path.open("wb") as file:
        save(file)


if __name__ == "__main__":
    main()
