"""Compare a model that reads emoji with one that does not, on the texts that hold emoji or emoticons.

    python experiments/emoji_texts.py BEFORE AFTER --data goemotions [--split dev] [--output results/emoji.json]

Macro F1 is over the 28 labels at the models' own thresholds, macro AP over the labels that occur in these texts. The
intervals of the differences are percentiles of a paired bootstrap over texts. The list of short texts is the one in
tests/prediction/emoji_texts.tsv, where a text counts if its label with the highest score is acceptable.
"""

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from emograin.data.emoji import all_emoji, fold, read_emoticons
from emograin.data.sources import load as load_corpus
from emograin.evaluation.significance import per_label_f1
from emograin.evaluation.thresholds import apply_thresholds
from emograin.prediction.predictor import Predictor, load

LIST = Path(__file__).parents[1] / "tests/prediction/emoji_texts.tsv"
RESAMPLES = 1000


def macro_f1(scores: np.ndarray, gold: np.ndarray, predictor: Predictor) -> float:
    """Return macro F1 of scores (texts, labels) at the predictor's thresholds."""
    return float(per_label_f1(apply_thresholds(scores, predictor.thresholds), gold).mean())


def macro_ap(scores: np.ndarray, gold: np.ndarray, _: Predictor) -> float:
    """Return macro AP of scores (texts, labels) over the labels that occur."""
    occurs = gold.any(axis=0)
    return float(average_precision_score(gold[:, occurs], scores[:, occurs], average="macro"))


METRICS: dict[str, Callable[[np.ndarray, np.ndarray, Predictor], float]] = {"macro_f1": macro_f1, "macro_ap": macro_ap}


def compare(texts: list[str], gold: np.ndarray, before: Predictor, after: Predictor) -> dict[str, Any]:
    """Return the metrics of both models on texts with labels (texts, labels), and their differences with intervals."""
    scores = [model.predict(texts).scores for model in (before, after)]
    found: dict[str, Any] = {"texts": len(texts)}
    random = np.random.default_rng(0)
    draws = [random.integers(len(texts), size=len(texts)) for _ in range(RESAMPLES)]
    for name, metric in METRICS.items():
        old, new = (metric(each, gold, model) for each, model in zip(scores, (before, after), strict=True))
        resampled = [metric(scores[1][at], gold[at], after) - metric(scores[0][at], gold[at], before) for at in draws]
        low, high = np.percentile(resampled, [2.5, 97.5]).tolist()
        found[name] = {"before": old, "after": new, "difference": new - old, "interval": [low, high]}
    return found


def read_list() -> list[tuple[str, set[str]]]:
    """Return the hand-checked texts with their acceptable labels."""
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["text"], set(row["acceptable"].split(","))) for row in rows]


def check_list(model: Predictor) -> list[str]:
    """Return the texts of the list whose best label is not acceptable, with that label."""
    rows = read_list()
    scores = model.predict([text for text, _ in rows]).scores
    best = [model.labels[at] for at in scores.argmax(axis=1)]
    return [f"{text} {label}" for (text, accepted), label in zip(rows, best, strict=True) if label not in accepted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--split", nargs="+", default=["dev"])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    before, after = load(options.before), load(options.after)
    symbols = {emoji.text for emoji in all_emoji()}
    results: dict[str, Any] = {"list": {"texts": len(read_list())}}
    for name, model in (("before", before), ("after", after)):
        wrong = check_list(model)
        results["list"][name] = len(read_list()) - len(wrong)
        print(f"list, {name}: {results['list'][name]} of {len(read_list())}; not: {'; '.join(wrong)}")
    for name in options.split:
        split = load_corpus(options.data, before.taxonomy).split(name)
        folded = [fold(text) for text in split.texts]
        emoji = [any(each in symbols for each in text) for text in folded]
        emoticons = [read_emoticons(text) != text and not has for text, has in zip(folded, emoji, strict=True)]
        for kind, chosen in (("emoji", emoji), ("emoticons", emoticons), ("all", [True] * len(folded))):
            at = np.flatnonzero(chosen)
            found = compare([split.texts[each] for each in at], split.labels[at], before, after)
            results[f"{name}, {kind}"] = found
            print(name, kind, json.dumps(found))
    if options.output:
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
