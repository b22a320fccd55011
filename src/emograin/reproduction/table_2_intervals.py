"""The rows of Table 2 as points and intervals: the paper's macro F1 and ours, for the picture of the table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..evaluation.significance import macro_f1, resample_f1, summarize
from .results_archive import System

RESAMPLES = 2_000  # enough for the ends of an interval in a picture


def measure_rows(systems: Mapping[str, System], resamples: int = RESAMPLES, seed: int = 0) -> list[dict[str, Any]]:
    """Compute macro F1 of each row with its 95 % interval over texts and seeds, see `significance.summarize`.

    All rows share the resamples of the texts.

    Args:
        systems: Rows of the table by name; all on the same texts.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.

    Returns:
        One entry per row: `row`, `title`, `baseline` (name of the row to compare with), `paper_epochs`, `epochs`,
        `paper` (None for a row that the paper lacks), `macro_f1` (mean over seeds), `low`, `high`, `seeds` (macro F1 of
        each run).
    """
    runs = [run for system in systems.values() for run in system.runs]
    gold = runs[0].gold
    resampled = resample_f1([run.predictions for run in runs], gold, resamples, seed).mean(axis=2)
    ends = np.cumsum([len(system.runs) for system in systems.values()])[:-1]
    rows = []
    for (name, system), part in zip(systems.items(), np.split(resampled, ends, axis=1), strict=True):
        values = [macro_f1(run.predictions, gold) for run in system.runs]
        found = summarize(float(np.mean(values)), part.mean(axis=1), seed, [np.array(values)])
        rows.append(
            {
                "row": name,
                "title": system.title,
                "baseline": system.row.baseline,
                "paper_epochs": system.row.epochs,
                "epochs": system.results[0]["epochs"],
                "paper": system.row.paper,
                "macro_f1": found.difference,
                "low": found.low,
                "high": found.high,
                "seeds": values,
            }
        )
    return rows
