"""A pickled predictor says where its model is."""

import copy
import pickle
import shutil

import numpy as np
import pytest
from helpers.counting_scorer import CountingScorer

import emograin
from emograin.common.errors import EmograinError
from emograin.data.taxonomy import Taxonomy
from emograin.prediction.predictor import Predictor
from emograin.prediction.shipped_model import SHIPPED

TEXTS = ["thank you so much", "what do you mean?", ""]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"path": "bundled", "policy": "global"}, {"mapping": {"warm": ["love", "joy"]}}, {"group": "ekman"}],
    ids=str,
)
def test_it_predicts_as_before(arguments):
    model = emograin.load(**arguments)
    model.thresholds[0] = 0.99  # one's own
    stored = pickle.dumps(model)
    assert len(stored) < 10_000  # no weights
    for other in (pickle.loads(stored), copy.deepcopy(model), pickle.loads(pickle.dumps(pickle.loads(stored)))):
        assert np.array_equal(other.predict(TEXTS).scores, model.predict(TEXTS).scores, equal_nan=True)
        assert np.array_equal(other.thresholds, model.thresholds)
        assert other.labels == model.labels


def test_a_relative_path_is_found_from_another_directory(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    stored = pickle.dumps(emograin.load("model"))
    monkeypatch.chdir("/")
    assert len(pickle.loads(stored).predict(TEXTS)) == 3


def test_a_folder_with_another_model_or_none_is_refused(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "model")
    stored = pickle.dumps(emograin.load(folder, group="sentiment"))
    changed = stored.replace(emograin.load(folder, group="sentiment").digest.encode(), b"0" * 64)
    with pytest.raises(EmograinError, match="not the model that was pickled"):
        pickle.loads(changed)
    shutil.rmtree(folder)
    with pytest.raises(EmograinError, match=r"there is no folder .*model"):
        pickle.loads(stored)


def test_a_predictor_made_by_hand_is_refused():
    model = Predictor(Taxonomy("two", ("joy", "anger")), [0.5, 0.5], CountingScorer())
    with pytest.raises(EmograinError, match=r"expected a predictor from emograin\.load"):
        pickle.dumps(model)
