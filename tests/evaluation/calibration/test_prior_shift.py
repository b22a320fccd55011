"""Adaptation to texts without labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.evaluation.calibration.label_calibration import sigmoid
from emograin.evaluation.calibration.prior_shift import estimate_priors, match_label_count


def two_classes(texts: int, prior: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a share `prior`, and the calibrated scores, under equal priors, of a feature that differs by class."""
    random = np.random.default_rng(seed)
    labels = random.random(texts) < prior
    feature = random.normal(np.where(labels, 1.0, -1.0))
    return sigmoid(2 * feature)[:, None], labels  # log N(x; 1, 1) - log N(x; -1, 1) = 2x


@pytest.mark.parametrize("prior", [0.05, 0.3, 0.5, 0.8])
def test_em_finds_the_share_of_a_label(prior):
    scores, labels = two_classes(20_000, prior)
    shift = estimate_priors(scores, np.array([0.5]), pseudo_texts=0)
    assert shift.after[0] == pytest.approx(labels.mean(), abs=0.02)
    adapted = shift.calibration()(scores)
    assert adapted.mean() == pytest.approx(labels.mean(), abs=0.02)  # calibrated again


def test_em_leaves_a_sample_with_the_same_share_alone():
    scores, _ = two_classes(50_000, 0.5)
    assert estimate_priors(scores, np.array([0.5])).calibration().intercepts == pytest.approx([0], abs=0.06)


@given(st.floats(0.01, 0.99), st.integers(1, 30), st.integers(0, 1000))
def test_em_equals_its_fixed_point(prior, texts, seed):
    scores = np.random.default_rng(seed).random((texts, 1))
    shift = estimate_priors(scores, np.array([prior]))
    adapted = shift.calibration()(scores)
    expected = (adapted.sum() + 20 * prior) / (texts + 20)
    assert shift.after[0] == pytest.approx(expected, abs=1e-4)


def test_no_texts_and_unreadable_texts_change_nothing():
    for scores in (np.empty((0, 2)), np.full((3, 2), np.nan)):
        assert estimate_priors(scores, np.array([0.2, 0.4])).after.tolist() == [0.2, 0.4]
        assert match_label_count(scores, 1.0).intercepts.tolist() == [0, 0]


@given(st.integers(1, 30), st.floats(0.1, 2.9), st.integers(0, 1000))
def test_label_count_is_matched_by_one_shift(texts, count, seed):
    scores = np.random.default_rng(seed).uniform(0.001, 0.999, (texts, 3))
    calibration = match_label_count(scores, count)
    assert len(set(calibration.intercepts.tolist())) == 1
    assert calibration(scores).sum(axis=1).mean() == pytest.approx(count, abs=1e-5)
