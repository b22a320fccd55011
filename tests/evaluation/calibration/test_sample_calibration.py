"""Calibration and thresholds from small samples: they improve macro F1, and few texts do not worsen it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.evaluation.calibration.expected_f1 import choose_thresholds, expected_f1_at
from emograin.evaluation.calibration.label_calibration import logit, sigmoid
from emograin.evaluation.calibration.report import cross_fit, enough_texts, learning_curve, report
from emograin.evaluation.calibration.sample_calibration import choose_kinds, fit_sample, folds
from emograin.evaluation.calibration_quality import average_precision, log_losses
from emograin.evaluation.significance import macro_f1
from emograin.evaluation.threshold_policies import POLICIES
from emograin.evaluation.thresholds import GRID, apply_thresholds, f1_at

SHARES = np.array([0.3, 0.1, 0.05])
THRESHOLDS = {"fixed": [0.3] * 3, "global": [0.4] * 3, "per-label": [0.4] * 3}


def domain(texts: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores (texts, 3) that are calibrated but for a shift of their logits, and gold labels."""
    random = np.random.default_rng(seed)
    labels = random.random((texts, 3)) < SHARES
    feature = random.normal(np.where(labels, 1.2, -1.2))
    return sigmoid(2.4 * feature + logit(SHARES) + shift), labels.astype(np.uint8)


def f1_after(texts: int, shift: float, seed: int = 0) -> tuple[float, float]:
    """Macro F1 on other texts at the model's thresholds, and after calibration on this many."""
    scores, labels = domain(4000, shift, seed=99)
    sample, gold = domain(texts, shift, seed)
    fit = fit_sample(sample, gold, 0.4)
    after = apply_thresholds(fit.calibration(scores), fit.thresholds["per-label"])
    return macro_f1(apply_thresholds(scores, THRESHOLDS["per-label"]), labels), macro_f1(after, labels)


@pytest.mark.parametrize("texts", [25, 100, 400])
def test_another_domain_is_met_with_few_texts(texts):
    gains = [after - before for before, after in (f1_after(texts, -3.0, seed) for seed in range(4))]
    assert np.mean(gains) > 0.15


@pytest.mark.parametrize("texts", [1, 5, 10, 25, 400])
def test_the_own_domain_loses_little(texts):
    gains = [after - before for before, after in (f1_after(texts, 0.0, seed) for seed in range(6))]
    assert np.mean(gains) > -0.04


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(0, 1000), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_any_sample_gives_finite_monotone_maps_and_thresholds_between_0_and_1(texts, seed, share):
    random = np.random.default_rng(seed)
    scores = random.random((texts, 4)) ** 3
    scores[:, 3] = 0.5
    labels = (random.random((texts, 4)) < share).astype(np.uint8)
    fit = fit_sample(scores, labels, 0.4)
    calibrated = fit.calibration(scores)
    assert np.isfinite(calibrated).all()
    for policy in POLICIES:
        assert all(0 < each < 1 for each in fit.thresholds[policy])
    in_order = np.take_along_axis(calibrated, scores.argsort(axis=0), axis=0)
    assert (np.diff(in_order, axis=0) >= 0).all()


def test_calibration_keeps_average_precision():
    scores, labels = domain(400, -2.0)
    calibrated = fit_sample(scores, labels, 0.4).calibration(scores)
    after, before = average_precision(calibrated, labels), average_precision(scores, labels)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)


def test_isotonic_regression_is_chosen_where_it_pays():
    random = np.random.default_rng(0)
    scores = random.random((4000, 2))
    truth = np.stack([scores[:, 0], np.where(scores[:, 1] < 0.5, 0.05, 0.6)], axis=1)  # the second is a step
    labels = (random.random((4000, 2)) < truth).astype(np.uint8)
    assert choose_kinds(scores, labels)[1] == "isotonic"
    assert choose_kinds(scores, labels)[0] != "isotonic"
    assert choose_kinds(scores[:60], labels[:60]) == ["platt", "platt"]
    fit = fit_sample(scores, labels, 0.4)
    assert log_losses(fit.calibration(scores), labels)[:, 1].mean() < log_losses(scores, labels)[:, 1].mean()


@given(st.integers(1, 200), st.integers(0, 1000))
def test_expected_f1_is_f1_where_scores_are_certain(texts, seed):
    labels = (np.random.default_rng(seed).random((texts, 2)) < 0.4).astype(np.uint8)
    assert expected_f1_at(labels.astype(float)) == pytest.approx(f1_at(labels.astype(float), labels))


def test_expected_f1_is_near_f1_of_many_texts():
    scores, labels = domain(60_000)
    assert np.abs(expected_f1_at(scores) - f1_at(scores, labels)).max() < 0.03


def test_thresholds_go_from_the_models_to_the_samples():
    scores, _ = domain(5000)
    assert choose_thresholds(scores[:0], 0.4)["per-label"] == [0.4] * 3
    few, many = (choose_thresholds(scores[:size], 0.4) for size in (1, 5000))
    best = [float(GRID[curve.argmax()]) for curve in expected_f1_at(scores).T]
    assert many["per-label"] == pytest.approx(best, abs=0.03)
    assert np.abs(np.array(few["per-label"]) - 0.4).max() < np.abs(np.array(best) - 0.4).max() + 0.1
    assert len(set(many["global"])) == 1


def test_every_text_is_in_one_fold():
    for texts in (2, 4, 11):
        parts = [fold for _, fold in folds(texts, 0)]
        assert sorted(np.concatenate(parts).tolist()) == list(range(texts))
        assert all(not set(rest) & set(fold) for rest, fold in folds(texts, 0))


def test_a_fold_is_predicted_without_its_labels():
    scores, labels = domain(50, -2.0)
    changed = labels.copy()
    fold = next(iter(folds(50, 0)))[1]
    changed[fold] = 1 - changed[fold]
    one, other = cross_fit(scores, labels, THRESHOLDS), cross_fit(scores, changed, THRESHOLDS)
    assert np.array_equal(one.scores[fold], other.scores[fold])
    assert np.array_equal(one.predictions["per-label"][fold], other.predictions["per-label"][fold])


def test_the_report_has_plain_values_and_what_was_gained():
    scores, labels = domain(300, -3.0)
    fit = fit_sample(scores, labels, 0.4)
    found = report(scores, labels, THRESHOLDS, ("a", "b", "c"), fit, cross_fit(scores, labels, THRESHOLDS))
    gain = found["policies"]["per-label"]["difference"]
    assert gain["low"] > 0.1
    assert gain["low"] < gain["difference"] < gain["high"]
    assert found["after"]["expected_calibration_error"] < found["before"]["expected_calibration_error"]
    assert found["after"]["macro_average_precision"] == pytest.approx(found["before"]["macro_average_precision"])
    assert found["labels"]["b"]["examples"] == int(labels[:, 1].sum())
    sizes = [row["texts"] for row in found["curve"]]
    assert sizes == [0, 10, 25, 50, 100, 200]
    assert found["curve"][-1]["macro_f1"] > found["curve"][0]["macro_f1"] + 0.1


def test_a_curve_that_still_rises_says_so():
    rising = [{"texts": size, "macro_f1": size / 100, "standard_error": 0.0} for size in (0, 10, 20)]
    assert enough_texts(rising) is None
    flat = [{**row, "macro_f1": 0.5} for row in rising]
    assert enough_texts(flat) == 0
    assert enough_texts([{**row, "standard_error": None} for row in flat]) is None  # a single division shows nothing
    assert enough_texts([]) is None
    assert learning_curve(*domain(2), THRESHOLDS)[0]["texts"] == 0 if domain(2)[1].any() else True


def test_repeated_texts_add_no_certainty():
    scores, labels = domain(60, -3.0)
    fit = fit_sample(scores, labels, 0.4)
    once = report(scores, labels, THRESHOLDS, ("a", "b", "c"), fit, cross_fit(scores, labels, THRESHOLDS))
    more, gold, groups = (np.repeat(each, 5, axis=0) for each in (scores, labels, np.arange(60)))
    alone = cross_fit(more, gold, THRESHOLDS)
    grouped = cross_fit(more, gold, THRESHOLDS, groups=groups)
    repeated = report(more, gold, THRESHOLDS, ("a", "b", "c"), fit, grouped, groups)
    assert all(len(set(part[::5])) == 1 for part in grouped.scores.reshape(60, 5, 3)[:, :, 0])
    assert not np.allclose(alone.scores, grouped.scores)
    widths = [
        found["policies"]["fixed"]["difference"]["high"] - found["policies"]["fixed"]["difference"]["low"]
        for found in (once, repeated, report(more, gold, THRESHOLDS, ("a", "b", "c"), fit, alone))
    ]
    assert widths[1] > 0.7 * widths[0]
    assert widths[2] < 0.6 * widths[0]
    others = [set(groups[part].tolist()) for part, _ in folds(300, 0, groups=groups)]
    inside = [set(groups[part].tolist()) for _, part in folds(300, 0, groups=groups)]
    assert all(not one & rest for one, rest in zip(inside, others, strict=True))


def test_an_interval_contains_its_estimate_where_labels_are_rare():
    scores, labels = domain(4000, -2.0)
    rare = np.concatenate([np.flatnonzero(labels[:, 2])[:1], np.flatnonzero(~labels[:, 2].astype(bool))[:29]])
    scores, labels = scores[rare], labels[rare]
    fit = fit_sample(scores, labels, 0.4)
    found = report(scores, labels, THRESHOLDS, ("a", "b", "c"), fit, cross_fit(scores, labels, THRESHOLDS))
    for row in found["policies"].values():
        for when in ("before", "after"):
            assert row[when]["low"] < row[when]["macro_f1"] < row[when]["high"]
