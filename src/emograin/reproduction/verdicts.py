"""Verdicts on claims about differences, by intervals: yes, no, or not shown.

A claim of a difference holds if the 95 % interval lies beyond its bound. A claimed difference does not hold if a
one-sided test at 5 % shows that it is smaller than a margin (one of the two of an equivalence test, Schuirmann 1987); a
failure to find a difference does not show this. With fewer than `MIN_SEEDS` runs per system nothing is shown: the
interval lacks the spread between trainings.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ..evaluation.significance import Difference, holm, summarize

YES, NO, NOT_SHOWN = "yes", "no", "not shown"
MARGIN = 0.005  # of macro F1; the smallest gain of mixing that the paper counts as one is 0.007
LEVEL = 0.05
MIN_SEEDS = 3
RESAMPLES = 10_000


def margin_of(effect: float) -> float:
    """Return the margin below which a claimed effect counts as none: `MARGIN`, or half of the effect if it is smaller.

    >>> margin_of(0.046), margin_of(-0.004)
    (0.005, 0.002)
    """
    return min(MARGIN, abs(effect) / 2)


def higher(difference: Difference, bound: float = 0.0, margin: float = MARGIN) -> str:
    """Judge the claim that a difference exceeds a bound: no, if it is below the bound, or the margin where that is 0.

    >>> higher(Difference(0.03, 0.01, 0.05, 0.01, 0.01, 100, 0, 0.013, 0.047, seeds=3))
    'yes'
    >>> higher(Difference(0.001, -0.002, 0.004, 0.5, 0.001, 100, 0, -0.001, 0.003, seeds=3))
    'no'
    >>> higher(Difference(0.03, 0.01, 0.05, 0.01, 0.01, 100, 0, 0.013, 0.047, seeds=1))
    'not shown'
    """
    if difference.seeds < MIN_SEEDS:
        return NOT_SHOWN
    return YES if difference.low > bound else NO if difference.high_90 < (bound or margin) else NOT_SHOWN


def lower(difference: Difference, margin: float = MARGIN) -> str:
    """Judge the claim that a difference is below 0: no, if it is above minus the margin."""
    if difference.seeds < MIN_SEEDS:
        return NOT_SHOWN
    return YES if difference.high < 0 else NO if difference.low_90 > -margin else NOT_SHOWN


def not_higher(difference: Difference, margin: float = MARGIN) -> str:
    """Judge the claim that a difference is no improvement: yes, if it is below the margin; no, if it is above 0."""
    if difference.seeds < MIN_SEEDS:
        return NOT_SHOWN
    return NO if difference.low > 0 else YES if difference.high_90 < margin else NOT_SHOWN


def at_most(difference: Difference, bound: float) -> str:
    """Judge the claim that a value is at most a bound: yes, if its interval is; no, if it is above it, one-sided."""
    if difference.seeds < MIN_SEEDS:
        return NOT_SHOWN
    return YES if difference.high <= bound else NO if difference.low_90 > bound else NOT_SHOWN


def confirmed(verdict: str, difference_shown: str, randomised: Callable[[], float | None]) -> str:
    """Require that approximate randomisation shows a difference, too: with rare labels, intervals are too narrow.

    Args:
        verdict: Verdict by the interval.
        difference_shown: The verdict that says that there is a difference; others are returned as they are.
        randomised: Returns the p value of the randomisation, or None without common seeds.

    >>> confirmed(YES, YES, lambda: 0.2), confirmed(YES, YES, lambda: 0.01), confirmed(NO, YES, lambda: 0.2)
    ('not shown', 'yes', 'no')
    """
    if verdict != difference_shown:
        return verdict
    p_value = randomised()
    return verdict if p_value is None or p_value < LEVEL else NOT_SHOWN


def all_higher(differences: Sequence[Difference]) -> str:
    """Judge the claim that all differences are above 0: yes, if each one is (an intersection-union test).

    No, if one is below 0, corrected by Holm.
    """
    if min(each.seeds for each in differences) < MIN_SEEDS:
        return NOT_SHOWN
    return YES if all(each.low > 0 for each in differences) else NO if _any_below(differences) else NOT_SHOWN


def all_lower(differences: Sequence[Difference]) -> str:
    """Judge the claim that all differences are below 0: yes, if each one is (an intersection-union test).

    No, if the last one, which is closest to the bound of the claim, is above `-MARGIN`.
    """
    if min(each.seeds for each in differences) < MIN_SEEDS:
        return NOT_SHOWN
    return YES if all(each.high < 0 for each in differences) else NO if lower(differences[-1]) == NO else NOT_SHOWN


def none_better(to_others: Sequence[Difference]) -> str:
    """Judge the claim that a choice is the best one.

    Args:
        to_others: The choice minus each other one.

    Returns:
        Yes, if no other choice is better by `MARGIN` or more; no, if another one is better (corrected by Holm); else
        not shown.
    """
    if min(each.seeds for each in to_others) < MIN_SEEDS:
        return NOT_SHOWN
    return NO if _any_below(to_others) else YES if all(each.low_90 > -MARGIN for each in to_others) else NOT_SHOWN


def over_seeds(values: Sequence[float], errors: Sequence[float] = (0.0,), seed: int = 0) -> Difference:
    """Summarize values of runs without resamples of documents, such as steps of a curve: over seeds and their errors.

    Args:
        values: One value per run.
        errors: Standard error of each value over documents, the same documents for all runs: the mean value has their
            mean, as if they were fully correlated.
        seed: Seed of the resampling.

    >>> over_seeds([0.1, 0.2, 0.3]).seeds
    3
    """
    sample = np.asarray(values, dtype=float)
    over_documents = np.random.default_rng([seed, 2]).normal(sample.mean(), np.mean(errors), RESAMPLES)
    return summarize(float(sample.mean()), over_documents, seed, [sample])


def _any_below(differences: Sequence[Difference]) -> bool:
    """Return whether one of several differences is below 0, corrected by Holm."""
    p_values = [each.p_value if each.difference < 0 else 1.0 for each in differences]
    return bool((np.asarray(holm(p_values)) < LEVEL).any())
