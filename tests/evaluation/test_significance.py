"""Significance tests, against scipy, scikit-learn and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from emograin.common.errors import EmograinError
from emograin.evaluation import significance
from emograin.evaluation.significance import (
    draw_seed_deviations,
    frequent_labels,
    holm,
    macro_f1,
    paired_bootstrap,
    per_label_f1,
    randomisation_test,
    resample_f1,
    summarize,
    two_level_bootstrap,
)


def system(random, gold, wrong):
    """Return predictions of which a share is wrong."""
    return gold ^ (random.random(gold.shape) < wrong)


def make(seed=0, texts=80, labels=3, wrong=(0.15, 0.3), there=0.4):
    """Two systems' predictions and gold labels, each (texts, labels), bool."""
    random = np.random.default_rng(seed)
    gold = random.random((texts, labels)) < there
    return system(random, gold, wrong[0]), system(random, gold, wrong[1]), gold


@st.composite
def pairs(draw):
    """Two systems and gold labels with enough examples per label for percentile intervals to mean something."""
    wrong = draw(st.floats(0.02, 0.4)), draw(st.floats(0.02, 0.4))
    return make(draw(st.integers(0, 2**32 - 1)), draw(st.integers(60, 120)), draw(st.integers(1, 4)), wrong)


def macro(guesses, gold):
    return np.mean([f1_score(*columns, zero_division=0) for columns in zip(gold.T, guesses.T, strict=True)])


@pytest.mark.parametrize("block", [1, 5000, 2**26])
def test_each_resample_has_the_f1_of_its_documents_counted_as_often_as_drawn(monkeypatch, block):
    monkeypatch.setattr(significance, "BYTES_PER_BLOCK", block)
    first, second, gold = make(texts=25, there=0.1)  # some resamples miss a label
    found = resample_f1([first, second], gold, resamples=40, seed=3)
    assert found.shape == (40, 2, 3)
    draws = np.random.default_rng(3).integers(0, 25, (40, 25))
    for rows, values in zip(draws, found, strict=True):
        for guesses, value in zip((first, second), values, strict=True):
            assert value == pytest.approx(f1_score(gold[rows], guesses[rows], average=None, zero_division=0))


def test_blocks_of_weights_fit_into_the_memory_limit(monkeypatch):
    monkeypatch.setattr(significance, "BYTES_PER_BLOCK", 16 * 1000 * 7)
    assert list(significance._block_sizes(20, texts=1000)) == [7, 7, 6]
    assert list(significance._block_sizes(2, texts=10**9)) == [1, 1]


def test_the_bootstrap_is_scipys():
    first, second, gold = make(texts=60)

    def difference(rows):
        return macro_f1(first[rows], gold[rows]) - macro_f1(second[rows], gold[rows])

    theirs = stats.bootstrap(
        (np.arange(60),), difference, n_resamples=4000, method="percentile", vectorized=False, rng=1
    )
    ours = paired_bootstrap(first, second, gold, resamples=20_000)
    assert ours.difference == pytest.approx(macro(first, gold) - macro(second, gold))
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.2 * ours.standard_error)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.2 * ours.standard_error)
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * ours.standard_error, rel=0.1)


@pytest.mark.parametrize(("seed", "labels"), [(0, None), (1, None), (4, None), (1, [True, False, True])])
def test_the_randomisation_test_is_scipys_over_all_swaps(seed, labels):
    first, second, gold = make(seed, texts=9, wrong=(0.1, 0.4))
    kept = np.ones(3, dtype=bool) if labels is None else np.array(labels)
    outputs, truth = np.concatenate([first, second]), gold

    def difference(ours, theirs):
        return macro_f1(outputs[ours], truth, kept) - macro_f1(outputs[theirs], truth, kept)

    theirs = stats.permutation_test(
        (np.arange(9), np.arange(9, 18)), difference, permutation_type="samples", n_resamples=np.inf, vectorized=False
    )
    assert 0 < theirs.pvalue < 1
    ours = randomisation_test(first, second, gold, kept, trials=20_000)
    assert ours == pytest.approx(theirs.pvalue, abs=0.012)


@settings(max_examples=25)
@given(pairs(), st.integers(0, 9))
def test_swapping_the_systems_flips_every_sign(data, seed):
    first, second, gold = data
    ours = paired_bootstrap(first, second, gold, resamples=200, seed=seed)
    theirs = paired_bootstrap(second, first, gold, resamples=200, seed=seed)
    assert (ours.difference, ours.low, ours.high) == pytest.approx((-theirs.difference, -theirs.high, -theirs.low))
    assert (ours.p_value, ours.standard_error) == pytest.approx((theirs.p_value, theirs.standard_error))
    swapped = [randomisation_test(*each, gold, trials=200, seed=seed) for each in ((first, second), (second, first))]
    assert swapped[0] == swapped[1]


@settings(max_examples=25)
@given(pairs())
def test_a_system_does_not_differ_from_itself(data):
    first, _, gold = data
    same = paired_bootstrap(first, first.copy(), gold, resamples=100)
    assert (same.difference, same.low, same.high, same.standard_error, same.p_value) == (0, 0, 0, 0, 1)
    assert randomisation_test(first, first.copy(), gold, trials=100) == 1


@settings(max_examples=25)
@given(pairs())
def test_the_interval_holds_the_difference_and_agrees_with_the_p_value(data):
    first, second, gold = data
    found = paired_bootstrap(first, second, gold, resamples=999)
    assert found.low <= found.difference <= found.high
    assert found.difference == pytest.approx(macro(first, gold) - macro(second, gold))
    if found.p_value < 0.04:
        assert found.low > 0 or found.high < 0
    if found.p_value > 0.06:
        assert found.low <= 0 <= found.high


@settings(max_examples=25)
@given(pairs(), st.integers(0, 2**32 - 1))
def test_the_order_of_documents_and_labels_does_not_matter_but_for_the_draws(data, seed):
    first, second, gold = data
    order, columns = np.random.default_rng(seed).permutation(len(gold)), np.arange(gold.shape[1])[::-1]
    ours = paired_bootstrap(first, second, gold, resamples=2000)
    shuffled = [each[order][:, columns] for each in data]
    theirs = paired_bootstrap(*shuffled, resamples=2000)
    assert ours.difference == pytest.approx(theirs.difference)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.15)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.4 * ours.standard_error)
    chances = [randomisation_test(*each, trials=2000) for each in (data, shuffled)]
    assert chances[0] == pytest.approx(chances[1], abs=0.08)


def test_a_large_difference_is_significant_and_chance_is_not():
    first, second, gold = make(texts=300, wrong=(0.02, 0.4))
    assert paired_bootstrap(first, second, gold, resamples=999).p_value == pytest.approx(2 / 1000)
    assert randomisation_test(first, second, gold, trials=999) == pytest.approx(1 / 1000)
    small = []
    for seed in range(100):
        one, other, truth = make(seed, texts=100, wrong=(0.2, 0.2))
        found = paired_bootstrap(one, other, truth, resamples=200)
        small.append((found.p_value < 0.05, randomisation_test(one, other, truth, trials=200) < 0.05))
    assert (np.mean(small, axis=0) < 0.13).all()  # of a true hypothesis, 5 % are rejected


def test_macro_f1_averages_the_chosen_labels_only():
    first, second, gold = make(labels=4)
    kept = np.array([True, False, False, True])
    here = paired_bootstrap(first, second, gold, kept, resamples=100)
    assert here == paired_bootstrap(first[:, kept], second[:, kept], gold[:, kept], resamples=100)
    assert here != paired_bootstrap(first, second, gold, resamples=100)
    assert macro_f1(first, gold, kept) == pytest.approx(per_label_f1(first, gold)[[0, 3]].mean())


def test_frequent_labels_have_30_examples():
    gold = np.zeros((40, 2), dtype=np.uint8)
    gold[:30, 0], gold[:29, 1] = 1, 1
    assert frequent_labels(gold).tolist() == [True, False]


def test_summarize_by_hand():
    values = np.arange(-4, 96) / 100  # 4 below zero, one at it
    found = summarize(0.4, values, seed=7)
    assert (found.difference, found.resamples, found.seed) == (0.4, 100, 7)
    assert (found.low, found.high) == pytest.approx((-0.01525, 0.92525))
    assert found.p_value == pytest.approx(2 * 6 / 101)
    assert found.standard_error == pytest.approx(np.std(values, ddof=1))
    assert summarize(-0.4, -values, seed=7).p_value == found.p_value


def test_holm_by_hand_and_against_its_definition():
    assert holm([0.04, 0.01, 0.03, 0.005]).tolist() == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([]).tolist() == []
    assert holm([0.7, 0.6]).tolist() == [1, 1]
    values = np.random.default_rng(0).random(20) ** 4
    for value, corrected in zip(values, holm(values), strict=True):
        smaller = [(values >= other).sum() * other for other in values if other <= value]
        assert corrected == pytest.approx(min(1, max(smaller)))


def test_one_seed_each_is_the_paired_bootstrap():
    first, second, gold = make()
    assert two_level_bootstrap([first], [second], gold, resamples=100) == paired_bootstrap(
        first, second, gold, resamples=100
    )


def test_runs_that_agree_count_once():
    first, second, gold = make()
    many = two_level_bootstrap([first] * 3, [second] * 2, gold, resamples=300)
    once = paired_bootstrap(first, second, gold, resamples=300)
    assert (many.difference, many.low, many.high) == pytest.approx((once.difference, once.low, once.high))


def test_seeds_that_differ_widen_the_interval_and_pairing_them_narrows_it():
    random = np.random.default_rng(0)
    gold = random.random((400, 3)) < 0.4
    runs = [system(random, gold, wrong) for wrong in (0.05, 0.15, 0.3)]
    better = [run | gold for run in runs]  # a little better than each of them, whatever the seed
    apart = two_level_bootstrap(runs, [runs[1]] * 3, gold, resamples=1000)
    fixed = paired_bootstrap(runs[0], runs[1], gold, resamples=1000)
    assert apart.standard_error > 2 * fixed.standard_error
    paired = two_level_bootstrap(better, runs, gold, resamples=1000)
    unpaired = two_level_bootstrap(better, runs[::-1], gold, resamples=1000)
    assert paired.difference == pytest.approx(unpaired.difference)
    assert paired.standard_error < 0.8 * unpaired.standard_error
    assert (paired.seeds, fixed.seeds) == (3, 1)
    turned = two_level_bootstrap(runs[:2], better, gold, resamples=4000)
    back = two_level_bootstrap(better, runs[:2], gold, resamples=4000)
    assert turned.difference == pytest.approx(-back.difference)
    assert turned.low == pytest.approx(-back.high, rel=0.1)


def test_the_deviation_of_a_mean_is_students_t():
    values = np.array([0.2, 0.5, 0.9])
    drawn = draw_seed_deviations([values], 100_000)
    error = values.std(ddof=1) / np.sqrt(3)
    assert np.percentile(drawn, [2.5, 50, 97.5]) / error == pytest.approx(stats.t(2).ppf([0.025, 0.5, 0.975]), abs=0.15)
    assert not draw_seed_deviations([np.array([0.3])], 10).any()
    two = draw_seed_deviations([values, values[::-1]], 100_000)
    assert np.percentile(two, 75) > 1.2 * np.percentile(drawn, 75)


@pytest.mark.parametrize("spread", [0.0, 0.004, 0.012])
def test_three_seeds_cover_the_true_difference(spread):
    """95 % intervals over documents (standard error 0.005) and three seeds hold the truth in at least 94 % of cases."""
    random = np.random.default_rng(0)
    covered = []
    for trial in range(1000):
        text = random.normal(0, 0.005)
        runs = text + random.normal(0, spread, 3)
        found = summarize(runs.mean(), runs.mean() + random.normal(0, 0.005, 1000), trial, [runs])
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) > 0.94 - 0.015


def test_randomisation_swaps_the_outputs_of_all_seeds_together():
    first, second, gold = make(texts=60, wrong=(0.2, 0.25))
    once = randomisation_test(first, second, gold, trials=2000)
    assert randomisation_test([first] * 3, [second] * 3, gold, trials=2000) == pytest.approx(once)
    assert randomisation_test([first, second], [second, first], gold, trials=200) == 1  # the means are equal
    with pytest.raises(EmograinError, match="pairs the runs of two systems, got 2 and 1"):
        randomisation_test([first] * 2, [second], gold)


def test_incomparable_predictions_are_an_error():
    first, second, gold = make()
    with pytest.raises(EmograinError, match=r"shape of the gold labels, \(80, 3\), got \(79, 3\)"):
        paired_bootstrap(first, second[:-1], gold)
    with pytest.raises(EmograinError, match="nothing to compare"):
        paired_bootstrap(first[:0], second[:0], gold[:0])
    with pytest.raises(EmograinError, match="choice of 3 labels, got 0 of 3"):
        randomisation_test(first, second, gold, np.zeros(3, dtype=bool))
