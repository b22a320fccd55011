"""Thresholds are chosen on texts that they are not judged on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.evaluation.cross_fitting import compare_cross_fitted, cross_fit_predictions
from emograin.evaluation.thresholds import f1_at

TEXTS = 400


@pytest.fixture(scope="module")
def labels():
    return (np.random.default_rng(0).random((TEXTS, 3)) < [0.3, 0.1, 0.02]).astype(np.uint8)


def informed(labels, noise, seed=1):
    """Scores that know the labels, up to noise."""
    random = np.random.default_rng(seed)
    return np.clip(0.2 + 0.4 * labels + noise * random.normal(size=labels.shape), 0, 1)


@given(st.integers(2, 30), st.integers(0, 99))
def test_a_label_does_not_change_the_prediction_of_its_own_half(texts, seed):
    random = np.random.default_rng(seed)
    scores, labels = random.random((texts, 2)), random.integers(0, 2, (texts, 2))
    changed = labels.copy()
    changed[0] = 1 - changed[0]
    before, after = (cross_fit_predictions(scores, each, halvings=3, seed=seed) for each in (labels, changed))
    assert (before[:, 0] == after[:, 0]).all()


def test_scores_of_noise_gain_nothing_from_thresholds_chosen_for_them(labels):
    scores = np.random.default_rng(5).random(labels.shape)
    optimistic = float(f1_at(scores, labels).max(axis=0).mean())
    (row,) = compare_cross_fitted({"noise": scores}, labels)
    assert row["macro_f1"] < optimistic


def test_the_better_system_is_first_and_its_interval_excludes_0(labels):
    systems = {"worse": informed(labels, 0.3), "better": informed(labels, 0.1), "same": informed(labels, 0.3)}
    rows = compare_cross_fitted(systems, labels, halvings=5)
    assert rows[0]["name"] == "better"
    assert rows[0]["low"] > 0
    assert rows[0]["interval"][0] < rows[0]["macro_f1"] < rows[0]["interval"][1]
    by_name = {row["name"]: row for row in rows}
    assert by_name["worse"]["difference"] is None
    assert by_name["same"]["difference"] == pytest.approx(0)
    assert rows[0]["macro_average_precision"] > by_name["worse"]["macro_average_precision"]


def test_one_text_cannot_be_halved():
    with pytest.raises(EmograinError, match="two texts or more"):
        cross_fit_predictions(np.zeros((1, 2)), np.zeros((1, 2)))
