"""Calibrate the bundled model for XED, movie subtitles with eight emotions: macro F1 by the number of labelled texts.

    python experiments/calibrate_xed.py --data DIR --output results/calibration_xed.json

DIR holds en-annotated.tsv of XED (Öhman et al. 2020, CC-BY 4.0). The labels are those of Plutchik; MAPPING was written
from their names before any score was computed. For each seed, texts are divided at random into a part to calibrate on
and a test part; the constants of the calibration come from GoEmotions (experiments/calibration_constants.py).
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from threshold_policies import highest_f1

from emograin.common.files import write_text
from emograin.data.sources import load
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.calibration.expected_f1 import common_threshold
from emograin.evaluation.calibration.prior_shift import ADAPTATIONS
from emograin.evaluation.calibration.sample_calibration import fit_sample
from emograin.evaluation.calibration_quality import average_precision, expected_calibration_error
from emograin.evaluation.mapping.label_mapping import LabelMapping
from emograin.evaluation.significance import macro_f1, resample_f1
from emograin.evaluation.thresholds import apply_thresholds
from emograin.prediction.calibrate import calibrate_without_labels
from emograin.prediction.model_source import open_source
from emograin.prediction.predictor import score_texts

LABELS = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust")  # numbered from 1
MAPPING = LabelMapping(
    "xed",
    {
        "anger": ("anger", "annoyance"),
        "anticipation": ("excitement", "desire", "optimism", "curiosity"),
        "disgust": ("disgust",),
        "fear": ("fear", "nervousness"),
        "joy": ("joy", "amusement", "excitement", "love"),
        "sadness": ("sadness", "disappointment", "grief", "remorse"),
        "surprise": ("surprise", "realization", "confusion"),
        "trust": ("approval", "caring", "admiration", "gratitude"),
    },
)
SIZES = (10, 25, 50, 100, 200, 400, 800, 1600, 3200)
SEEDS = (0, 1, 2)
RESAMPLES = 1000


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of en-annotated.tsv")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = convert(options.data / "en-annotated.tsv", Path(folder) / "xed.jsonl")
        corpus = load(path, Taxonomy("xed", LABELS)).split("all")
    source = open_source(mapping=MAPPING)
    scores = score_texts(source, corpus.texts).astype(np.float64)
    results = [measure(source, scores, corpus.labels, seed) for seed in SEEDS]
    found = {
        "corpus": "XED, English, annotated lines (Öhman et al. 2020, CC-BY 4.0)",
        "texts": len(corpus),
        "mapping": {label: list(members) for label, members in MAPPING.unions.items()},
        "macro_average_precision": mean([each["macro_average_precision"] for each in results]),
        "rows": [combine([each["rows"][at] for each in results]) for at in range(len(results[0]["rows"]))],
    }
    write_text(options.output, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def convert(source: Path, target: Path) -> Path:
    """Write XED's lines, `text<TAB>numbers of labels`, as JSONL."""
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").split("\n")]
    records = [
        {"text": row[0], "labels": [LABELS[int(number) - 1] for number in row[1].split(",")]}
        for row in rows
        if len(row) == 2 and row[0].strip()
    ]
    return write_text(target, "".join(json.dumps(each) + "\n" for each in records))


def measure(source: Any, scores: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, Any]:
    """Measure every way and size on one division of the texts."""
    order = np.random.default_rng(seed).permutation(len(scores))
    sample, test = order[: max(SIZES)], order[max(SIZES) :]
    shipped = np.array(source.thresholds["per-label"])
    rows = [row("as shipped", 0, scores[test], shipped, labels[test])]
    for adaptation in ADAPTATIONS:
        adapted = calibrate_without_labels(source, scores[sample], adaptation)
        stage = adapted.source.score_map.stages[-1]  # type: ignore[union-attr]
        thresholds = np.array(adapted.source.thresholds["per-label"])
        name = f"texts without labels, {adaptation}"
        rows.append(row(name, len(sample), stage.calibration(scores[test]), thresholds, labels[test]))
    for size in SIZES:
        part = sample[:size]
        fit = fit_sample(scores[part], labels[part], common_threshold(source.thresholds["per-label"]))
        calibrated, thresholds = fit.calibration(scores[test]), np.array(fit.thresholds["per-label"])
        rows.append(row("calibrate", size, calibrated, thresholds, labels[test]))
        thresholds = highest_f1(scores[part], labels[part])
        rows.append(row("thresholds of highest F1 alone", size, scores[test], thresholds, labels[test]))
    precision = average_precision(scores[test], labels[test])
    return {"rows": rows, "macro_average_precision": float(np.mean(precision))}


def row(way: str, texts: int, scores: np.ndarray, thresholds: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return macro F1 with its 95 % interval over test texts, macro AP and calibration error of one way."""
    guesses = apply_thresholds(scores, thresholds)
    low, high = np.percentile(resample_f1([guesses], labels, RESAMPLES)[:, 0].mean(axis=1), (2.5, 97.5))
    return {
        "way": way,
        "texts": texts,
        "macro_f1": macro_f1(guesses, labels),
        "low": float(low),
        "high": float(high),
        "macro_average_precision": float(np.mean(average_precision(scores, labels))),
        "expected_calibration_error": expected_calibration_error(scores, labels),
    }


def combine(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of the seeds, macro F1 of each, and the widest interval of the seeds."""
    names = ("macro_f1", "macro_average_precision", "expected_calibration_error")
    means = {name: mean([each[name] for each in rows]) for name in names}
    interval = {
        "low": round(min(each["low"] for each in rows), 4),
        "high": round(max(each["high"] for each in rows), 4),
    }
    seeds = [round(each["macro_f1"], 4) for each in rows]
    return {"way": rows[0]["way"], "texts": rows[0]["texts"], **means, **interval, "macro_f1_of_seeds": seeds}


def mean(values: list[float]) -> float:
    """Return a mean with four decimals."""
    return round(float(np.mean(values)), 4)


if __name__ == "__main__":
    main()
