"""F1 at every threshold of a grid, against brute force and scikit-learn."""

import numpy as np
import pytest
from helpers.scored_texts import scored
from hypothesis import given, settings
from sklearn.metrics import f1_score

from emograin.evaluation.thresholds import GRID, apply_thresholds, f1, f1_at


def test_the_grid_has_every_hundredth_between_0_and_1():
    assert GRID.tolist() == [round(at / 100, 2) for at in range(1, 100)]


@settings(max_examples=30)
@given(scored())
def test_f1_at_each_threshold_is_scikit_learns(data):
    scores, labels = data
    rows = f1_at(scores, labels)
    assert rows.shape == (len(GRID), labels.shape[1])
    for at in (0, 29, 49, 98):
        guesses = scores >= GRID[at]
        for label in range(labels.shape[1]):
            expected = f1_score(labels[:, label], guesses[:, label], zero_division=0)
            assert rows[at, label] == pytest.approx(expected)


@given(scored())
def test_f1_at_any_grid_equals_brute_force(data):
    scores, labels = data
    grid = np.array([0.0, 0.25, 0.3, 1.0])
    brute = [
        [
            f1((guess & hit).sum(), guess.sum(), hit.sum())
            for guess, hit in zip((scores >= t).T, labels.T > 0, strict=True)
        ]
        for t in grid
    ]
    assert f1_at(scores, labels, grid) == pytest.approx(np.array(brute))


def test_a_score_equal_to_the_threshold_is_predicted():
    scores = np.array([[0.3, 0.29]])
    assert f1_at(scores, np.array([[1, 1]]), np.array([0.3])).tolist() == [[1, 0]]
    assert apply_thresholds(scores, [0.3, 0.3]).tolist() == [[True, False]]


@given(scored())
def test_f1_at_counts_the_predictions_of_apply_thresholds(data):
    # Float32 scores too, which differ from the float64 hundredths of the grid.
    scores, labels = data
    rows = f1_at(scores, labels)
    for at, threshold in enumerate(GRID):
        guesses = apply_thresholds(scores, np.full(labels.shape[1], threshold))
        expected = f1((guesses & (labels > 0)).sum(axis=0), guesses.sum(axis=0), labels.sum(axis=0))
        assert rows[at] == pytest.approx(expected)
