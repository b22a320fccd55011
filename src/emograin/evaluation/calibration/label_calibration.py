"""Calibration of scores, label by label: Platt scaling with a prior, and isotonic regression (Zadrozny and Elkan 2002).

Both are monotone: they never reverse the order of two texts within a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

TINY = 1e-6  # probabilities are clipped to this distance from 0 and 1, so that logits are finite
PLATT_SHARE = 0.02  # share of Platt scaling in isotonic regression: it keeps order where steps are flat
ITERATIONS = 50  # of Newton's method; it takes 5 to 10
TOLERANCE = 1e-8


def logit(scores: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)) of probabilities of any shape, float64; NaN stays NaN.

    >>> logit(np.array([0.5, 0.75])).round(3).tolist()
    [0.0, 1.099]
    """
    clipped = np.clip(np.asarray(scores, dtype=np.float64), TINY, 1 - TINY)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), without overflow.

    >>> sigmoid(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    with np.errstate(invalid="ignore"):  # NaN stays NaN
        return np.exp(-np.logaddexp(0, -logits))


@dataclass(frozen=True)
class PlattPrior:
    """Normal priors of a slope and an intercept; infinite widths are no prior.

    Args:
        slope_width: Standard deviation of the slope.
        intercept_width: Standard deviation of the intercept.
    """

    slope_width: float = np.inf
    intercept_width: float = np.inf

    @property
    def precision(self) -> np.ndarray:
        """1 / variance of the slope and of the intercept, (2,)."""
        return np.array([self.slope_width, self.intercept_width], dtype=np.float64) ** -2.0


def fit_platt(
    logits: np.ndarray,
    targets: np.ndarray,
    prior: PlattPrior | None = None,
    mean: np.ndarray | None = None,
    weight: float = 1.0,
) -> np.ndarray:
    """Fit sigmoid(slope * logit + intercept) to targets for every column: Platt scaling, with a prior (MAP).

    Args:
        logits: (texts, labels).
        targets: Gold labels or smoothed targets in [0, 1], (texts, labels).
        prior: Widths of the priors; None: none, the maximum likelihood. Labels without both classes then have none.
        mean: Means of the priors, (2,) or (labels, 2); None: 1 and 0, that is unchanged scores.
        weight: Weight of each text.

    Returns:
        Slope and intercept of each label, (labels, 2). The slope is positive, so that the order stays.

    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> np.abs(fit_platt(x, np.array([[0.25], [0.25], [0.75], [0.75]]))[0]).round(2).tolist()
    [0.67, 0.0]
    """
    precision = (prior or PlattPrior()).precision
    centre = np.broadcast_to(np.array([1.0, 0.0]) if mean is None else mean, (logits.shape[1], 2))
    parameters = centre.copy()

    def loss(at: np.ndarray) -> np.ndarray:
        found = logits * at[:, 0] + at[:, 1]
        fit = (np.logaddexp(0, found) - targets * found).sum(axis=0)
        return weight * fit + 0.5 * (precision * (at - centre) ** 2).sum(axis=1)

    now = loss(parameters)
    for _ in range(ITERATIONS):
        guesses = sigmoid(logits * parameters[:, 0] + parameters[:, 1])
        error, spread = weight * (guesses - targets), weight * guesses * (1 - guesses)
        gradient = np.stack([(error * logits).sum(axis=0), error.sum(axis=0)], axis=1)
        gradient += precision * (parameters - centre)
        aa = (spread * logits**2).sum(axis=0) + precision[0] + TINY
        ab = (spread * logits).sum(axis=0)
        bb = spread.sum(axis=0) + precision[1] + TINY
        determinant = np.maximum(aa * bb - ab**2, TINY**2)
        step = np.stack([bb * gradient[:, 0] - ab * gradient[:, 1], aa * gradient[:, 1] - ab * gradient[:, 0]], axis=1)
        step /= determinant[:, None]
        size = np.ones(len(step))
        for _ in range(30):  # halve the steps that do not improve
            moved = parameters - size[:, None] * step
            after = loss(moved)
            worse = ~(after <= now + TOLERANCE)
            if not worse.any():
                break
            size[worse] /= 2
        parameters, now = np.where(worse[:, None], parameters, moved), np.where(worse, now, after)
        if np.abs(size[:, None] * step).max(initial=0) < TOLERANCE:
            break
    falling = parameters[:, 0] < TINY
    if falling.any():
        intercepts = _fit_intercepts(targets[:, falling], weight, centre[falling, 1], precision[1])
        parameters[falling] = np.stack([np.full(falling.sum(), TINY), intercepts], axis=1)
    return parameters


def _fit_intercepts(targets: np.ndarray, weight: float, centre: np.ndarray, precision: float) -> np.ndarray:
    """Fit sigmoid(intercept) to targets (texts, labels), with a prior around `centre`: (labels,)."""
    low, high = np.minimum(centre, -50.0), np.maximum(centre, 50.0)
    for _ in range(100):  # bisection: the derivative rises
        middle = (low + high) / 2
        rising = weight * (sigmoid(middle) - targets).sum(axis=0) + precision * (middle - centre) > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return (low + high) / 2


def fit_isotonic(values: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit the best non-decreasing step function: pool adjacent violators (Ayer et al. 1955).

    Args:
        values: (texts,); texts with equal values are one point.
        targets: (texts,).

    Returns:
        The mean value of each step's texts, ascending, and the step's height, ascending; for linear interpolation.

    >>> fit_isotonic(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    (array([1. , 2.5, 4. ]), array([0. , 0.5, 1. ]))
    """
    places, where = np.unique(values, return_inverse=True)
    counts = np.bincount(where).astype(np.float64)
    heights = np.bincount(where, weights=targets) / counts
    blocks: list[list[float]] = []  # weight, height, sum of values
    for place, count, height in zip(places.tolist(), counts.tolist(), heights.tolist(), strict=True):
        blocks.append([count, height, place * count])
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            weight, tall, total = blocks.pop()
            last = blocks[-1]
            last[1] = (last[0] * last[1] + weight * tall) / (last[0] + weight)
            last[0] += weight
            last[2] += total
    weights, tops, sums = np.array(blocks).T
    return sums / weights, tops


@dataclass(frozen=True)
class Calibration:
    """Maps the scores of each label to calibrated ones.

    Args:
        slopes: Slope of each label's logit, (labels,); 1 with an intercept of 0 leaves scores as they are.
        intercepts: (labels,).
        steps: Index of a label -> logits and probabilities of its isotonic regression, for labels that have one.
    """

    slopes: np.ndarray
    intercepts: np.ndarray
    steps: Mapping[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def identity(cls, labels: int) -> "Calibration":
        """Return the calibration that leaves the scores of this many labels as they are."""
        return cls(np.ones(labels), np.zeros(labels))

    @classmethod
    def platt(cls, parameters: np.ndarray) -> "Calibration":
        """Return Platt scaling with slopes and intercepts (labels, 2)."""
        return cls(parameters[:, 0].copy(), parameters[:, 1].copy())

    @property
    def kinds(self) -> list[str]:
        """Return none, platt or isotonic for each label."""
        unchanged = (self.slopes == 1) & (self.intercepts == 0)
        return [
            "isotonic" if at in self.steps else "none" if each else "platt"
            for at, each in enumerate(unchanged.tolist())
        ]

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Calibrate scores (texts, labels): the same shape, float64; NaN stays NaN.

        >>> Calibration(np.array([1.0, 1.0]), np.array([0.0, np.log(3)]))(np.array([[0.5, 0.5]])).round(2).tolist()
        [[0.5, 0.75]]
        """
        logits = logit(scores)
        calibrated = sigmoid(logits * self.slopes + self.intercepts)
        for at, (places, heights) in self.steps.items():
            stepped = np.interp(logits[:, at], places, heights)
            calibrated[:, at] = PLATT_SHARE * calibrated[:, at] + (1 - PLATT_SHARE) * stepped
        for at, kind in enumerate(self.kinds):
            if kind == "none":
                calibrated[:, at] = scores[:, at]
        return calibrated
