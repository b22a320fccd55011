"""Verdicts on claims follow the intervals, and a failure to find a difference is not taken for its absence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from emograin.evaluation.significance import Difference, summarize
from emograin.reproduction.verdicts import (
    MARGIN,
    NO,
    NOT_SHOWN,
    YES,
    all_higher,
    all_lower,
    at_most,
    higher,
    lower,
    none_better,
    not_higher,
    over_seeds,
)


def normal(mean: float, error: float, seeds: int = 3) -> Difference:
    """The summary of a normal distribution of resamples, by its quantiles, and of runs that agree."""
    uniform = (np.arange(4000) + 0.5) / 4000
    return summarize(mean, norm.ppf(uniform, mean, error), 0, [np.full(seeds, mean)])


@pytest.mark.parametrize(
    ("mean", "error", "more", "no_more", "less"),
    [
        (0.02, 0.005, YES, NO, NO),
        (0.01, 0.01, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN),
        (0.0, 0.01, NOT_SHOWN, NOT_SHOWN, NOT_SHOWN),  # wide: neither a gain nor its absence
        (0.0, 0.002, NO, YES, NO),  # narrow: there is none
        (-0.01, 0.004, NO, YES, YES),
        (0.003, 0.001, YES, NO, NO),  # small, but there
    ],
)
def test_verdicts_follow_the_interval(mean, error, more, no_more, less):
    difference = normal(mean, error)
    assert (higher(difference), not_higher(difference), lower(difference)) == (more, no_more, less)


@pytest.mark.parametrize(("mean", "error", "expected"), [(0.09, 0.01, YES), (0.05, 0.02, NOT_SHOWN), (0.05, 0.002, NO)])
def test_a_bound_is_exceeded_or_not(mean, error, expected):
    assert higher(normal(mean, error), 0.06) == expected


@given(st.floats(-0.05, 0.05), st.floats(0.0005, 0.02))
def test_the_verdicts_of_opposite_claims_are_mirrored(mean, error):
    difference, mirrored = normal(mean, error), normal(-mean, error)
    assert higher(difference) == lower(mirrored)
    opposite = {YES: NO, NO: YES, NOT_SHOWN: NOT_SHOWN}
    assert not_higher(difference) == opposite[higher(difference)]


def test_equivalence_is_shown_at_five_percent():
    """A true difference of the margin is called none in 5 % of the samples: the level of a one-sided test."""
    found = np.random.default_rng(0).normal(MARGIN, 0.004, 1000)
    assert np.mean([not_higher(normal(mean, 0.004)) == YES for mean in found]) == pytest.approx(0.05, abs=0.02)
    near = np.random.default_rng(0).normal(0, 0.001, 100)
    assert np.mean([not_higher(normal(mean, 0.001)) == YES for mean in near]) > 0.9


def test_nothing_is_shown_by_fewer_than_three_seeds():
    clear = normal(0.05, 0.001, seeds=2)
    assert {higher(clear), lower(clear), not_higher(clear), at_most(clear, 0.5)} == {NOT_SHOWN}
    assert {all_higher([clear]), all_lower([clear]), none_better([clear])} == {NOT_SHOWN}


def test_a_small_claimed_effect_has_a_small_margin():
    difference = normal(0.0, 0.002)  # below 0.0033, one-sided
    assert higher(difference) == NO
    assert higher(difference, margin=0.002) == NOT_SHOWN


@pytest.mark.parametrize(("mean", "error", "expected"), [(0.3, 0.01, YES), (0.32, 0.02, NOT_SHOWN), (0.36, 0.01, NO)])
def test_a_value_is_at_most_a_bound(mean, error, expected):
    assert at_most(normal(mean, error), 1 / 3) == expected


def test_all_higher_needs_every_one():
    assert all_higher([normal(0.1, 0.01), normal(0.02, 0.005)]) == YES
    assert all_higher([normal(0.1, 0.01), normal(0.005, 0.005)]) == NOT_SHOWN
    assert all_higher([normal(0.1, 0.01), normal(-0.02, 0.005)]) == NO


def test_all_lower_needs_every_one():
    assert all_lower([normal(-0.1, 0.01), normal(-0.02, 0.005)]) == YES
    assert all_lower([normal(-0.1, 0.01), normal(-0.005, 0.005)]) == NOT_SHOWN
    assert all_lower([normal(-0.1, 0.01), normal(0.0, 0.001)]) == NO


def test_the_best_choice_is_not_beaten():
    clear, equal, unclear, worse = normal(0.02, 0.004), normal(0.0, 0.001), normal(0.0, 0.01), normal(-0.02, 0.004)
    assert none_better([clear, equal]) == YES  # as good as another one, which is not better by the margin
    assert none_better([clear, unclear]) == NOT_SHOWN  # another one may be better
    assert none_better([clear, worse]) == NO
    lucky = [normal(0.0, 0.01), normal(-0.0205, 0.01), *[normal(0.0, 0.01)] * 20]  # one of many at p = 0.04
    assert none_better(lucky) == NOT_SHOWN


def test_values_of_seeds_have_students_interval():
    found = over_seeds([0.1, 0.2, 0.3])
    assert found.difference == pytest.approx(0.2)
    assert found.high - found.low == pytest.approx(2 * 4.303 * 0.1 / np.sqrt(3), rel=0.1)
    assert higher(found, margin=0) == NOT_SHOWN
    assert higher(over_seeds([0.1, 0.11, 0.12]), margin=0) == YES
    assert higher(over_seeds([-0.1, -0.11, -0.12]), margin=0) == NO
    assert higher(over_seeds([0.1]), margin=0) == NOT_SHOWN
