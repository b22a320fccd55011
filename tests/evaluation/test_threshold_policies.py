"""Threshold policies, against brute force, theory, and fresh texts."""

from typing import get_args

import numpy as np
import pytest
from helpers.scored_texts import scored
from hypothesis import given
from hypothesis import strategies as st

from emograin.evaluation.calibration.label_calibration import logit, sigmoid
from emograin.evaluation.calibration.sample_calibration import fit_shrunk_platt
from emograin.evaluation.policies import DESCRIPTIONS, Policy
from emograin.evaluation.threshold_policies import POLICIES, choose, global_threshold, per_label
from emograin.evaluation.thresholds import FIXED, GRID, apply_thresholds, f1, f1_at


def f1_per_label(scores, labels, thresholds):
    """F1 of each label (labels,), by scikit-learn's definition."""
    guesses = scores >= thresholds
    hits = (guesses & (labels > 0)).sum(axis=0)
    return np.array([f1(*counts) for counts in zip(hits, guesses.sum(axis=0), labels.sum(axis=0), strict=True)])


@given(scored())
def test_the_global_threshold_has_the_highest_macro_f1_of_the_grid(data):
    scores, labels = data
    chosen = POLICIES["global"](scores, labels)
    assert len(set(chosen.tolist())) == 1
    macros = [f1_per_label(scores, labels, np.full(labels.shape[1], threshold)).mean() for threshold in GRID]
    assert f1_per_label(scores, labels, chosen).mean() == pytest.approx(max(macros))
    assert max(macros) >= f1_per_label(scores, labels, np.full(labels.shape[1], FIXED)).mean()


@given(scored())
def test_per_label_thresholds_have_the_highest_expected_f1_of_the_grid(data):
    scores, labels = data
    slopes, intercepts = fit_shrunk_platt(scores, labels).T
    probabilities = sigmoid(slopes * logit(scores) + intercepts)
    for label, chosen in enumerate(per_label(scores, labels)):
        if not labels[:, label].any():
            assert chosen == global_threshold(scores, labels)[0]
            continue
        own = probabilities[:, label]
        expected = [
            2 * own[reached].sum() / (reached.sum() + own.sum()) for reached in (scores[:, label] >= at for at in GRID)
        ]
        assert expected[round(chosen * 100) - 1] == pytest.approx(max(expected))


def draw(texts, labels, seed):
    """Draw calibrated scores of rare labels (texts, labels), and gold labels with these probabilities."""
    random = np.random.default_rng(seed)
    scores = sigmoid(random.normal(-4, 2, (texts, labels)))
    return scores, (random.random(scores.shape) < scores).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_thresholds_of_calibrated_scores_are_half_of_the_highest_f1(seed):
    # Lipton, Elkan and Narayanaswamy 2014, "Optimal thresholding of classifiers to maximize F1 measure", theorem 1
    scores, labels = draw(100_000, 4, seed)
    assert per_label(scores, labels) == pytest.approx(f1_at(scores, labels).max(axis=0) / 2, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_on_fresh_texts_thresholds_of_rare_labels_lose_less_than_half_of_what_those_of_the_highest_f1_lose(seed):
    scores, labels = draw(300, 50, seed)
    fresh, gold = draw(50_000, 50, seed + 100)
    highest = GRID[f1_at(scores, labels).argmax(axis=0)]
    best, ours, theirs = (
        f1_at(fresh, gold).max(axis=0).mean(),
        f1_per_label(fresh, gold, per_label(scores, labels)).mean(),
        f1_per_label(fresh, gold, highest).mean(),
    )
    assert best - ours < (best - theirs) / 2


@given(st.floats(-1.5, 1.5))
def test_thresholds_follow_scores_that_are_too_high_or_too_low(shift):
    scores, labels = draw(2000, 3, 0)
    shifted = sigmoid(logit(scores) + shift)
    before = apply_thresholds(scores, per_label(scores, labels))
    after = apply_thresholds(shifted, per_label(shifted, labels))
    assert (before != after).mean() < 0.02


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
    chosen = choose(scores, labels)
    assert chosen["global"] == chosen["per-label"] == [0.5, 0.5]  # 0.21 to 0.80 separate them


def test_equal_scores_everywhere_predict_everything():
    scores, labels = np.full((4, 2), 0.4), np.array([[1, 0], [0, 0], [1, 1], [0, 0]])
    chosen = choose(scores, labels)
    for name in ("global", "per-label"):
        assert apply_thresholds(scores, chosen[name]).all()


def test_thresholds_exist_even_without_gold_labels():
    chosen = choose(np.random.default_rng(0).random((5, 3)), np.zeros((5, 3), dtype=np.uint8))
    assert set(chosen["global"]) == set(chosen["per-label"])
    assert all(0 < threshold < 1 for values in chosen.values() for threshold in values)
