"""Platt scaling and isotonic regression, against scikit-learn and by their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from emograin.evaluation.calibration.label_calibration import (
    Calibration,
    PlattPrior,
    fit_isotonic,
    fit_platt,
    logit,
    sigmoid,
)


@st.composite
def samples(draw, min_texts=1):
    """Logits (texts, labels) and gold labels, of any share of positives."""
    shape = draw(st.integers(min_texts, 40)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = random.normal(draw(st.sampled_from([-4, 0, 3])), draw(st.sampled_from([0.1, 2, 6])), shape)
    labels = random.random(shape) < draw(st.sampled_from([0, 0.1, 0.5, 1]))
    return logits, labels.astype(np.uint8)


def smooth_targets(labels: np.ndarray) -> np.ndarray:
    """Platt's targets (1999, section 2.2): (n + 1) / (n + 2) of n positives, 1 / (m + 2) of m others."""
    positive = labels > 0
    counts = positive.sum(axis=0)
    return np.where(positive, (counts + 1) / (counts + 2), 1 / (len(positive) - counts + 2))


def noisy(texts: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels that follow a sigmoid of slope 0.6 and intercept 1."""
    random = np.random.default_rng(seed)
    logits = random.normal(-1, 2, (texts, 1))
    return logits, (random.random((texts, 1)) < sigmoid(0.6 * logits + 1)).astype(np.uint8)


def test_without_a_prior_it_is_logistic_regression():
    logits, labels = noisy(400)
    expected = LogisticRegression(C=1e10, tol=1e-10).fit(logits, labels[:, 0])
    found = fit_platt(logits, labels.astype(float))[0]
    assert found == pytest.approx([expected.coef_[0, 0], expected.intercept_[0]], abs=1e-4)


def test_with_smoothed_targets_it_is_platts():
    logits, labels = noisy(50)
    theirs = _SigmoidCalibration().fit(logits[:, 0], labels[:, 0])
    found = fit_platt(logits, smooth_targets(labels))[0]
    assert found == pytest.approx([-theirs.a_, -theirs.b_], abs=1e-3)


def test_a_prior_on_the_slope_is_ridge_regression():
    logits, labels = noisy(30)
    width = 0.5  # around 1, which is around 0 for what is left after an offset; a mean of 0 compares at once
    theirs = LogisticRegression(C=width**2, tol=1e-10).fit(logits, labels[:, 0])
    found = fit_platt(logits, labels.astype(float), PlattPrior(width, 1e6), np.array([0.0, 0.0]))[0]
    assert found == pytest.approx([theirs.coef_[0, 0], theirs.intercept_[0]], abs=1e-3)


@settings(max_examples=50)
@given(samples())
def test_with_a_prior_every_sample_has_a_finite_fit_that_keeps_the_order(data):
    logits, labels = data
    parameters = fit_platt(logits, labels.astype(float), PlattPrior(0.3, 1.0))
    assert np.isfinite(parameters).all()
    assert (parameters[:, 0] > 0).all()
    scores = sigmoid(logits)
    calibrated = Calibration.platt(parameters)(scores)
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    for label in range(logits.shape[1]):
        assert (np.diff(calibrated[np.argsort(scores[:, label]), label]) >= 0).all()


@given(samples())
def test_a_narrow_prior_changes_nothing_and_a_wide_one_with_many_texts_decides_nothing(data):
    logits, labels = data
    narrow = fit_platt(logits, labels.astype(float), PlattPrior(1e-4, 1e-4))
    assert narrow == pytest.approx(np.tile([1.0, 0.0], (logits.shape[1], 1)), abs=1e-3)


def test_the_fit_recovers_the_parameters_of_many_texts():
    logits, labels = noisy(20_000)
    assert fit_platt(logits, labels.astype(float), PlattPrior(1, 1))[0] == pytest.approx([0.6, 1.0], abs=0.06)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=60))
def test_isotonic_regression_is_scikit_learns(pairs):
    values, targets = np.array([each[0] for each in pairs], float), np.array([each[1] for each in pairs], float)
    places, heights = fit_isotonic(values, targets)
    assert (np.diff(places) > 0).all()
    assert (np.diff(heights) > 0).all()  # equal blocks are one
    expected = IsotonicRegression().fit(values, targets).predict(values)
    order = np.unique(values)
    blocks = np.searchsorted(places, order)  # every value belongs to the step of its height
    assert set(np.round(expected, 9)) == set(np.round(heights, 9))
    assert len(blocks) == len(order)


def test_every_calibration_keeps_the_order_strictly():
    random = np.random.default_rng(0)
    scores = np.sort(random.random(500))[:, None]
    labels = random.random(500) < 0.5
    steps = {0: fit_isotonic(logit(scores)[:, 0], labels.astype(float))}
    calibrated = Calibration(np.array([0.7]), np.array([-1.0]), steps)(scores)
    assert (np.diff(calibrated[:, 0]) > 0).all()


def test_labels_without_calibration_keep_their_scores_and_nan_stays():
    scores = np.array([[0.1, 0.2], [np.nan, np.nan], [0.0, 1.0]])
    found = Calibration(np.array([1.0, 1.0]), np.array([0.0, 1.0]))(scores)
    assert np.array_equal(found[:, 0], scores[:, 0], equal_nan=True)
    assert np.isnan(found[1]).all()
    assert found[0, 1] > 0.2
    assert Calibration.identity(2).kinds == ["none", "none"]


def test_scores_that_run_backwards_keep_the_share_of_texts_with_the_label():
    scores = np.linspace(0.05, 0.95, 60)
    labels = (scores < 0.2)[:, None].astype(int)
    found = Calibration.platt(fit_platt(logit(scores[:, None]), smooth_targets(labels)))(scores[:, None])
    assert found.mean() == pytest.approx(labels.mean(), abs=0.02)
    assert (np.diff(found[:, 0]) > 0).all()
