"""Adaptation of scores to an unlabelled sample, by two methods with different assumptions.

- `estimate_priors`: expectation maximisation. Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a
  classifier to new a priori probabilities: a simple procedure", section 2.2, each label a problem of two classes. It
  assumes that the texts of a label are distributed as in training and only the share of the label differs. In another
  domain scores are lower for all labels; EM attributes that to rarer labels, and lowers them further.
- `match_label_count`: one shift of all logits, so that a text has as many labels on average as on dev. It assumes that
  count, and allows for less confident scores in another domain.
"""

from dataclasses import dataclass

import numpy as np

from .label_calibration import Calibration, logit, sigmoid

ADAPTATIONS = ("label-count", "em")
LARGEST_SHIFT = 20.0  # of a logit
ITERATIONS = 1000
TOLERANCE = 1e-7
SMALLEST = 1e-4  # prior
PSEUDO_TEXTS = 20.0  # texts with the training prior that the sample is joined with, so that few texts change little


@dataclass(frozen=True)
class PriorShift:
    """Shares of texts with each label, before and in the sample.

    Attributes:
        before: (labels,).
        after: (labels,).
    """

    before: np.ndarray
    after: np.ndarray

    def calibration(self) -> Calibration:
        """Return the map of scores to the new priors: the logit moves by the difference of the priors' logits."""
        moved = logit(self.after) - logit(self.before)
        return Calibration(np.ones(len(moved)), moved)


def estimate_priors(scores: np.ndarray, before: np.ndarray, pseudo_texts: float = PSEUDO_TEXTS) -> PriorShift:
    """Estimate the priors of an unlabelled sample.

    Args:
        scores: Calibrated probabilities under the old priors, (texts, labels); texts with NaN are left out.
        before: Old priors, (labels,).
        pseudo_texts: Weight of the old priors, in texts; 0: the published procedure.

    >>> shift = estimate_priors(np.array([[0.9], [0.9], [0.9], [0.1]]), np.array([0.5]), pseudo_texts=0)
    >>> shift.after.round(3).tolist()
    [0.812]
    """
    logits = logit(scores[np.isfinite(scores).all(axis=1)])
    before = np.clip(np.asarray(before, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    after = before.copy()
    if not len(logits):
        return PriorShift(before, after)
    for _ in range(ITERATIONS):
        expected = sigmoid(logits + (logit(after) - logit(before))).sum(axis=0)  # eq. 2.3 of the paper
        new = (expected + pseudo_texts * before) / (len(logits) + pseudo_texts)  # eq. 2.4, with a prior
        new = np.clip(new, SMALLEST, 1 - SMALLEST)
        moved, after = np.abs(new - after).max(), new
        if moved < TOLERANCE:
            break
    return PriorShift(before, after)


def match_label_count(scores: np.ndarray, count: float) -> Calibration:
    """Shift all logits alike, so that the scores of a text add up to `count` on average.

    Args:
        scores: Probabilities, (texts, labels); texts with NaN are left out.
        count: Mean number of labels per text, between 0 and the number of labels.

    >>> match_label_count(np.array([[0.5, 0.5]]), 0.5).intercepts.round(3).tolist()
    [-1.099, -1.099]
    """
    logits = logit(scores[np.isfinite(scores).all(axis=1)])
    low, high = -LARGEST_SHIFT, LARGEST_SHIFT
    while len(logits) and high - low > TOLERANCE:  # bisection: the sum rises with the shift
        middle = (low + high) / 2
        if sigmoid(logits + middle).sum(axis=1).mean() < count:
            low = middle
        else:
            high = middle
    return Calibration(np.ones(scores.shape[1]), np.full(scores.shape[1], (low + high) / 2))
