"""Calibration and thresholds from a small labelled sample, regularized so that few texts change little.

Three levels of shrinkage (an empirical Bayes hierarchy): one slope and intercept for all labels are shrunk towards
unchanged scores, those of each label towards the common ones, and thresholds towards the model's. The constants were
chosen on GoEmotions' dev split with shifted scores (experiments/calibration_constants.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..calibration_quality import log_losses
from .expected_f1 import choose_thresholds
from .label_calibration import Calibration, PlattPrior, fit_isotonic, fit_platt, logit

COMMON = PlattPrior(slope_width=0.3, intercept_width=2.0)
OF_LABEL = PlattPrior(slope_width=0.15, intercept_width=0.7)
INDEPENDENT_LABELS = 4  # labels of a text that count as independent observations of the common shift
FOLDS = 5
MIN_EXAMPLES = 50  # of a label and of its absence, for another choice than Platt scaling
STANDARD_ERRORS = 2.0  # by which isotonic regression must beat Platt scaling
KINDS = ("none", "platt", "isotonic")


@dataclass(frozen=True)
class SampleFit:
    """Calibration and thresholds fitted to a sample.

    Attributes:
        calibration: Calibration of each label.
        thresholds: Threshold policy -> one threshold per label, for calibrated scores.
    """

    calibration: Calibration
    thresholds: dict[str, list[float]]


def fit_sample(
    scores: np.ndarray, labels: np.ndarray, common: float, seed: int = 0, groups: np.ndarray | None = None
) -> SampleFit:
    """Fit calibration and thresholds to a labelled sample.

    Args:
        scores: Probabilities, (texts, labels), without NaN.
        labels: Gold labels, (texts, labels) of 0 and 1.
        common: The model's common threshold.
        seed: Seed of the folds.
        groups: As for `folds`.
    """
    kinds = choose_kinds(scores, labels, seed, groups)
    calibration = fit_calibration(scores, labels, kinds)
    return SampleFit(calibration, choose_thresholds(calibration(scores), common))


def fit_calibration(scores: np.ndarray, labels: np.ndarray, kinds: list[str]) -> Calibration:
    """Fit the calibration of each label.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        kinds: none, platt or isotonic for each label.
    """
    parameters = fit_shrunk_platt(scores, labels)
    logits, steps = logit(scores), {}
    for at, kind in enumerate(kinds):
        if kind == "none":
            parameters[at] = 1.0, 0.0
        elif kind == "isotonic":
            steps[at] = fit_isotonic(logits[:, at], (labels[:, at] > 0).astype(np.float64))
    return Calibration(parameters[:, 0], parameters[:, 1], steps)


def fit_shrunk_platt(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Fit Platt scaling for all labels together, then for each one with that as its prior mean: (labels, 2).

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
    """
    logits, gold = logit(scores), (labels > 0).astype(np.float64)
    weight = min(1.0, INDEPENDENT_LABELS / scores.shape[1])
    common = fit_platt(logits.reshape(-1, 1), gold.reshape(-1, 1), COMMON, weight=weight)[0]
    return fit_platt(logits, gold, OF_LABEL, mean=common)


def choose_kinds(scores: np.ndarray, labels: np.ndarray, seed: int = 0, groups: np.ndarray | None = None) -> list[str]:
    """Choose none, platt or isotonic for each label by cross-fitted log loss.

    Labels with few examples get Platt scaling, which is shrunk; their loss is too noisy. Isotonic regression must
    be better than Platt scaling by more than chance.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        seed: Seed of the folds.
        groups: As for `folds`.
    """
    texts, count = scores.shape
    examples = (labels > 0).sum(axis=0)
    enough = np.minimum(examples, texts - examples) >= MIN_EXAMPLES
    if not enough.any():
        return ["platt"] * count
    losses = {kind: np.zeros(scores.shape) for kind in KINDS}
    stepped = ["isotonic" if each else "platt" for each in enough]
    for rest, fold in folds(texts, seed, groups=groups):
        both = fit_calibration(scores[rest], labels[rest], stepped)
        for kind, calibration in {
            "none": Calibration.identity(count),
            "platt": Calibration(both.slopes, both.intercepts),
            "isotonic": both,
        }.items():
            losses[kind][fold] = log_losses(calibration(scores[fold]), labels[fold])
    gain = losses["platt"] - losses["isotonic"]  # 0 for labels without enough examples
    pays = gain.mean(axis=0) > STANDARD_ERRORS * gain.std(axis=0) / np.sqrt(texts)
    unchanged = enough & (losses["none"].mean(axis=0) <= losses["platt"].mean(axis=0))
    return [
        "isotonic" if steps else "none" if same else "platt"
        for steps, same in zip(pays.tolist(), unchanged.tolist(), strict=True)
    ]


def folds(
    texts: int, seed: int, count: int = FOLDS, groups: np.ndarray | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the indices of the other folds and of each fold, for texts in a random order.

    Args:
        texts: Number of texts.
        seed: Seed of the order.
        count: Number of folds; with fewer texts or groups, as many as these.
        groups: Group of each text, (texts,), 0 to groups - 1; a group is in one fold. None: each text is one.

    >>> [(rest.tolist(), fold.tolist()) for rest, fold in folds(2, 0)]
    [([1], [0]), ([0], [1])]
    >>> [fold.tolist() for _, fold in folds(3, 0, groups=np.array([0, 1, 0]))]
    [[0, 2], [1]]
    """
    groups = np.arange(texts) if groups is None else groups
    total = int(groups.max()) + 1
    order = np.random.default_rng(seed).permutation(total)
    for part in np.array_split(order, min(count, total)):
        inside = np.isin(groups, part)
        yield np.flatnonzero(~inside), np.flatnonzero(inside)
