"""Entropy, mutual information and NMI (§3.2.3), against scikit-learn and scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn import metrics
from sklearn.metrics.cluster import expected_mutual_information

from emograin.analysis.task_similarity import (
    compute_measures,
    contingency,
    entropy,
    estimate_chance_nmi,
    mutual_information,
    nmi_joint,
    nmi_max,
)
from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS

counts = arrays.arrays(np.int64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.integers(0, 9))
several = counts.filter(lambda table: (table.any(axis=1).sum() > 1) or (table.any(axis=0).sum() > 1))
chosen = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=60)


def one_hot(choices, labels):
    return np.eye(labels, dtype=np.uint8)[list(choices)]


@st.composite
def label_sets(draw):
    """Two multi-hot label sets of the same documents, some of which have no label; at least one has both."""
    shape = st.tuples(st.just(draw(st.integers(1, 12))), st.integers(1, 5))
    both = [draw(arrays.arrays(np.uint8, draw(shape), elements=st.integers(0, 1))) for _ in range(2)]
    for labels in both:
        labels[0, 0] = 1
    return both


# The contingency table


@given(label_sets())
def test_each_pair_of_a_document_counts_once_or_shares_the_documents_weight(both):
    plain, weighted = (np.zeros((both[0].shape[1], both[1].shape[1])) for _ in range(2))
    for document in zip(*both, strict=True):
        pairs = [(i, j) for i in np.flatnonzero(document[0]) for j in np.flatnonzero(document[1])]
        for pair in pairs:
            plain[pair] += 1
            weighted[pair] += 1 / len(pairs)
    assert np.array_equal(contingency(*both), plain)
    np.testing.assert_allclose(contingency(*both, weigh_documents=True), weighted, atol=1e-12)


@given(label_sets())
def test_a_documents_weight_is_1_or_0_without_labels(both):
    with_pairs = (both[0].any(axis=1) & both[1].any(axis=1)).sum()
    assert contingency(*both, weigh_documents=True).sum() == pytest.approx(with_pairs)


@given(chosen)
def test_for_single_labels_both_countings_are_scikit_learns(choices):
    first, second = zip(*choices, strict=True)
    table = contingency(one_hot(first, 5), one_hot(second, 4))
    used = table[table.any(axis=1)][:, table.any(axis=0)]
    assert np.array_equal(used, metrics.cluster.contingency_matrix(first, second))
    assert np.array_equal(table, contingency(one_hot(first, 5), one_hot(second, 4), weigh_documents=True))


def test_counts_do_not_overflow_the_type_of_the_labels():
    ones = np.ones((70_000, 2), dtype=np.uint8)
    assert contingency(ones, ones).tolist() == [[70_000, 70_000]] * 2
    assert contingency(ones.astype(bool), ones).sum() == 280_000


# Entropies, mutual information, NMI


@given(counts.filter(np.any))
def test_entropy_is_the_definition_in_bits(table):
    for found in (table, table.sum(axis=0)):
        shares = [share for share in (found / found.sum()).ravel() if share > 0]
        assert entropy(found) == pytest.approx(-sum(share * math.log2(share) for share in shares), abs=1e-9)


@given(counts.filter(np.any))
def test_mutual_information_is_scikit_learns_in_bits_and_the_difference_of_entropies(table):
    found = mutual_information(table)
    nats = metrics.mutual_info_score(None, None, contingency=table)
    assert found == pytest.approx(nats / math.log(2), abs=1e-9)
    apart = entropy(table.sum(axis=1)) + entropy(table.sum(axis=0))
    assert found == pytest.approx(apart - entropy(table), abs=1e-9)


@given(chosen.filter(lambda choices: any(len(set(side)) > 1 for side in zip(*choices, strict=True))))
def test_nmi_max_is_scikit_learns(choices):
    first, second = zip(*choices, strict=True)
    found = nmi_max(contingency(one_hot(first, 5), one_hot(second, 4)))
    expected = metrics.normalized_mutual_info_score(first, second, average_method="max")
    assert found == pytest.approx(expected, abs=1e-9)


@given(several)
def test_nmi_joint_divides_by_the_joint_entropy(table):
    nats = metrics.mutual_info_score(None, None, contingency=table)
    assert nmi_joint(table) == pytest.approx(nats / stats.entropy(table.ravel()), abs=1e-9)


@given(several)
def test_nmi_are_symmetric_and_in_bounds_and_nmi_joint_is_the_smaller(table):
    assert nmi_joint(table) == pytest.approx(nmi_joint(table.T), abs=1e-12)
    assert nmi_max(table) == pytest.approx(nmi_max(table.T), abs=1e-12)
    assert 0 <= nmi_joint(table) <= nmi_max(table) + 1e-12
    assert nmi_max(table) <= 1


@given(several, st.integers(2, 1000))
def test_nmi_does_not_depend_on_the_scale_of_the_counts(table, times):
    assert nmi_joint(table * times) == pytest.approx(nmi_joint(table), abs=1e-9)


weights = st.lists(st.integers(1, 50), min_size=1, max_size=5)


@given(weights, weights.filter(lambda each: len(each) > 1))
def test_independent_tasks_share_nothing(first, second):
    table = np.outer(first, second)
    assert mutual_information(table) == pytest.approx(0, abs=1e-12)
    assert (nmi_joint(table), nmi_max(table)) == pytest.approx((0, 0), abs=1e-12)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40).filter(lambda each: len(set(each)) > 1), st.randoms())
def test_a_single_label_task_shares_all_with_itself_whatever_its_labels_are_called(choices, random):
    renamed = random.sample(range(5), 5)
    table = contingency(one_hot(choices, 5), one_hot([renamed[each] for each in choices], 5))
    assert (nmi_joint(table), nmi_max(table)) == pytest.approx((1, 1))


def test_rounding_stays_within_the_bounds():
    outer = [np.outer(first, second) for first in ([5, 8], [3, 7], [2, 9]) for second in ([3, 7, 6], [1, 5, 7], [4, 9])]
    assert min(mutual_information(table) for table in outer) >= 0  # -4e-17 for [5, 8] and [3, 7, 6]
    same = [np.diag([first, second]) for first in range(1, 9) for second in range(1, 9)]
    assert max(measure(table) for table in same for measure in (nmi_joint, nmi_max)) <= 1  # 1 + 2e-16 for 3 and 8


def test_equation_7_by_hand():
    table = np.array([[4, 0], [2, 2]])  # c = 8; rows 4, 4; columns 6, 2
    shared = (
        4 / 8 * math.log2(4 * 8 / (4 * 6)) + 2 / 8 * math.log2(2 * 8 / (4 * 6)) + 2 / 8 * math.log2(2 * 8 / (4 * 2))
    )
    joint = -(4 / 8 * math.log2(4 / 8) + 2 * (2 / 8 * math.log2(2 / 8)))
    assert compute_measures(table) == pytest.approx(
        {
            "entropy": 1,
            "auxiliary_entropy": -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)),
            "joint_entropy": joint,
            "mutual_information": shared,
            "nmi_joint": shared / joint,
            "nmi_max": shared / 1,
        }
    )


def test_groups_of_single_labels_share_the_whole_entropy_of_the_groups():
    labels = one_hot(np.random.default_rng(0).integers(0, 28, 500), 28)
    found = compute_measures(contingency(labels, GOEMOTIONS.to_groups(labels, "ekman")))
    assert found["mutual_information"] == pytest.approx(found["auxiliary_entropy"])
    assert found["joint_entropy"] == pytest.approx(found["entropy"])


# Shuffles


def test_shuffles_of_single_labels_have_the_expected_mutual_information():
    random = np.random.default_rng(1)
    first, second = random.integers(0, 4, 300), random.integers(0, 3, 300)
    table = contingency(one_hot(first, 4), one_hot(second, 3))
    chance = expected_mutual_information(table.astype(np.int64), 300) / math.log(2)
    found = estimate_chance_nmi(one_hot(first, 4), one_hot(second, 3), shuffles=400)["nmi_max"]
    biggest = max(entropy(table.sum(axis=0)), entropy(table.sum(axis=1)))  # shuffles keep it
    assert found["mean"] * biggest == pytest.approx(chance, rel=0.1)
    assert 0 <= found["low"] < found["mean"] < found["high"] < 0.1


def test_shuffles_depend_on_the_seed_only_and_do_not_change_the_labels():
    random = np.random.default_rng(2)
    first, second = random.integers(0, 2, (40, 3)), random.integers(0, 2, (40, 2))
    before = second.copy()
    assert estimate_chance_nmi(first, second, 5, seed=1) == estimate_chance_nmi(first, second, 5, seed=1)
    assert estimate_chance_nmi(first, second, 5, seed=1) != estimate_chance_nmi(first, second, 5, seed=2)
    assert np.array_equal(second, before)
    once = estimate_chance_nmi(first, second, 1)["nmi_joint"]
    assert once["low"] == once["mean"] == once["high"]


# Errors


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.ones((3, 2)), np.ones((2, 2)), "same documents, got 3 documents and 2"),
        (np.ones((0, 2)), np.ones((0, 2)), r"at least one of each, got \(0, 2\)"),
        (np.ones((2, 0)), np.ones((2, 1)), r"at least one of each, got \(2, 0\)"),
        (np.ones((2, 1)), np.ones(2), r"auxiliary labels must be of shape .* got \(2,\)"),
        (np.array([[2, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got 2"),
        (np.array([[0.3, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got 0.3"),
        (np.array([[np.nan, 1]]), np.ones((1, 2)), "labels must be 0 or 1, got nan"),
        (np.array([[1], [0]]), np.array([[0], [1]]), "no document of 2 has a label in both sets"),
    ],
)
def test_label_sets_that_do_not_fit_are_errors(first, second, message):
    for weigh in (False, True):
        with pytest.raises(EmograinError, match=message):
            contingency(first, second, weigh)


@pytest.mark.parametrize(
    "table", [np.zeros((2, 2)), np.array([[1, -1]]), np.array([[np.inf, 1]]), np.array([[np.nan]])]
)
def test_invalid_counts_are_errors(table):
    for measure in (entropy, mutual_information, nmi_joint, nmi_max, compute_measures):
        with pytest.raises(EmograinError, match="counts must be finite, at least 0"):
            measure(table)


def test_nmi_is_undefined_for_one_label_against_one_and_0_for_one_against_several():
    for undefined in (nmi_joint, nmi_max, compute_measures):
        with pytest.raises(EmograinError, match="undefined.*only one label.*entropy is 0"):
            undefined(np.array([[0, 7], [0, 0]]))
    assert (nmi_joint(np.array([[3, 4]])), nmi_max(np.array([[3, 4]]))) == (0, 0)
