"""Pairs a second of the exact all-pairs BERTScore search, beside bert-score's matching and the bare matrix product.

    python benchmarks/bertscore_speed.py --data DIR

In turn in one process run, on the same embeddings: ours (bounds in int8 or bf16, then float32), ours in float32
throughout, the matching code of the `bert-score` package with its embeddings given (64 pairs a batch, padded, as it
does), and the products of all tokens in each precision, of the shapes that ours has, with nothing around them. Prints
medians and ratios.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from bert_score.utils import greedy_cos_idf
from torch.nn.utils.rnn import pad_sequence

from emograin import data
from emograin.mixing.bertscore.low_precision import PRECISIONS, int8_is_exact, precision_of
from emograin.mixing.bertscore.search import Search
from emograin.mixing.bertscore.token_embeddings import TokenEmbeddings, embed_tokens
from emograin.models import encoder

BATCH = 64  # bert-score's default


def bert_score(queries: TokenEmbeddings, corpus: TokenEmbeddings, pairs: np.ndarray, special: list[int]) -> None:
    """bert-score's own matching of some pairs, on given embeddings."""
    for at in range(0, len(pairs), BATCH):
        stats = []
        for part, rows in ((queries, pairs[at : at + BATCH, 0]), (corpus, pairs[at : at + BATCH, 1])):
            tokens = [torch.from_numpy(np.array(part.sentence(int(row)))) for row in rows]
            idf = [torch.tensor([float(each not in special) for each in part.ids[row]]) for row in rows]
            lengths = torch.tensor([len(each) for each in tokens])
            padded = pad_sequence(tokens, batch_first=True, padding_value=2.0)
            mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]
            stats += [padded, mask, pad_sequence(idf, batch_first=True)]
        greedy_cos_idf(*stats)


@torch.inference_mode()
def products(search: Search, part: np.ndarray) -> float:
    """Seconds of the matrix products of a search, and of nothing else."""
    bounds, seconds = search.bounds, 0.0
    slabs = [slab.tokens.values for slab in bounds._slabs(part)]
    for block in search.corpus.blocks(bounds.corpus_tokens):
        keys = bounds._keys(block).values
        began = time.perf_counter()
        for tokens in slabs:
            bounds.precision.multiply(tokens, keys)
        seconds += time.perf_counter() - began
    return seconds


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="a corpus: its test split against its training split")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--queries", type=int, default=256, help="of the test split, drawn at random")
    parser.add_argument("--pairs", type=int, default=6400, help="for bert-score, drawn at random")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="a folder for embeddings [default: a temporary one]")
    parser.add_argument("--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()

    corpus = data.load(options.data)
    loaded = encoder.load(options.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        keys = embed_tokens(loaded, corpus.split("train").texts, cache)
        asked = embed_tokens(loaded, corpus.split("test").texts, cache)
        special = loaded.tokenizer("")["input_ids"]
        random = np.random.default_rng(0)
        part = np.sort(random.permutation(len(asked))[: options.queries])
        part = part[np.argsort(asked.lengths[part], kind="stable")]
        pairs = np.stack([random.choice(part, options.pairs), random.integers(0, len(keys), options.pairs)], axis=1)
        ours = precision_of("auto", "cpu")
        searches = {name: Search(asked, keys, special, precision=name) for name in available()}
        bounded = next(each for each in searches.values() if each.bounds.precision is ours)
        plain = searches["float32"]
        all_pairs = len(part) * len(keys)
        measured = asked.lengths[part].sum() * keys.lengths.sum() * keys.hidden * 2 / 1e9  # GFLOP

        kinds: dict[str, Callable[[], float]] = {
            "ours": lambda: timed(lambda: bounded._batch(part, None, lambda _: None)),
            "ours, float32 throughout": lambda: timed(lambda: plain._batch(part, None, lambda _: None)),
            "bert-score's matching": lambda: timed(lambda: bert_score(asked, keys, pairs, special)),
            **{f"bare {name} product": partial(products, each, part) for name, each in searches.items()},
        }
        rates: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(options.rounds):
            for name, run in kinds.items():
                rates[name].append((options.pairs if name.startswith("bert-score") else all_pairs) / run())
        found = bounded._batch(part, None, lambda _: None)
        same = plain._batch(part, None, lambda _: None)

    middle = {name: statistics.median(each) for name, each in rates.items()}
    print(f"{len(part):,} queries x {len(keys):,} sentences, {torch.get_num_threads()} threads, "
          f"median of {options.rounds} rounds")  # fmt: skip
    for name, rate in middle.items():
        spread = f"{min(rates[name]) / rate:.2f}-{max(rates[name]) / rate:.2f}"
        print(f"  {name:<26}{rate:>12,.0f} pairs/s  (x {spread})")
    figures = {
        "times_bert_score": middle["ours"] / middle["bert-score's matching"],
        "first_pass": next(name for name, each in PRECISIONS.items() if each is ours),
        "gflops": {name: measured * middle[f"bare {name} product"] / all_pairs for name in searches},
        "rescored_pairs_per_query": found.rescored / len(part),
        "same_rows_as_float32": float((found.rows == same.rows).mean()),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures, indent=1))
    if options.output:
        options.output.write_text(json.dumps({"pairs_per_second": middle, **figures}, indent=1) + "\n")


def available() -> list[str]:
    """Precisions that this machine has."""
    return [name for name in PRECISIONS if name != "int8" or int8_is_exact()]


def timed(run: Callable[[], object]) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
