"""Choose how unions are scored, and the constants of calibration from samples, on GoEmotions' dev split.

    python experiments/calibration_constants.py --data goemotions

Unions: each way's average precision and log loss after Platt scaling, cross-fitted, for the groups of the taxonomy and
for random unions. Samples: half of dev gives samples, the other half is the test; as other domains, the logits of every
label are scaled and shifted at random. Neither GoEmotions' test split nor XED is read.
"""

import argparse
import json
from collections.abc import Callable
from itertools import product

import numpy as np
from threshold_policies import highest_f1

from emograin import data
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.calibration import expected_f1
from emograin.evaluation.calibration.label_calibration import PlattPrior, fit_platt, logit, sigmoid
from emograin.evaluation.calibration.sample_calibration import fit_sample
from emograin.evaluation.calibration_quality import average_precision, log_losses
from emograin.evaluation.mapping.label_mapping import LabelMapping, unite_labels, unite_scores
from emograin.evaluation.significance import macro_f1
from emograin.evaluation.thresholds import apply_thresholds
from emograin.prediction.model_source import open_source

WEAK = PlattPrior(1.0, 5.0)
WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # scores (texts, members) -> a number that ranks, (texts,)
    "maximum": lambda scores: logit(scores.max(axis=1)),
    "noisy-or": lambda scores: logit(unite_scores(scores, [range(scores.shape[1])])[:, 0]),
    "sum of probabilities": lambda scores: np.log(scores.sum(axis=1)),
    "sum of odds": lambda scores: np.log(np.exp(logit(scores)).sum(axis=1)),
    "sum of logits": lambda scores: logit(scores).sum(axis=1),
}
SIZES = (10, 25, 100, 400)
SHIFTS = {"none": (0.0, 0.0), "low": (-1.0, 0.8), "very low": (-2.5, 0.8), "high": (0.7, 0.8), "mixed": (0.0, 1.5)}
COMMON_TEXTS = (5, 10, 15, 40)
LABEL_EXAMPLES = (5, 20, 50)
REPEATS = 4


def main() -> None:
    """Run the experiment and print both tables as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="goemotions")
    options = parser.parse_args()
    source = open_source()
    dev = data.load(options.data, source.taxonomy).split("dev")
    scorer = source.scorer(0)
    scores = scorer.score(scorer.tokenize(dev.texts)[0]).astype(np.float64)
    print(json.dumps(compare_unions(scores, dev.labels, source.taxonomy), indent=1))
    print(json.dumps(compare_constants(scores, dev.labels), indent=1))


def compare_unions(scores: np.ndarray, labels: np.ndarray, taxonomy: Taxonomy) -> dict[str, dict[str, float]]:
    """Return average precision and log loss of each way, means over unions."""
    random = np.random.default_rng(0)
    groups = [LabelMapping.of_grouping(taxonomy, name).members(taxonomy.labels) for name in ("ekman", "sentiment")]
    unions = [each for members in groups for each in members if len(each) > 1]
    unions += [tuple(random.choice(27, random.integers(2, 6), replace=False).tolist()) for _ in range(30)]
    half = random.random(len(scores)) < 0.5
    found: dict[str, dict[str, float]] = {}
    for name, way in WAYS.items():
        rows = []
        for members in unions:
            gold = unite_labels(labels, [members])
            ranks = way(scores[:, list(members)])[:, None]
            calibrated = np.empty(ranks.shape)
            for fitted, other in ((half, ~half), (~half, half)):
                slope, intercept = fit_platt(ranks[fitted], gold[fitted].astype(float), WEAK)[0]
                calibrated[other] = sigmoid(slope * ranks[other] + intercept)
            rows.append((average_precision(ranks, gold)[0], log_losses(calibrated, gold).mean()))
        precision, loss = np.mean(rows, axis=0)
        found[name] = {"average_precision": round(float(precision), 4), "log_loss": round(float(loss), 4)}
    return found


def compare_constants(scores: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Return macro F1 at each size of the sample, means over shifts and samples, for each pair of constants."""
    random = np.random.default_rng(5)
    order = random.permutation(len(scores))
    one, other = np.array_split(order, 2)
    domains = {
        name: sigmoid(logit(scores) / random.normal(0.7, 0.15, 28) + random.normal(mean, width, 28))
        if width
        else scores
        for name, (mean, width) in SHIFTS.items()
    }
    found: dict[str, list[float]] = {"thresholds of highest F1 alone": []}
    for size in SIZES:
        values = []
        for shifted, repeat in product(domains.values(), range(REPEATS)):
            part = np.random.default_rng([size, repeat]).choice(one, size, replace=False)
            chosen = highest_f1(shifted[part], labels[part])
            values.append(macro_f1(apply_thresholds(shifted[other], chosen), labels[other]))
        found["thresholds of highest F1 alone"].append(round(float(np.mean(values)), 4))
    for common, examples in product(COMMON_TEXTS, LABEL_EXAMPLES):
        expected_f1.COMMON_TEXTS, expected_f1.LABEL_EXAMPLES = common, examples
        row = found.setdefault(f"common threshold {common} texts, label's {examples} examples", [])
        for size in SIZES:
            values = []
            for shifted, repeat in product(domains.values(), range(REPEATS)):
                part = np.random.default_rng([size, repeat]).choice(one, size, replace=False)
                fit = fit_sample(shifted[part], labels[part], 0.3)
                guesses = apply_thresholds(fit.calibration(shifted[other]), fit.thresholds["per-label"])
                values.append(macro_f1(guesses, labels[other]))
            row.append(round(float(np.mean(values)), 4))
    return found


if __name__ == "__main__":
    main()
