"""The auxiliary task's own metrics, and those of the groups of the predicted labels."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import f1_score

from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.auxiliary_evaluation import evaluate_auxiliary
from emograin.evaluation.run_evaluation import evaluate_run
from emograin.evaluation.threshold_policies import choose
from emograin.models.classifier import load
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents, score_tasks
from emograin.training.loop import train

MOODS = Taxonomy("moods", ("joy", "awe", "fear"), {"tone": {"good": ("joy", "awe"), "bad": ("fear", "awe")}})


def test_f1_is_that_of_scikit_learn_for_the_head_and_for_the_predicted_labels():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (60, 3))
    scores, group_scores = random.random((60, 3)), random.random((60, 2))
    thresholds = choose(scores, labels)
    found = evaluate_auxiliary(group_scores, scores, labels, thresholds, MOODS, "tone")
    gold = MOODS.to_groups(labels, "tone")
    assert found["grouping"] == "tone"
    assert found["policies"].keys() == thresholds.keys()
    for policy, each in found["policies"].items():
        own = [values["threshold"] for values in each["own_head"]["groups"].values()]
        predicted = {
            "own_head": group_scores >= own,
            "from_labels": MOODS.to_groups(scores >= thresholds[policy], "tone"),
        }
        for way, groups in predicted.items():
            for average in ("macro", "micro"):
                expected = f1_score(gold, groups, average=average, zero_division=0)
                assert each[way][f"{average}_f1"] == pytest.approx(expected)
            assert [row["f1"] for row in each[way]["groups"].values()] == pytest.approx(
                f1_score(gold, groups, average=None, zero_division=0)
            )
            assert list(each[way]["groups"]) == ["good", "bad"]
    assert {row["threshold"] for row in found["policies"]["fixed"]["own_head"]["groups"].values()} == {0.3}


def test_labels_that_are_right_give_groups_that_are_right():
    labels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    found = evaluate_auxiliary(np.full((3, 2), 0.1), labels * 0.9, labels, choose(labels, labels), MOODS, "tone")
    fixed = found["policies"]["fixed"]
    assert fixed["from_labels"]["macro_f1"] == fixed["from_labels"]["micro_f1"] == 1
    assert fixed["own_head"]["macro_f1"] == fixed["own_head"]["micro_f1"] == 0


@pytest.mark.parametrize("method", ["baseline", "label-embedding"])
def test_a_training_evaluates_its_auxiliary_task_on_dev_only(method, settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "run")
    metrics = train(dataclasses.replace(settings, method=method, auxiliary="tone"), corpus, run, quiet=True)
    dev = corpus.split("dev")
    classifier = load(run)
    documents = classifier.method.tokenize(dev.texts)
    scores, group_scores = score_tasks(classifier, documents)
    np.testing.assert_array_equal(scores, score_documents(classifier.method, documents))
    expected = evaluate_auxiliary(group_scores, scores, dev.labels, run.thresholds, corpus.taxonomy, "tone")
    assert metrics["auxiliary_task"] == expected == run.read_json("results/dev.json")["auxiliary_task"]
    assert evaluate_run(run, corpus, "dev")["auxiliary_task"] == expected
    assert "auxiliary_task" not in evaluate_run(run, corpus, "test")


def test_a_training_without_an_auxiliary_task_has_no_such_metrics(settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "run")
    assert "auxiliary_task" not in train(settings, corpus, run, quiet=True)
    assert score_tasks(load(run), [[5, 6]])[1] is None
