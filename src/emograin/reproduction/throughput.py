"""Inference throughput of the rows of Table 2."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from ..data.corpus import Corpus
from ..mixing.config import PAPER_MIXING_WEIGHT
from ..mixing.embedding_mixing import score_mixed
from ..models.classifier import load
from ..models.run_folder import RunFolder
from ..models.scoring import score_documents
from .experiment import ROWS

TEXTS, ROUNDS = 512, 3


def measure_throughput(corpus: Corpus, runs: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Measure the inference throughput of every row in texts per second: medians over interleaved rounds.

    The cost of a mixing row includes embedding and scoring its candidates, but not finding or generating them.
    Candidates are assumed to be as long as documents.

    Args:
        corpus: Corpus whose first test texts are scored.
        runs: Folder of the run folders.
        rows: Rows of `experiment.json`; the run of the first seed is measured.

    Returns:
        `texts`, `rounds`, and `texts_per_second` per row.
    """
    texts = corpus.split("test").texts[:TEXTS]
    is_mixed = {row.name: row.candidates is not None for row in ROWS}
    by_seed = sorted(rows, key=lambda each: -each["seed"])
    variants = {each["row"]: (each["run"], is_mixed[each["row"]]) for each in by_seed}
    score: dict[tuple[str, bool], Callable[[], Any]] = {}
    for run, mixed in sorted(set(variants.values())):
        method = load(RunFolder(runs / run)).method
        documents = method.tokenize(texts)
        candidates = [[ids] for ids in [*documents[1:], documents[0]]]
        plain = partial(score_documents, method, documents)
        mixing = partial(score_mixed, method, documents, candidates, [PAPER_MIXING_WEIGHT])
        score[run, mixed] = mixing if mixed else plain
    seconds: dict[tuple[str, bool], list[float]] = {variant: [] for variant in score}
    for _ in range(ROUNDS + 1):  # the first warms up
        for variant, run_variant in score.items():
            start = time.perf_counter()
            run_variant()
            seconds[variant].append(time.perf_counter() - start)
    rates = {row: round(len(texts) / median(seconds[variant][1:]), 1) for row, variant in variants.items()}
    return {"texts": len(texts), "rounds": ROUNDS, "texts_per_second": rates}
