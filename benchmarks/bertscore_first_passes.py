"""Which first passes of the BERTScore search leave how many pairs, beside the one that is used: for docs/log.md.

    python benchmarks/bertscore_first_passes.py --data DIR --output results/bertscore_first_passes.json

Bounds from the first m principal axes of the corpus's tokens in float32, the other axes bounded by Cauchy and Schwarz;
and those of the search in each precision that it has. Prints the share of pairs that each leaves to be scored again;
and how often bert-score's own quotient, which has a pole where precision and recall cancel out, would find an F1 above
1 for the nearest sentence.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emograin import data
from emograin.mixing.bertscore.low_precision import PRECISIONS, SUMMATION
from emograin.mixing.bertscore.score import combine, starts_of
from emograin.mixing.bertscore.search import Search
from emograin.mixing.bertscore.token_embeddings import embed_tokens
from emograin.models import encoder

AXES = (64, 96, 128, 160, 192, 224, 256, 288, 320)


def left_by_axes(search: Search, part: np.ndarray, rows: np.ndarray, worst: np.ndarray) -> dict[str, float]:
    """For each number of axes the mean share of some sentences whose bound reaches a query's k-th best score."""
    keys = np.concatenate([search.corpus.sentence(int(row)) for row in rows])
    axes = np.linalg.eigh(keys.T @ keys)[1][:, ::-1]
    keys = keys @ axes
    starts = starts_of(search.corpus.lengths[rows])
    shares = search._weights([search.corpus.ids[row] for row in rows])
    found: dict[str, list[float]] = {str(count): [] for count in AXES}
    for query, score in zip(part, worst, strict=True):
        tokens = search.queries.sentence(int(query)) @ axes
        weights = search._weights([search.queries.ids[query]])
        for count in AXES:
            rest = np.linalg.norm(tokens[:, count:], axis=1)[:, None] * np.linalg.norm(keys[:, count:], axis=1)
            bound = tokens[:, :count] @ keys[:, :count].T + rest
            recall = weights @ np.maximum.reduceat(bound, starts, axis=1)
            precision = np.add.reduceat(shares * bound.max(axis=0), starts)
            found[str(count)].append(float((combine(precision, recall) >= score).mean()))
    return {count: round(float(np.mean(each)), 5) for count, each in found.items()}


def quotients(searches: Sequence[Search], part: np.ndarray) -> dict[str, float]:
    """Of bert-score's F1 without a condition, from float32 searches for precision and for recall."""
    off = SUMMATION  # by which float32 bounds are above the scores
    precision, recall = (search.bounds.of(part).astype(np.float64) - off for search in searches)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.nan_to_num(2 * precision * recall / (precision + recall)).max(axis=1)
    return {
        "queries": len(part),
        "share_with_nearest_above_1": round(float((best > 1.001).mean()), 4),
        "highest": float(best.max()),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="a corpus: its test split against its training split")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--queries", type=int, default=64, help="of the test split, drawn at random")
    parser.add_argument("--sentences", type=int, default=1500, help="for the principal axes, drawn at random")
    parser.add_argument("--cache", type=Path, help="a folder for embeddings [default: a temporary one]")
    parser.add_argument("--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()

    corpus, loaded = data.load(options.data), encoder.load(options.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        keys = embed_tokens(loaded, corpus.split("train").texts, cache)
        asked = embed_tokens(loaded, corpus.split("test").texts, cache)
        random = np.random.default_rng(0)
        part = random.permutation(len(asked))[: options.queries]
        rows = np.sort(random.permutation(len(keys))[: options.sentences])
        many = random.permutation(len(asked))[: 4 * options.queries]
        special = loaded.tokenizer("")["input_ids"]
        searches = {name: Search(asked, keys, special, precision=name) for name in PRECISIONS}
        worst = searches["float32"]._batch(part, None, lambda _: None).scores[:, -1]
        figures = {
            "queries": len(part),
            "left_by_principal_axes": left_by_axes(searches["float32"], part, rows, worst),
            "left_by_precision": {
                name: round(float((each.bounds.of(part) >= worst[:, None]).mean()), 5)
                for name, each in searches.items()
            },
            "quotient_of_bert_score": quotients(
                [
                    Search(asked, keys, special, precision="float32", measure=measure)
                    for measure in ("precision", "recall")
                ],
                many,
            ),
        }
    text = json.dumps(figures, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
