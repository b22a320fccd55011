"""Threshold policies, against brute force and scikit-learn."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from emograin.evaluation.policies import DESCRIPTIONS, Policy
from emograin.evaluation.thresholds import (
    FIXED,
    GRID,
    POLICIES,
    apply_thresholds,
    choose,
    f1,
    f1_at,
    global_threshold,
    per_label,
    per_label_unshrunk,
)


@st.composite
def scored(draw, min_texts=1):
    """Scores (texts, labels) and labels, with ties and scores on the grid."""
    shape = draw(st.integers(min_texts, 25)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = random.random(shape)
    if draw(st.booleans()):
        scores = scores.round(2)
    labels = (random.random(shape) < draw(st.sampled_from([0, 0.1, 0.5, 1]))).astype(np.uint8)
    return scores.astype(draw(st.sampled_from([np.float32, np.float64]))), labels


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


@given(scored())
def test_the_global_threshold_has_the_highest_macro_f1_of_the_grid(data):
    scores, labels = data
    chosen = POLICIES["global"](scores, labels)
    assert len(set(chosen.tolist())) == 1
    macros = [f1_per_label(scores, labels, np.full(labels.shape[1], threshold)).mean() for threshold in GRID]
    assert f1_per_label(scores, labels, chosen).mean() == pytest.approx(max(macros))


@given(scored())
def test_unshrunk_thresholds_have_the_highest_f1_of_each_label_on_the_grid(data):
    scores, labels = data
    chosen = per_label_unshrunk(scores, labels)
    every = np.array([f1_per_label(scores, labels, np.full(labels.shape[1], threshold)) for threshold in GRID])
    assert f1_per_label(scores, labels, chosen) == pytest.approx(every.max(axis=0))


@given(scored())
def test_more_freedom_is_at_least_as_good_on_the_texts_it_was_chosen_on(data):
    scores, labels = data
    policies = {**POLICIES, "unshrunk": per_label_unshrunk}
    macro = {name: f1_per_label(scores, labels, policy(scores, labels)).mean() for name, policy in policies.items()}
    assert macro["unshrunk"] >= macro["global"] - 1e-9
    assert macro["unshrunk"] >= macro["per-label"] - 1e-9
    assert macro["global"] >= macro["fixed"] - 1e-9


def f1_per_label(scores, labels, thresholds):
    """F1 of each label (labels,), by scikit-learn's definition."""
    guesses = scores >= thresholds
    hits = (guesses & (labels > 0)).sum(axis=0)
    return np.array([f1(*counts) for counts in zip(hits, guesses.sum(axis=0), labels.sum(axis=0), strict=True)])


@given(scored(), st.floats(0.5, 1000))
def test_per_label_thresholds_move_from_the_global_to_the_best_one_as_examples_grow(data, shrinkage):
    scores, labels = data
    common, best = global_threshold(scores, labels), per_label_unshrunk(scores, labels)
    share = labels.sum(axis=0) / (labels.sum(axis=0) + shrinkage)
    assert per_label(scores, labels, shrinkage) == pytest.approx((1 - share) * common + share * best)
    seen = labels.any(axis=0)
    assert per_label(scores, labels, shrinkage=0)[seen] == pytest.approx(best[seen])
    assert per_label(scores, labels, shrinkage=0)[~seen] == pytest.approx(common[~seen])


@given(scored())
def test_every_policy_gives_one_threshold_per_label_within_the_grid(data):
    scores, labels = data
    chosen = choose(scores, labels)
    assert set(chosen) == set(POLICIES)
    for values in chosen.values():
        assert len(values) == labels.shape[1]
        assert GRID[0] <= min(values) <= max(values) <= GRID[-1]
    assert set(chosen["global"]) <= set(GRID.tolist())
    assert chosen["fixed"] == [FIXED] * labels.shape[1]


def test_the_fixed_threshold_is_the_papers():
    assert FIXED == 0.3
    assert DESCRIPTIONS["fixed"] == f"threshold {FIXED}"


def test_the_command_line_lists_every_policy():
    assert get_args(Policy) == tuple(DESCRIPTIONS) == tuple(POLICIES)


def test_a_label_without_examples_gets_the_global_threshold():
    scores = np.array([[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]])
    labels = np.array([[1, 0, 0], [0, 1, 0]])
    chosen = choose(scores, labels)
    assert chosen["per-label"][2] == chosen["global"][0]


def test_ties_are_broken_by_the_middle_of_the_longest_plateau():
    scores = np.array([[0.8, 0.8], [0.2, 0.2]])
    labels = np.array([[1, 1], [0, 0]])
    assert (
        choose(scores, labels)["global"] == per_label_unshrunk(scores, labels).tolist() == [0.5, 0.5]
    )  # 0.21 to 0.80 separate them


def test_equal_scores_everywhere_predict_everything():
    scores, labels = np.full((4, 2), 0.4), np.array([[1, 0], [0, 0], [1, 1], [0, 0]])
    chosen = choose(scores, labels)
    for name in ("global", "per-label"):
        assert apply_thresholds(scores, chosen[name]).all()


def test_thresholds_exist_even_without_gold_labels():
    chosen = choose(np.random.default_rng(0).random((5, 3)), np.zeros((5, 3), dtype=np.uint8))
    assert set(chosen["global"]) == set(chosen["per-label"])
    assert all(0 < threshold < 1 for values in chosen.values() for threshold in values)
