"""Compare the errors of a model with the disagreement of raters, which limits the macro F1 that these labels allow.

    python experiments/remaining_errors.py results/student-seed* --raters rater_rows.csv

On dev, with per-label thresholds cross-fitted on random halves; test is not read. Three comparisons, macro F1 with
95 % bootstrap intervals over texts:

- gold: the model and single raters against the gold labels. A rater's vote is part of the gold, which favours raters.
- another rater: the model and raters against the vote of another rater of the same text, which is not part of what
  is compared. The model's thresholds are those for the gold labels; a rater's vote is not tuned for F1.
- per label: both comparisons, how often the model misses it, and which labels it gives instead.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from emograin.analysis.rater_correlation import RaterLabels, read_rater_labels
from emograin.common.files import write_text
from emograin.data.taxonomy import GOEMOTIONS
from emograin.evaluation.cross_fitting import cross_fit_predictions
from emograin.evaluation.results import read_scores
from emograin.evaluation.significance import INTERVAL, holm, summarize

HALVINGS, RESAMPLES, LISTED = 20, 10_000, 3
BLOCK = 1000  # resamples at once, for memory


def outcomes(predictions: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Count true positives, predicted and actual ones: (rows, labels) twice -> (3, rows, labels)."""
    return np.stack([predictions & actual, predictions, actual]).astype(float)


def per_text(counts: np.ndarray, texts: np.ndarray, number: int) -> np.ndarray:
    """Sum counts (3, rows, labels) over the rows of each text (rows,): (3, number, labels)."""
    found = np.zeros((3, number, counts.shape[2]))
    for kind, values in zip(found, counts, strict=True):
        np.add.at(kind, texts, values)
    return found


def f1(counts: np.ndarray) -> np.ndarray:
    """Compute F1 per label from sums: (3, ..., labels) -> (..., labels)."""
    both, predicted, actual = counts
    return np.divide(2 * both, predicted + actual, out=np.zeros_like(both), where=predicted + actual > 0)


def compare(model: np.ndarray, raters: np.ndarray) -> dict[str, Any]:
    """Compare two systems by their counts per text, (3, texts, labels) each.

    Returns:
        Macro F1 of both, their difference with its interval, and per label: F1 of both, their difference with its
        interval, and its p value, adjusted by Holm for the number of labels.
    """
    texts, random = model.shape[1], np.random.default_rng(0)
    changes = []
    for _ in range(RESAMPLES // BLOCK):
        draws = random.multinomial(texts, np.full(texts, 1 / texts), BLOCK).astype(float)
        mine, theirs = (f1(np.stack([draws @ kind for kind in each])) for each in (model, raters))  # (block, labels)
        changes.append(mine - theirs)
    resampled = np.concatenate(changes)
    own, other = (f1(each.sum(axis=1)) for each in (model, raters))
    low, high = np.percentile(resampled.mean(axis=1), INTERVAL)
    labels = [summarize(float(own[at] - other[at]), resampled[:, at], 0) for at in range(len(own))]
    return {
        "model": float(own.mean()),
        "rater": float(other.mean()),
        "difference": [float(own.mean() - other.mean()), float(low), float(high)],
        "model_by_label": own.round(3).tolist(),
        "rater_by_label": other.round(3).tolist(),
        "difference_by_label": [[round(end, 3) for end in (one.difference, one.low, one.high)] for one in labels],
        "holm_p_value_by_label": [round(each, 4) for each in holm([one.p_value for one in labels])],
    }


def confusions(predictions: Sequence[np.ndarray], gold: np.ndarray, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Describe the errors on each label.

    Args:
        predictions: Predictions (texts, labels) of several halvings and seeds.
        gold: Gold labels (texts, labels), bool.
        labels: Their names.

    Returns:
        Per label: its texts, the share of them in which it is missed, and, of the missed ones, the labels that are
        predicted most often instead, or none, with their shares.
    """
    rows = []
    for at, label in enumerate(labels):
        missed = np.concatenate([(each[gold[:, at] & ~each[:, at]]) for each in predictions])  # (missed, labels)
        instead = dict(zip(labels, missed.mean(axis=0).tolist(), strict=True)) if len(missed) else {}
        instead["no label"] = float((~missed.any(axis=1)).mean()) if len(missed) else 0.0
        first = sorted(instead.items(), key=lambda pair: -pair[1])[:LISTED]
        count = int(gold[:, at].sum())
        rows.append(
            {
                "label": label,
                "texts": count,
                "missed": round(len(missed) / max(count * len(predictions), 1), 3),
                "instead": {name: round(share, 3) for name, share in first},
            }
        )
    return rows


def measure(ids: Sequence[str], gold: np.ndarray, scores: Sequence[np.ndarray], raters: RaterLabels) -> dict[str, Any]:
    """Compare seeds of a model, scores (texts, labels) each, with the raters of the same texts."""
    predictions = [one for each in scores for one in cross_fit_predictions(each, gold, halvings=HALVINGS)]
    gold = gold > 0
    position = {name: at for at, name in enumerate(ids)}
    known = [row for row, comment in enumerate(raters.comments) if comment in position]
    known = [row for row in known if raters.labels[row].any()]  # without labels: the rater found the text unclear
    texts = np.array([position[raters.comments[row]] for row in known])
    votes = raters.labels[known] > 0
    rows_of: dict[int, list[int]] = {}
    for row, text in enumerate(texts.tolist()):
        rows_of.setdefault(text, []).append(row)
    pairs = np.array([pair for rows in rows_of.values() for pair in permutations(rows, 2)])
    if not len(pairs):
        raise SystemExit("no text has votes of two raters, so raters cannot be compared")
    first, second = pairs.T

    def averaged(actual: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Count the model's outcomes on texts (rows,) against (rows, labels), averaged over halvings and seeds."""
        found = [per_text(outcomes(each[of], actual), of, len(ids)) for each in predictions]
        return np.mean(found, axis=0)

    against_gold = compare(averaged(gold[texts], texts), per_text(outcomes(votes, gold[texts]), texts, len(ids)))
    against_rater = compare(
        averaged(votes[second], texts[second]), per_text(outcomes(votes[first], votes[second]), texts[second], len(ids))
    )
    return {
        "texts": len(ids),
        "rated_texts": len(rows_of),
        "votes": len(known),
        "texts_with_several_votes": len({int(each) for each in texts[second]}),
        "pairs": len(pairs),
        "gold": against_gold,
        "another_rater": against_rater,
        "labels": confusions(predictions, gold, GOEMOTIONS.labels),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="seeds of a model: run folders or folders of results/")
    parser.add_argument("--raters", default="goemotions", help="file of raters' labels, or goemotions: the hub's")
    parser.add_argument("--output", type=Path, default=Path("results/remaining_errors.json"))
    options = parser.parse_args()
    found = [read_scores(run, "dev") for run in options.runs]
    ids, gold, _ = found[0]
    if any(each[0] != ids for each in found):
        raise SystemExit("the runs were evaluated on different texts")
    result = measure(ids, gold, [each[2] for each in found], read_rater_labels(options.raters))
    result = {"runs": [run.name for run in options.runs]} | result
    write_text(options.output, json.dumps(result, indent=1) + "\n")
    for name in ("gold", "another_rater"):
        each = result[name]
        change = "{:+.3f} ({:+.3f} to {:+.3f})".format(*each["difference"])
        print(f"{name}: model {each['model']:.3f}, rater {each['rater']:.3f}, difference {change}")


if __name__ == "__main__":
    main()
