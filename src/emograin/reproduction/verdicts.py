"""Verdicts on claims about differences, by intervals: yes, no, or not shown.

A claim of a difference holds if the 95 % interval lies beyond its bound. That there is no such difference is shown by
a one-sided test at 5 % that it is smaller than `MARGIN` (one of the two of an equivalence test, Schuirmann 1987), not
by a failure to find one.
"""

from collections.abc import Sequence

import numpy as np

from ..evaluation.significance import Difference, holm

YES, NO, NOT_SHOWN = "yes", "no", "not shown"
MARGIN = 0.005  # of macro F1; the smallest gain of mixing that the paper counts as one is 0.007
LEVEL = 0.05


def higher(difference: Difference, bound: float = 0.0) -> str:
    """Judge the claim that a difference exceeds a bound: no, if it is below the bound, or `MARGIN` where that is 0.

    >>> higher(Difference(0.03, 0.01, 0.05, 0.01, 0.01, 100, 0, 0.013, 0.047))
    'yes'
    >>> higher(Difference(0.001, -0.002, 0.004, 0.5, 0.001, 100, 0, -0.001, 0.003))
    'no'
    """
    return YES if difference.low > bound else NO if difference.high_90 < max(bound, MARGIN) else NOT_SHOWN


def beyond_zero(low: float, high: float) -> str:
    """Judge the claim that a value is above 0 by its 95 % interval: no, if it is below 0."""
    return YES if low > 0 else NO if high < 0 else NOT_SHOWN


def lower(difference: Difference) -> str:
    """Judge the claim that a difference is below 0: no, if it is above `-MARGIN`."""
    return YES if difference.high < 0 else NO if difference.low_90 > -MARGIN else NOT_SHOWN


def not_higher(difference: Difference) -> str:
    """Judge the claim that a difference is no improvement: yes, if it is below `MARGIN`; no, if it is above 0."""
    return NO if difference.low > 0 else YES if difference.high_90 < MARGIN else NOT_SHOWN


def all_lower(differences: Sequence[Difference]) -> str:
    """Judge the claim that all differences are below 0: yes, if each one is (an intersection-union test).

    No, if the last one, which is closest to the bound of the claim, is above `-MARGIN`.
    """
    return YES if all(each.high < 0 for each in differences) else NO if lower(differences[-1]) == NO else NOT_SHOWN


def best(to_others: Sequence[Difference], to_none: Difference) -> str:
    """Judge the claim that a choice is the best one, and better than none.

    Args:
        to_others: The choice minus each other one.
        to_none: The choice minus none.

    Returns:
        Yes, if it is better than none and no other choice is better by `MARGIN` or more; no, if another one is better
        (corrected by Holm), or the choice is not better than none by `MARGIN`; else not shown.
    """
    beaten = [each.p_value if each.difference < 0 else 1.0 for each in to_others]
    if (np.asarray(holm(beaten)) < LEVEL).any() or higher(to_none) == NO:
        return NO
    return YES if higher(to_none) == YES and all(each.low_90 > -MARGIN for each in to_others) else NOT_SHOWN


def in_every_seed(holds: Sequence[bool]) -> str:
    """Judge a claim without an interval by its seeds: yes or no if all agree, and there are three or more.

    >>> in_every_seed([True, True, True]), in_every_seed([False, False, True]), in_every_seed([True])
    ('yes', 'not shown', 'not shown')
    """
    if len(holds) < 3 or len(set(holds)) > 1:
        return NOT_SHOWN
    return YES if holds[0] else NO
