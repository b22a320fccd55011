"""The sweep over mixing weights (§4.4)."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from helpers.mixed_runs import FEW
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.evaluation.metrics import metrics_at_thresholds
from emograin.evaluation.threshold_policies import choose
from emograin.mixing.weight_sweep import WEIGHTS, SweptPredictions, sweep


@st.composite
def swept(draw):
    """Scores (weights, texts, labels) at FEW weights, with ties between weights, and labels."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    texts = draw(st.integers(1, 30))
    scores = random.random((len(FEW), texts, 3)).round(draw(st.sampled_from([1, 6]))).astype(np.float32)
    if draw(st.booleans()):
        scores[draw(st.integers(0, 3))] = scores[draw(st.integers(0, 3))]
    return scores, (random.random((texts, 3)) < draw(st.sampled_from([0, 0.2, 0.5]))).astype(np.uint8)


@settings(max_examples=25)
@given(swept())
def test_metrics_and_choice_are_those_of_brute_force(data):
    scores, labels = data
    found = sweep(scores, labels, FEW)
    macro = {}
    for weight, here, row in zip(FEW, scores, found["weights"], strict=True):
        assert row["weight"] == weight
        assert row["thresholds"] == choose(here, labels)
        for policy, values in row["thresholds"].items():
            figures = metrics_at_thresholds(here, labels, values, "abc")
            assert row["policies"][policy]["macro_f1"] == pytest.approx(figures["macro_f1"])
            assert row["policies"][policy]["micro_f1"] == pytest.approx(figures["micro_f1"])
        macro[weight] = metrics_at_thresholds(here, labels, choose(here, labels)["fixed"], "abc")["macro_f1"]
    best = max(weight for weight in FEW if macro[weight] > max(macro.values()) - 1e-9)
    assert found["best"] == found["weights"][FEW.index(best)]
    assert found["chosen_by"] == "fixed"
    assert json.loads(json.dumps(found)) == found


def test_ties_take_the_weight_nearest_to_1():
    labels = np.eye(3, dtype=np.uint8)
    assert sweep(np.stack([labels * 0.9] * 4), labels, FEW)["best"]["weight"] == 1.0
    worse = np.stack([labels * 0.9, labels * 0.9, labels * 0.9, 1 - labels * 0.9])
    assert sweep(worse, labels, FEW)["best"]["weight"] == 0.92


def test_the_weights_are_0_50_to_1_00_in_steps_of_0_02():
    assert [WEIGHTS[at] for at in (0, 1, 21, 25)] == [0.5, 0.52, 0.92, 1.0]
    assert len(WEIGHTS) == 26


def test_as_many_weights_as_scores_are_needed():
    with pytest.raises(ValueError, match="zip"):
        sweep(np.zeros((3, 2, 2)), np.zeros((2, 2)), FEW)


@given(st.integers(1, 20), st.integers(1, 19), st.integers(0, 99))
def test_predictions_at_every_weight_come_back_from_their_file(texts, labels, seed):
    random = np.random.default_rng(seed)
    scores, gold = random.random((3, texts, labels)), random.integers(0, 2, (texts, labels))
    names = [f"t{at}" for at in range(texts)]
    swept = SweptPredictions.of_scores(scores, gold, names, (0.5, 0.92, 1.0))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.npz"
        swept.save(path)
        found = SweptPredictions.from_file(path)
    assert (found.weights, found.ids) == (swept.weights, swept.ids)
    run = found.at(0.92, [f"l{at}" for at in range(labels)])
    assert (run.predictions == (scores[1] >= 0.3)).all()
    assert (run.gold == (gold > 0)).all()


def test_a_damaged_file_of_predictions_is_an_error(tmp_path):
    path = tmp_path / "predictions.npz"
    np.savez(path, weights=[1.0], ids=["a"], gold=np.zeros((1, 9)), predictions=np.zeros((1, 1, 1), dtype=np.uint8))
    with pytest.raises(EmograinError, match="does not hold the predictions of a sweep"):
        SweptPredictions.from_file(path)
    path.write_bytes(b"PK")
    with pytest.raises(EmograinError):
        SweptPredictions.from_file(path)
    with pytest.raises(FileNotFoundError):
        SweptPredictions.from_file(tmp_path / "none.npz")
