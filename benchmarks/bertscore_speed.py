"""Pairs per second of the exact all-pairs BERTScore search, and of bert-score's matching and bare matrix products.

    python benchmarks/bertscore_speed.py --data DIR

Interleaved in one process, on the same embeddings: emograin's search (bounds in int8 or bf16, then float32), the same
in float32 throughout, the matching code of the `bert-score` package on given embeddings and weights of the tokens
(padded batches of 64 pairs, its default; sampled pairs, as all of them would take hours), and the bare products of all
tokens in each precision, in the shapes of the search. Prints medians and ratios.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from bert_score.utils import greedy_cos_idf
from machine import add_result
from torch.nn.utils.rnn import pad_sequence

from emograin import data
from emograin.mixing.bertscore.low_precision import PRECISIONS, int8_is_exact, select_precision
from emograin.mixing.bertscore.search import Search
from emograin.mixing.bertscore.token_embeddings import TokenEmbeddings, embed_tokens
from emograin.models import encoder

BATCH = 64  # bert-score's default

Sentence = tuple[torch.Tensor, torch.Tensor]  # embeddings (tokens, hidden) and weights of the tokens (tokens,)


def prepare(part: TokenEmbeddings, rows: np.ndarray, special: list[int]) -> list[Sentence]:
    """Return what bert-score has of each sentence before it matches pairs."""
    return [
        (
            torch.from_numpy(np.array(part.sentence(int(row)))),
            torch.tensor([float(each not in special) for each in part.ids[row]]),
        )
        for row in rows
    ]


def bert_score(queries: Sequence[Sentence], candidates: Sequence[Sentence]) -> None:
    """Match pairs of sentences as bert-score does: padding and masks, then its own `greedy_cos_idf`."""
    for at in range(0, len(queries), BATCH):
        stats = []
        for side in (queries[at : at + BATCH], candidates[at : at + BATCH]):
            tokens, idf = map(list, zip(*side, strict=True))
            lengths = torch.tensor([len(each) for each in tokens])
            padded = pad_sequence(tokens, batch_first=True, padding_value=2.0)
            mask = torch.arange(int(lengths.max()))[None] < lengths[:, None]
            stats += [padded, mask, pad_sequence(idf, batch_first=True)]
        greedy_cos_idf(*stats)


@torch.inference_mode()
def products(search: Search, queries: np.ndarray) -> float:
    """Measure the seconds of the matrix products of a search, without anything else."""
    first_pass, seconds = search.first_pass, 0.0
    batches = [batch.tokens.values for batch in first_pass._query_batches(queries)]
    for block in search.corpus.blocks(first_pass.corpus_tokens):
        keys = first_pass._quantize_block(block).values
        start = time.perf_counter()
        for tokens in batches:
            first_pass.precision.multiply(tokens, keys)
        seconds += time.perf_counter() - start
    return seconds


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default="quickstart", help="corpus; its test split is searched for in its training split"
    )
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--queries", type=int, default=256, help="number of queries, sampled from the test split")
    parser.add_argument("--pairs", type=int, default=6400, help="number of pairs for bert-score, sampled")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds")
    parser.add_argument("--cache", type=Path, help="folder for embeddings [default: temporary]")
    parser.add_argument("--output", type=Path, help="file for the results as JSON")
    options = parser.parse_args()

    corpus = data.load(options.data)
    loaded = encoder.load(options.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        keys = embed_tokens(loaded, corpus.split("train").texts, cache)
        queries = embed_tokens(loaded, corpus.split("test").texts, cache)
        special = loaded.tokenizer("")["input_ids"]
        random = np.random.default_rng(0)
        rows = np.sort(random.permutation(len(queries))[: options.queries])
        rows = rows[np.argsort(queries.lengths[rows], kind="stable")]
        sampled = (queries, random.choice(rows, options.pairs)), (keys, random.integers(0, len(keys), options.pairs))
        sides = [prepare(part, chosen, special) for part, chosen in sampled]
        default = select_precision("auto", "cpu")
        searches = {name: Search(queries, keys, special, precision=name) for name in supported_precisions()}
        fast = next(each for each in searches.values() if each.first_pass.precision is default)
        plain = searches["float32"]
        all_pairs = len(rows) * len(keys)
        gflop = queries.lengths[rows].sum() * keys.lengths.sum() * keys.hidden * 2 / 1e9

        benchmarks: dict[str, Callable[[], float]] = {
            "ours": lambda: timed(lambda: fast.search_batch(rows)),
            "ours, float32 throughout": lambda: timed(lambda: plain.search_batch(rows)),
            "bert-score's matching": lambda: timed(lambda: bert_score(*sides)),
            **{f"bare {name} product": partial(products, each, rows) for name, each in searches.items()},
        }
        rates: dict[str, list[float]] = {name: [] for name in benchmarks}
        for _ in range(options.rounds):
            for name, run in benchmarks.items():
                rates[name].append((options.pairs if name.startswith("bert-score") else all_pairs) / run())
        found = fast.search_batch(rows)
        same = plain.search_batch(rows)

    medians = {name: statistics.median(each) for name, each in rates.items()}
    print(f"{len(rows):,} queries x {len(keys):,} sentences, {torch.get_num_threads()} threads, "
          f"median of {options.rounds} rounds")  # fmt: skip
    for name, rate in medians.items():
        spread = f"{min(rates[name]) / rate:.2f}-{max(rates[name]) / rate:.2f}"
        print(f"  {name:<26}{rate:>12,.0f} pairs/s  (x {spread})")
    ratios = {name: [ours / other for ours, other in zip(rates["ours"], each, strict=True)]
              for name, each in rates.items() if name != "ours"}  # fmt: skip
    results = {
        "sampled_pairs": options.pairs,
        "rounds": options.rounds,
        "ratio_of_ours": {
            name: {"median": statistics.median(each), "min": min(each), "max": max(each)}
            for name, each in ratios.items()
        },
        "first_pass": next(name for name, each in PRECISIONS.items() if each is default),
        "gflops": {name: gflop * medians[f"bare {name} product"] / all_pairs for name in searches},
        "rescored_pairs_per_query": found.rescored / len(rows),
        "same_rows_as_float32": float((found.rows == same.rows).mean()),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(results, indent=1))
    if options.output:
        add_result(options.output, {"pairs_per_second": medians, **results})


def supported_precisions() -> list[str]:
    """Return the names of the precisions that this machine supports."""
    return [name for name in PRECISIONS if name != "int8" or int8_is_exact()]


def timed(run: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
