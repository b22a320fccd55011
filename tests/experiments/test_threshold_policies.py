"""experiments/threshold_policies.py: the highest F1 and its shrinkage; policies are judged on other texts."""

import json

import numpy as np
import pytest
from helpers.scored_texts import scored
from helpers.scripts import run_script
from hypothesis import given
from hypothesis import strategies as st
from threshold_policies import POLICIES, highest_f1

from emograin.evaluation.threshold_policies import global_threshold
from emograin.evaluation.thresholds import f1_at


@given(scored())
def test_without_shrinkage_thresholds_have_the_highest_f1_of_each_label(data):
    scores, labels = data
    curves = f1_at(scores, labels)
    for label, threshold in enumerate(highest_f1(scores, labels, 0)):
        if labels[:, label].any():
            assert curves[round(threshold * 100) - 1, label] == curves[:, label].max()


@given(scored(), st.floats(0.5, 1000))
def test_thresholds_move_from_the_global_to_the_best_one_as_examples_grow(data, shrinkage):
    scores, labels = data
    common, best = global_threshold(scores, labels), highest_f1(scores, labels, 0)
    share = labels.sum(axis=0) / (labels.sum(axis=0) + shrinkage)
    assert highest_f1(scores, labels, shrinkage) == pytest.approx((1 - share) * common + share * best)


def test_policies_are_compared_on_texts_they_were_not_chosen_on(tmp_path):
    random = np.random.default_rng(0)
    scores = random.random((4000, 3))
    labels = (random.random(scores.shape) < scores / 4).astype(np.uint8)
    (tmp_path / "run").mkdir()
    np.savez(tmp_path / "run/dev.npz", ids=np.arange(4000).astype(str), labels=labels, scores=scores)
    out = tmp_path / "found.json"
    shown = run_script("experiments/threshold_policies.py", tmp_path / "run/dev.npz", "--output", out, "--repeats", 3)
    found = json.loads(out.read_text())
    assert set(found["means"]) == set(POLICIES)
    assert found["runs"]["run"]["100"]["global"] == found["means"]["global"]["100"]
    assert found["means"]["highest F1, shrinkage 0"]["100"] < f1_at(scores, labels).max(axis=0).mean()
    assert f"{found['means']['global']['100']:.4f}" in shown
