"""Chains of unions and calibrations: derivatives, files, damage; and the file of held-out scores."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.evaluation.calibration.held_out_scores import HeldOutScores
from emograin.evaluation.calibration.label_calibration import Calibration, logit, sigmoid
from emograin.evaluation.mapping.score_map import ScoreMap, Stage

STEPS = {1: (np.array([-2.0, 0.5]), np.array([0.1, 0.9]))}


def chain(steps: bool = False) -> ScoreMap:
    """Four labels, two unions, calibrated twice."""
    first = Stage(("x", "y"), ((0, 1, 2), (3,)), Calibration(np.array([0.7, 1.0]), np.array([-0.5, 0.0])))
    second = Stage.calibrated(
        ("x", "y"), Calibration(np.array([1.2, 0.9]), np.array([1.0, 0.2]), STEPS if steps else {})
    )
    return ScoreMap(("a", "b", "c", "d"), (first,)).then(second)


@given(st.lists(st.floats(0.02, 0.98), min_size=4, max_size=4))
def test_derivatives_are_those_of_finite_differences(scores):
    at, step = np.array(scores), 1e-4
    found = chain().derivatives(at)
    for label in range(4):
        moved = [sigmoid(logit(at) + sign * step * np.eye(4)[label]) for sign in (1, -1)]
        up, down = (logit(np.asarray(chain()._exact(each[None]))[0]) for each in moved)
        assert found[:, label] == pytest.approx((up - down) / (2 * step), abs=2e-3)


def test_it_knows_its_labels_and_what_they_unite():
    assert chain().labels == ("x", "y")
    assert chain().unions == {"x": ["a", "b", "c"], "y": ["d"]}


def test_a_file_gives_the_same_scores():
    scores = np.random.default_rng(0).random((20, 4)).astype(np.float32)
    scores[3] = np.nan
    again = ScoreMap.from_dict(json.loads(json.dumps(chain(steps=True).to_dict())))
    assert np.array_equal(again(scores), chain(steps=True)(scores), equal_nan=True)
    assert again(scores).dtype == np.float32
    assert np.isnan(again(scores)[3]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.pop("inputs"), "'inputs' is missing"),
        (lambda values: values["stages"].clear(), "stages must not be empty"),
        (lambda values: values["stages"][0]["members"][0].append(4), "members must be indices below 4"),
        (lambda values: values["stages"][1]["members"][0].clear(), "at least one per label"),
        (lambda values: values["stages"][0]["slopes"].pop(), "slopes must have 2 values, got 1"),
        (lambda values: values["stages"][0].update(slopes=[1.0, -1.0]), "slopes must be positive"),
        (lambda values: values["stages"][0].update(intercepts=[float("nan"), 0.0]), r"intercepts\[0\] must lie"),
        (lambda values: values["stages"][1]["steps"].update({"7": [[0.0], [0.0]]}), "index of one of 2 labels"),
        (lambda values: values["stages"][1]["steps"].update({"1": [[0.0, 0.0], [0.1, 0.2]]}), "must ascend"),
        (
            lambda values: values["stages"][1]["steps"].update({"1": [[0.0, 1.0], [0.1]]}),
            "two lists of the same length",
        ),
    ],
)
def test_a_damaged_file_is_said(change, said):
    values = chain(steps=True).to_dict()
    change(values)
    with pytest.raises(EmograinError, match=said):
        ScoreMap.from_dict(values)


def test_held_out_scores_take_a_byte_each_and_come_back(tmp_path):
    random = np.random.default_rng(0)
    scores, labels = random.random((300, 28)) ** 4, (random.random((300, 28)) < 0.1).astype(np.uint8)
    scores[7] = np.nan
    path = tmp_path / "dev_scores.npz"
    path.write_bytes(HeldOutScores(scores, labels).to_bytes())
    found = HeldOutScores.from_file(path, 28)
    kept = np.delete(scores, 7, axis=0)
    inside = (kept > 0.001) & (kept < 0.999)
    assert np.abs(logit(found.scores) - logit(kept))[inside].max() <= 1 / 32 + 1e-9
    assert np.array_equal(found.labels, np.delete(labels, 7, axis=0))
    assert path.stat().st_size < 300 * 28 * 1.25
    assert HeldOutScores(scores, labels).to_bytes() == path.read_bytes()  # nothing of the time or place
    with pytest.raises(EmograinError, match="does not hold scores of 27 labels"):
        HeldOutScores.from_file(path, 27)
