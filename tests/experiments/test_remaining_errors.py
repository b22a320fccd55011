"""experiments/remaining_errors.py: F1 beside scikit-learn's, raters who agree or not, labels given instead."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from emograin.analysis.rater_correlation import RaterLabels
from emograin.data.taxonomy import GOEMOTIONS

LABELS = len(GOEMOTIONS.labels)


@pytest.fixture(scope="module")
def experiment():
    sys.path.insert(0, str(Path(__file__).parents[2] / "experiments"))
    try:
        return import_module("remaining_errors")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def drawn():
    """Ids, gold labels of 200 texts, and two votes per text, each of them the gold or one random label."""
    random = np.random.default_rng(0)
    gold = np.eye(LABELS, dtype=np.uint8)[random.integers(0, LABELS, 200)]
    other = np.eye(LABELS, dtype=np.uint8)[random.integers(0, LABELS, (2, 200))]
    votes = np.where(random.random((2, 200, 1)) < 0.5, gold, other).astype(np.uint8)
    ids = [f"t{at}" for at in range(200)]
    return ids, gold, votes


def test_f1_is_that_of_scikit_learn(experiment, drawn):
    _, gold, votes = drawn
    rows = experiment.outcomes(np.concatenate(votes) > 0, np.concatenate([gold, gold]) > 0)
    counts = experiment.per_text(rows, np.tile(np.arange(200), 2), 200)
    found = experiment.f1(counts.sum(axis=1))
    expected = f1_score(np.concatenate([gold, gold]), np.concatenate(votes), average=None, zero_division=0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_model_that_knows_the_gold_beats_raters_and_noise_does_not(experiment, drawn):
    ids, gold, votes = drawn
    raters = RaterLabels("votes", GOEMOTIONS, ids + ids + ["elsewhere"], np.concatenate([*votes, gold[:1]]))
    found = experiment.measure(ids, gold, [gold.astype(np.float32)], raters)
    assert (found["rated_texts"], found["votes"], found["texts_with_several_votes"], found["pairs"]) == (
        200,
        400,
        200,
        400,
    )
    assert found["gold"]["model"] == 1
    assert found["gold"]["difference"][1] > 0
    assert found["another_rater"]["difference"][1] > 0
    noise = np.random.default_rng(1).random(gold.shape).astype(np.float32)
    assert experiment.measure(ids, gold, [noise], raters)["another_rater"]["difference"][2] < 0


def test_votes_without_a_label_are_left_out(experiment, drawn):
    ids, gold, votes = drawn
    unclear = votes[1].copy()
    unclear[:50] = 0
    raters = RaterLabels("votes", GOEMOTIONS, ids + ids, np.concatenate([votes[0], unclear]))
    found = experiment.measure(ids, gold, [gold.astype(np.float32)], raters)
    assert (found["votes"], found["pairs"]) == (350, 300)


def test_labels_given_instead(experiment):
    names = ("joy", "fear", "anger")
    gold = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)
    predictions = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=bool)
    joy, fear, anger = experiment.confusions([predictions], gold, names)
    assert (joy["missed"], joy["instead"]) == (0.5, {"fear": 1.0, "anger": 1.0, "joy": 0.0})
    assert (fear["missed"], fear["instead"]["no label"]) == (1.0, 1.0)
    assert (anger["texts"], anger["missed"]) == (0, 0.0)
