"""Measures of scores without thresholds: average precision, calibration error, Brier score, log loss; numpy only."""

import numpy as np

TINY = 1e-7  # smallest probability in a log loss


def average_precision(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Compute average precision of each label, sum over recall steps of precision; NaN for labels without an example.

    Args:
        scores: (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.

    >>> average_precision(np.array([[0.9], [0.5], [0.1]]), np.array([[1], [0], [1]])).round(3).tolist()
    [0.833]
    """
    found = np.full(scores.shape[1], np.nan)
    for at in range(scores.shape[1]):
        order = np.argsort(-scores[:, at], kind="stable")
        ranked, gold = scores[order, at], labels[order, at] > 0
        if not gold.any():
            continue
        last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # equal scores are one step
        correct = np.cumsum(gold)[last]
        found[at] = (np.diff(correct, prepend=0) / gold.sum() * correct / (last + 1)).sum()
    return found


def macro_average_precision(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean of average precision over the labels that have an example; None if none has.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
    """
    precisions = average_precision(scores, labels)
    return float(np.nanmean(precisions)) if np.isfinite(precisions).any() else None


def expected_calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over all (text, label) pairs: |mean score - share of positives|, weighted by bin.

    Args:
        scores: Probabilities, (texts, labels).
        labels: Gold labels, (texts, labels) of 0 and 1.
        bins: Number of bins of equal width on [0, 1].

    >>> expected_calibration_error(np.array([[0.9], [0.9]]), np.array([[1], [0]])).__round__(3)
    0.4
    """
    flat, truth = scores.ravel().astype(np.float64), labels.ravel()
    index = np.minimum((flat * bins).astype(int), bins - 1)  # bin of each pair
    gaps = np.bincount(index, weights=flat, minlength=bins) - np.bincount(index, weights=truth, minlength=bins)
    return float(np.abs(gaps).sum() / len(flat))


def brier_score(scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean squared difference between score and gold label, over all (text, label) pairs.

    >>> brier_score(np.array([[0.5], [1.0]]), np.array([[0], [1]]))
    0.125
    """
    return float(np.mean((scores.astype(np.float64) - (labels > 0)) ** 2))


def log_losses(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the log loss of each (text, label) pair, (texts, labels).

    >>> log_losses(np.array([[0.5]]), np.array([[1]])).round(3).tolist()
    [[0.693]]
    """
    safe = np.clip(scores.astype(np.float64), TINY, 1 - TINY)
    return -np.where(labels > 0, np.log(safe), np.log1p(-safe))
