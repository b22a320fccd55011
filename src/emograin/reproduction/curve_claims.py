"""Claims about macro F1 over training (§5.2, Fig. 5), on dev: each seed's curve and the baseline's of that seed."""

from collections.abc import Callable, Iterator, Sequence

from .evidence import Claim, Curve, Evidence, show_interval
from .verdicts import MARGIN, at_most, higher, over_seeds

THIRD = 1 / 3
PAPER = "8,000 of 26,000"  # steps to label embeddings' best, and to the baseline's
Points = Sequence[tuple[float, float]]  # step, macro F1


def check_curves(evidence: Evidence) -> Iterator[Claim]:
    """Check how fast label embeddings learn.

    "One-third of the time to reach a better performance" can be measured in more than one way, and the verdict depends
    on it. The best of many evaluations is often a late one, by chance; coming within a margin of it is steadier.
    """
    curves, baselines = (evidence.curves.get(name, {}) for name in ("label-embeds-10", "baseline-10"))
    pairs = [(_points(curves[seed]), _points(baselines[seed])) for seed in sorted(set(curves) & set(baselines))]
    if not pairs:
        return
    measures: tuple[tuple[str, Callable[[Points, Points], float], bool], ...] = (
        ("label embeddings reach the baseline's best in a third of its steps", _to_baselines_best, True),
        ("label embeddings reach their own best in a third of the steps to the baseline's", _to_own_best, True),
        (f"label embeddings come within {MARGIN} of the baseline's best in a third of its steps", _to_margin, False),
    )
    for words, measure, in_paper in measures:
        shares = [measure(*pair) for pair in pairs]
        share = over_seeds(shares)
        yield Claim(
            "5.2",
            f"{words} (dev)",
            PAPER if in_paper else "",
            " ".join(f"{each:.2f}" for each in shares),
            show_interval(share, ".2f") if len(shares) > 1 else "",
            at_most(share, THIRD),
            in_paper=in_paper,
        )
    leads = [lead for pair in pairs for lead in _first_leads(*pair)]
    if leads:
        lead = over_seeds(leads)
        yield Claim(
            "5.2",
            "label embeddings are ahead at the first evaluation (dev)",
            "yes (Fig. 5)",
            " ".join(f"{each:+.3f}" for each in leads),
            show_interval(lead) if len(leads) > 1 else "",
            higher(lead, margin=0),
        )


def _to_baselines_best(ours: Points, base: Points) -> float:
    """Return our steps to the baseline's best value, as a share of the baseline's."""
    best = _best(base)
    return _first_step(ours, best) / _first_step(base, best)


def _to_own_best(ours: Points, base: Points) -> float:
    """Return our steps to our best value, as a share of the baseline's to its own."""
    return _first_step(ours, _best(ours)) / _first_step(base, _best(base))


def _to_margin(ours: Points, base: Points) -> float:
    """Return our steps to a value near the baseline's best, as a share of the baseline's to that value."""
    goal = _best(base) - MARGIN
    return _first_step(ours, goal) / _first_step(base, goal)


def _first_leads(ours: Points, base: Points) -> list[float]:
    """Return our lead at the baseline's first evaluation; none if ours was evaluated later only."""
    first, value = base[0]
    before = [of_step for step, of_step in ours if step <= 1.01 * first]  # steps between evaluations may be rounded
    return [before[-1] - value] if before else []


def _points(curve: Curve) -> Points:
    return [(row["step"] or 0, row["macro_f1_fixed"] or 0) for row in curve]


def _best(curve: Points) -> float:
    return max(value for _, value in curve)


def _first_step(curve: Points, goal: float) -> float:
    """Return the first step whose value reaches the goal; the step after the last evaluation if none does."""
    return next((step for step, value in curve if value >= goal), curve[-1][0] + 1)
