"""Metrics, against scikit-learn and by hand."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from emograin.evaluation.calibration_quality import expected_calibration_error, macro_average_precision
from emograin.evaluation.metrics import evaluate, metrics_at_thresholds
from emograin.evaluation.tables import evaluation_table
from emograin.evaluation.thresholds import FREQUENT

NAMES = ("joy", "anger", "neutral")


@st.composite
def scored(draw):
    """Scores (texts, 3), labels and thresholds; labels may be missing or everywhere."""
    texts = draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = random.random((texts, 3)).round(draw(st.sampled_from([1, 6])))
    labels = (random.random((texts, 3)) < draw(st.sampled_from([0, 0.2, 0.5, 1]))).astype(np.uint8)
    return scores.astype(np.float32), labels, random.random(3)


@settings(max_examples=40)
@given(scored())
def test_metrics_at_thresholds_equal_scikit_learns(data):
    scores, labels, thresholds = data
    metrics = metrics_at_thresholds(scores, labels, thresholds, NAMES)
    guesses = (scores >= thresholds).astype(int)
    for average in ("macro", "micro", "weighted"):
        expected = sklearn_metrics.f1_score(labels, guesses, average=average, zero_division=0)
        assert metrics[f"{average}_f1"] == pytest.approx(expected)
    assert metrics["subset_accuracy"] == pytest.approx((guesses == labels).all(axis=1).mean())
    assert metrics["hamming_loss"] == pytest.approx((guesses != labels).mean())
    for at, name in enumerate(NAMES):
        row, truth, guess = metrics["labels"][name], labels[:, at], guesses[:, at]
        assert row["threshold"] == thresholds[at]
        assert row["support"] == truth.sum()
        assert row["precision"] == pytest.approx(sklearn_metrics.precision_score(truth, guess, zero_division=0))
        assert row["recall"] == pytest.approx(sklearn_metrics.recall_score(truth, guess, zero_division=0))
        assert row["f1"] == pytest.approx(sklearn_metrics.f1_score(truth, guess, zero_division=0))


@pytest.mark.parametrize("gold", [[1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]])
def test_metrics_of_one_label_are_those_of_the_label_and_not_of_its_absence(gold):
    truth, guess = np.array(gold), np.array([1, 1, 0, 1])
    found = metrics_at_thresholds(guess[:, None] * 0.9, truth[:, None], [0.5], ["joy"])
    expected = sklearn_metrics.f1_score(truth, guess, zero_division=0)
    assert [found[f"{name}_f1"] for name in ("macro", "micro", "weighted")] == pytest.approx([expected] * 3)
    assert found["labels"]["joy"]["f1"] == pytest.approx(expected)
    assert found["labels"]["joy"]["support"] == truth.sum()
    assert found["subset_accuracy"] == pytest.approx((truth == guess).mean())


@settings(max_examples=40)
@given(scored())
def test_macro_average_precision_is_the_mean_over_labels_that_are_present(data):
    scores, labels, _ = data
    present = [at for at in range(3) if labels[:, at].any()]
    expected = [sklearn_metrics.average_precision_score(labels[:, at], scores[:, at]) for at in present]
    got = macro_average_precision(scores, labels)
    assert got == (pytest.approx(np.mean(expected)) if present else None)


def test_average_precision_of_a_perfect_and_a_reversed_order():
    labels = np.array([[1, 1], [1, 0], [0, 0], [0, 0]])
    scores = np.array([[0.9, 0.9], [0.8, 0.3], [0.2, 0.2], [0.1, 0.1]])
    assert macro_average_precision(scores, labels) == 1
    assert macro_average_precision(1 - scores, labels) == pytest.approx((np.mean([1 / 3, 2 / 4]) + 1 / 4) / 2)


def test_average_precision_of_equal_scores_is_the_share_of_positives():
    labels = np.array([[1, 0], [0, 1], [0, 1], [0, 1]])
    assert macro_average_precision(np.full((4, 2), 0.5), labels) == pytest.approx(0.5)


def test_a_label_that_is_never_present_counts_with_0_in_macro_f1_and_not_in_average_precision():
    labels = np.array([[1, 0, 0], [0, 1, 0]])
    scores = np.array([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1]])
    metrics = evaluate(scores, labels, {"fixed": [0.3] * 3}, NAMES)
    assert metrics["policies"]["fixed"]["macro_f1"] == pytest.approx(2 / 3)
    assert metrics["policies"]["fixed"]["labels"]["neutral"]["f1"] == 0
    assert metrics["macro_average_precision"] == 1


def test_nothing_predicted_scores_0_without_a_warning(recwarn):
    labels = np.array([[1, 0, 0], [0, 1, 1]])
    metrics = metrics_at_thresholds(np.zeros((2, 3)), labels, [0.3] * 3, NAMES)
    assert metrics["macro_f1"] == metrics["micro_f1"] == metrics["weighted_f1"] == metrics["subset_accuracy"] == 0
    assert metrics["hamming_loss"] == 0.5
    assert not recwarn.list


def test_frequent_labels_are_those_with_enough_examples():
    labels = np.zeros((2 * FREQUENT, 3), dtype=np.uint8)
    labels[:FREQUENT, 0] = 1
    labels[: FREQUENT - 1, 1] = 1
    metrics = metrics_at_thresholds(labels * 0.9, labels * [1, 1, 0], [0.3] * 3, NAMES)
    assert metrics["frequent_labels"] == 1
    assert metrics["macro_f1_frequent"] == 1
    assert metrics["macro_f1"] == pytest.approx(2 / 3)
    few = metrics_at_thresholds(labels[:2] * 0.9, labels[:2], [0.3] * 3, NAMES)
    assert few["frequent_labels"] == 0
    assert few["macro_f1_frequent"] is None


def test_labels_without_an_example_are_left_out_of_a_second_macro_f1():
    labels = np.array([[1, 0, 0], [0, 1, 0]])
    scores = {"texts": 2, "corpus": "x", "split": "all"} | evaluate(labels * 0.9, labels, {"fixed": [0.3] * 3}, NAMES)
    metrics = scores["policies"]["fixed"]
    assert (metrics["macro_f1"], metrics["macro_f1_occurring"]) == (pytest.approx(2 / 3), 1)
    table = evaluation_table(scores)
    assert re.search(r"macro F1, all 3 labels +0\.6667", table)
    assert re.search(r"macro F1, 2 labels that occur +1\.0000", table)
    del metrics["occurring_labels"]  # results of an earlier version
    assert re.search(r"macro F1 +0\.6667", evaluation_table(scores))
    complete = evaluate(np.eye(3), np.eye(3), {"fixed": [0.3] * 3}, NAMES)
    table = evaluation_table({"corpus": "x", "split": "all", **complete})
    assert "occur" not in table
    assert "frequent" not in table  # no label has 30 texts
    thirty = evaluate(np.eye(3).repeat(30, 0), np.eye(3).repeat(30, 0), {"fixed": [0.3] * 3}, NAMES)
    assert "macro F1, 3 frequent labels" in evaluation_table({"corpus": "x", "split": "all", **thirty})


def test_scores_that_equal_the_share_of_positives_are_calibrated():
    shares = np.array([0.1, 0.3, 0.5, 0.9])
    scores = np.repeat(shares, 10)[:, None].repeat(2, axis=1)
    labels = np.concatenate([[1] * round(10 * share) + [0] * round(10 - 10 * share) for share in shares])
    labels = labels[:, None].repeat(2, axis=1)
    assert expected_calibration_error(scores, labels) == pytest.approx(0)
    assert expected_calibration_error(labels.astype(float), labels) == 0  # certain, and right
    assert expected_calibration_error(1.0 - labels, labels) == 1  # certain, and wrong


@given(score=st.floats(0, 1), positives=st.integers(0, 20))
def test_the_calibration_error_of_a_constant_score_is_its_distance_from_the_share_of_positives(score, positives):
    labels = np.array([1] * positives + [0] * (20 - positives)).reshape(10, 2)
    assert expected_calibration_error(np.full((10, 2), score), labels) == pytest.approx(abs(score - positives / 20))


@given(scored())
def test_the_calibration_error_is_the_weighted_gap_of_15_bins(data):
    scores, labels, _ = data
    flat, truth = scores.ravel().astype(float), labels.ravel()
    expected = 0.0
    for at in range(15):
        inside = np.minimum(np.floor(flat * 15), 14) == at
        if inside.any():
            expected += inside.mean() * abs(flat[inside].mean() - truth[inside].mean())
    assert expected_calibration_error(scores, labels) == pytest.approx(expected)


def test_metrics_are_plain_values_for_json():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (10, 3)).astype(np.uint8)
    scores = random.random((10, 3)).astype(np.float32)
    metrics = evaluate(scores, labels, {"fixed": [0.3] * 3, "global": np.full(3, 0.4)}, NAMES)
    assert json.loads(json.dumps(metrics)) == metrics
    assert metrics["texts"] == 10
    assert set(metrics["policies"]) == {"fixed", "global"}
