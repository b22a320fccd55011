"""Compare first passes of the BERTScore search by the share of pairs they leave to rescore; for docs/log.md.

    python benchmarks/bertscore_first_passes.py --data DIR --output results/bertscore_first_passes.json

Compared: bounds from the first m principal axes of the corpus's tokens in float32, with the other axes bounded by
Cauchy-Schwarz; and the bounds of the search in each of its precisions. Also measures how often bert-score's own
quotient, which has a pole where precision and recall cancel out, gives the nearest sentence an F1 above 1.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emograin import data
from emograin.mixing.bertscore.low_precision import ACCUMULATION_ERROR, PRECISIONS
from emograin.mixing.bertscore.score import f1, offsets
from emograin.mixing.bertscore.search import Search
from emograin.mixing.bertscore.token_embeddings import embed_tokens
from emograin.models import encoder

AXES = (64, 96, 128, 160, 192, 224, 256, 288, 320)


def left_by_axes(search: Search, queries: np.ndarray, rows: np.ndarray, worst: np.ndarray) -> dict[str, float]:
    """Compute the mean share of sentences whose bound reaches a query's k-th best score, per number of axes.

    Args:
        search: Search in float32.
        queries: (queries,) rows of the queries.
        rows: (sentences,) rows of the sentences.
        worst: (queries,) k-th best score of each query.
    """
    keys = np.concatenate([search.corpus.sentence(int(row)) for row in rows])
    axes = np.linalg.eigh(keys.T @ keys)[1][:, ::-1]
    keys = keys @ axes
    starts = offsets(search.corpus.lengths[rows])
    key_weights = search._token_weights([search.corpus.ids[row] for row in rows])
    found: dict[str, list[float]] = {str(count): [] for count in AXES}
    for query, score in zip(queries, worst, strict=True):
        tokens = search.queries.sentence(int(query)) @ axes
        weights = search._token_weights([search.queries.ids[query]])
        for count in AXES:
            rest = np.linalg.norm(tokens[:, count:], axis=1)[:, None] * np.linalg.norm(keys[:, count:], axis=1)
            bound = tokens[:, :count] @ keys[:, :count].T + rest
            recall = weights @ np.maximum.reduceat(bound, starts, axis=1)
            precision = np.add.reduceat(key_weights * bound.max(axis=0), starts)
            found[str(count)].append(float((f1(precision, recall) >= score).mean()))
    return {count: round(float(np.mean(each)), 5) for count, each in found.items()}


def quotients(searches: Sequence[Search], queries: np.ndarray) -> dict[str, float]:
    """Measure bert-score's unconditional quotient, from float32 searches for precision and for recall."""
    bounds = (search.first_pass.upper_bounds(queries).astype(np.float64) for search in searches)
    precision, recall = (bound - ACCUMULATION_ERROR for bound in bounds)  # float32 bounds exceed the scores by this
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.nan_to_num(2 * precision * recall / (precision + recall)).max(axis=1)
    return {
        "queries": len(queries),
        "share_with_nearest_above_1": round(float((best > 1.001).mean()), 4),
        "highest": float(best.max()),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default="quickstart", help="corpus; its test split is searched for in its training split"
    )
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--queries", type=int, default=64, help="number of queries, sampled from the test split")
    parser.add_argument(
        "--sentences", type=int, default=1500, help="number of sentences for the principal axes, sampled"
    )
    parser.add_argument("--cache", type=Path, help="folder for embeddings [default: temporary]")
    parser.add_argument("--output", type=Path, help="file for the results as JSON")
    options = parser.parse_args()

    corpus, loaded = data.load(options.data), encoder.load(options.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        keys = embed_tokens(loaded, corpus.split("train").texts, cache)
        queries = embed_tokens(loaded, corpus.split("test").texts, cache)
        random = np.random.default_rng(0)
        sample = random.permutation(len(queries))[: options.queries]
        rows = np.sort(random.permutation(len(keys))[: options.sentences])
        many = random.permutation(len(queries))[: 4 * options.queries]
        special = loaded.tokenizer("")["input_ids"]
        searches = {name: Search(queries, keys, special, precision=name) for name in PRECISIONS}
        worst = searches["float32"].search_batch(sample).scores[:, -1]
        results = {
            "queries": len(sample),
            "left_by_principal_axes": left_by_axes(searches["float32"], sample, rows, worst),
            "left_by_precision": {
                name: round(float((each.first_pass.upper_bounds(sample) >= worst[:, None]).mean()), 5)
                for name, each in searches.items()
            },
            "quotient_of_bert_score": quotients(
                [
                    Search(queries, keys, special, precision="float32", measure=measure)
                    for measure in ("precision", "recall")
                ],
                many,
            ),
        }
    text = json.dumps(results, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
