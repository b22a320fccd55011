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
    all_lower,
    best,
    higher,
    in_every_seed,
    lower,
    not_higher,
)


def normal(mean: float, error: float) -> Difference:
    """The summary of a normal distribution of resamples, by its quantiles."""
    uniform = (np.arange(4000) + 0.5) / 4000
    return summarize(mean, norm.ppf(uniform, mean, error), 0)


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
    found = np.random.default_rng(0).normal(MARGIN, 0.001, 400)
    called = [not_higher(normal(mean, 0.001)) == YES or normal(mean, 0.001).high_90 < MARGIN for mean in found]
    assert np.mean(called) == pytest.approx(0.05, abs=0.03)


def test_all_lower_needs_every_one():
    assert all_lower([normal(-0.1, 0.01), normal(-0.02, 0.005)]) == YES
    assert all_lower([normal(-0.1, 0.01), normal(-0.005, 0.005)]) == NOT_SHOWN
    assert all_lower([normal(-0.1, 0.01), normal(0.0, 0.001)]) == NO


def test_the_best_choice_is_better_than_none_and_not_beaten():
    clear, equal, unclear, worse = normal(0.02, 0.004), normal(0.0, 0.001), normal(0.0, 0.01), normal(-0.02, 0.004)
    assert best([clear, equal], clear) == YES
    assert best([clear, unclear], clear) == NOT_SHOWN  # another one may be better
    assert best([clear, worse], clear) == NO
    assert best([clear, equal], equal) == NO  # as good as none
    assert best([clear, equal], unclear) == NOT_SHOWN
    lucky = [normal(0.0, 0.01), normal(-0.0205, 0.01), *[normal(0.0, 0.01)] * 20]  # one of many at p = 0.04
    assert best(lucky, clear) == NOT_SHOWN


def test_curves_need_three_seeds_that_agree():
    assert in_every_seed([True] * 3) == YES
    assert in_every_seed([False] * 3) == NO
    assert in_every_seed([True, True, False]) == in_every_seed([True, True]) == NOT_SHOWN
