"""The claims of the paper's §4 and §5 beside our measurements, and whether they hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist, mean
from typing import Any

from ..evaluation.comparison import Comparison
from ..evaluation.significance import Difference
from ..mixing.config import PAPER_MIXING_WEIGHT
from .candidate_names import name_in_claim
from .experiment import paper_values
from .verdicts import (
    MARGIN,
    MIN_SEEDS,
    NO,
    NOT_SHOWN,
    YES,
    about,
    all_higher,
    all_lower,
    best,
    higher,
    lower,
    margin_of,
    not_higher,
    over_seeds,
)

RAREST = ("grief", "pride", "relief")  # §5.2
TABLE, FIGURES, SIMILARITY = "emograin reproduce table-2", "emograin reproduce figures", "emograin similarity"
SWEEP = "emograin mix RUN --candidates NAME --sweep"
TOO_LOW = 0.85  # weights below it are worse than no mixing (§4.4)
NORMAL_97_5 = NormalDist().inv_cdf(0.975)
HEADLINE = 0.14  # relative gain of label embeddings (abstract)


@dataclass(frozen=True)
class Claim:
    """A claim of the paper beside our measurement.

    Attributes:
        section: Section of the paper.
        claim: The claim in words.
        paper: The paper's value.
        ours: Our value.
        interval: 95 % interval of our value; empty without one.
        holds: yes, no, or not shown, see `verdicts`.
        command: Command that reproduces our value.
    """

    section: str
    claim: str
    paper: str
    ours: str
    interval: str
    holds: str
    command: str = TABLE


Curve = Sequence[Mapping[str, float | None]]


@dataclass(frozen=True)
class Evidence:
    """The results that claims are checked against.

    Attributes:
        comparison: The archived rows of Table 2.
        curves: Row -> seed -> `curve.csv` of its run.
        weights: Row -> its mixing weights on dev, compared over its seeds.
        similarity: Table 3, or None.
        attention: Row -> attention to and from the slots of each run, see `analysis.attention_flow`, if archived.
        titles: Row -> its title, for the rows that claims name.
        mixings: Row -> `mixing` of its results, for the rows with mixing.
    """

    comparison: Comparison[str]
    curves: Mapping[str, Mapping[int, Curve]]
    weights: Mapping[str, Comparison[float]]
    similarity: Mapping[str, Any] | None
    attention: Mapping[str, Sequence[Mapping[str, Any]]]
    titles: Mapping[str, str]
    mixings: Mapping[str, Mapping[str, Any]]


def check_claims(evidence: Evidence) -> list[Claim]:
    """Check every claim whose results exist, in the order of the paper's sections."""
    checks = (_check_headline, _check_rows, _check_best, _check_rare, _check_similarity, _check_convergence)
    claims = [claim for check in (*checks, _check_attention, _check_weights) for claim in check(evidence)]
    return sorted(claims, key=lambda claim: claim.section)


# Claims about two rows of Table 2: section, claim, row, the row it is compared with, the verdict.
PAIRS: tuple[tuple[str, str, str, str, Callable[..., str]], ...] = (
    ("4", "the baseline gains from ten epochs instead of four", "baseline-10", "baseline-4", higher),
    ("5.1", "the auxiliary task ekman improves the baseline", "aux-ekman", "baseline-10", higher),
    ("5.1", "the auxiliary task sentiment improves the baseline", "aux-senti", "baseline-10", higher),
    ("5.1", "sentiment improves it more than ekman", "aux-senti", "aux-ekman", higher),
    ("5.2", "label embeddings beat the baseline, 4 epochs", "label-embeds-4", "baseline-4", higher),
    ("5.2", "... by more than 0.06", "label-embeds-4", "baseline-4", partial(higher, bound=0.06)),
    ("5.2", "label embeddings beat the baseline, 10 epochs", "label-embeds-10", "baseline-10", higher),
    ("5.2", "... by more than 0.03", "label-embeds-10", "baseline-10", partial(higher, bound=0.03)),
    ("5.3", "mixing with training sentences does not help, 4 epochs", "mix-train-4", "baseline-4", not_higher),
    ("5.3", "mixing with training sentences does not help, 10 epochs", "mix-train-10", "baseline-10", not_higher),
    ("5.3", "mixing with paraphrases helps, 4 epochs", "mix-t5-4", "baseline-4", higher),
    ("5.3", "mixing with paraphrases helps, 10 epochs", "mix-t5-10", "baseline-10", higher),
    ("5.4", "label embeddings improve on the auxiliary task", "label-embeds-aux", "aux-senti", higher),
    ("5.4", "label embeddings improve on paraphrase mixing", "mix-t5-label-embeds", "mix-t5-10", higher),
    ("5.4", "an auxiliary task does not help label embeddings", "label-embeds-aux", "label-embeds-10", not_higher),
    ("5.4", "paraphrase mixing does not help label embeddings", "mix-t5-label-embeds", "label-embeds-10", not_higher),
    ("5.4", "paraphrase mixing harms the auxiliary task's model", "mix-t5-aux", "aux-senti", lower),
)


def _check_headline(evidence: Evidence) -> Iterator[Claim]:
    """Check the relative gain of label embeddings in the paper's abstract."""
    pair = "label-embeds-4", "baseline-4"
    if set(pair) <= set(evidence.comparison.systems):
        gain = evidence.comparison.relative_difference(*pair)
        papers = paper_values()
        yield Claim(
            "1",
            f"label embeddings improve macro F1 by {HEADLINE:.0%}, relative to the baseline, 4 epochs",
            f"{papers[pair[0]] / papers[pair[1]] - 1:+.1%}",
            f"{gain.difference:+.1%}",
            f"{gain.low:+.1%} to {gain.high:+.1%}",
            about(gain, HEADLINE),
        )


def _check_rows(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about two rows of Table 2."""
    comparison, papers = evidence.comparison, paper_values()
    for section, claim, later, earlier, judge in PAIRS:
        if {later, earlier} <= set(comparison.systems):
            difference, effect = comparison.difference(later, earlier), papers[later] - papers[earlier]
            words = name_in_claim(claim, evidence.mixings[later]) if "paraphrase" in claim else claim
            verdict = judge(difference) if judge is not_higher else judge(difference, margin=margin_of(effect))
            yield Claim(
                section, words, f"{effect:+.3f}", f"{difference.difference:+.3f}", _interval(difference), verdict
            )


def _check_best(evidence: Evidence) -> Iterator[Claim]:
    """Compare label embeddings with each of the other rows of the paper's table (§5.2)."""
    comparison = evidence.comparison
    own = [name for name in ("label-embeds-10", "label-embeds-4") if name in comparison.systems]
    others = [name for name in paper_values() if name not in own]
    if not own or not set(others) <= set(comparison.systems):  # the strongest rival may be missing
        return
    first = max(own, key=comparison.macro_f1)
    differences = [comparison.difference(first, other) for other in others]
    least = min(differences, key=lambda each: each.difference)
    yield Claim(
        "5.2",
        "label embeddings alone have the best macro F1 of all rows",
        "+0.007 to label-embeds-aux",
        f"{least.difference:+.3f} to {evidence.titles[others[differences.index(least)]]}",
        _interval(least),
        all_higher(differences),
    )


def _check_rare(evidence: Evidence) -> Iterator[Claim]:
    """Compare the gain of the rarest labels with that of the others (§5.2)."""
    comparison = evidence.comparison
    for epochs in (4, 10):
        pair = f"label-embeds-{epochs}", f"baseline-{epochs}"
        rare = [label for label in RAREST if label in comparison.labels]
        if rare and set(pair) <= set(comparison.systems):
            difference = comparison.difference_in_gain(*pair, rare)
            yield Claim(
                "5.2",
                f"{', '.join(rare)} gain more from label embeddings than the other labels, {epochs} epochs",
                "yes (Fig. 3)",
                f"{difference.difference:+.3f}",
                _interval(difference),
                higher(difference),
            )


def _check_similarity(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about Table 3 (§5.1)."""
    if evidence.similarity is None:
        return
    rows = {(row["auxiliary"], row["split"]): row for row in evidence.similarity["table_3"]}
    both = [(rows.get((name, "train")), name) for name in ("sentiment", "ekman")]
    if any(row is None for row, _ in both):
        return
    joint = {name: row["aligned"]["nmi_joint"] for row, name in both if row}
    chance = max(row["shuffled"]["nmi_joint"]["high"] for row, _ in both if row)
    ours = ", ".join(f"{name} {value:.3f}" for name, value in joint.items())
    yield Claim(
        "5.1",
        "both auxiliary tasks have a positive NMI_joint (train): more than shuffled labels",
        "3e-17, 2e-05",
        f"{ours}; shuffled: {chance:.4f} at most",
        "",
        YES if min(joint.values()) > chance else NO,
        SIMILARITY,
    )
    above = YES if joint["ekman"] > joint["sentiment"] else NO
    yield Claim(
        "5.1", "ekman is more similar to the main task than sentiment", "2e-05 > 3e-17", ours, "", above, SIMILARITY
    )


def _check_convergence(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about Figure 5 (§5.2) on dev: each seed's curve beside the baseline's of that seed."""
    curves, baselines = (evidence.curves.get(name, {}) for name in ("label-embeds-10", "baseline-10"))
    seeds = sorted(set(curves) & set(baselines))
    if not seeds:
        return
    shares, leads = [], []
    for seed in seeds:
        ours, base = (
            [(row["step"] or 0, row["macro_f1_fixed"] or 0) for row in each[seed]] for each in (curves, baselines)
        )
        # The best of many evaluations is often the last one, by chance: within the margin of it is reached earlier.
        goal = max(value for _, value in base) - MARGIN
        base_step = _first_step(base, goal)
        shares.append(_first_step(ours, goal) / base_step)
        first, value = base[0]
        before = [of_step for step, of_step in ours if step <= 1.01 * first]  # steps between evaluations may be rounded
        leads.extend([before[-1] - value] if before else [])
    share = over_seeds(shares)
    yield Claim(
        "5.2",
        f"label embeddings come within {MARGIN} of the baseline's best in a third of the steps that it takes (dev)",
        "8,000 of 26,000, to their own best",
        " ".join(f"{each:.2f}" for each in shares),
        _seed_interval(share, ".2f"),
        NOT_SHOWN
        if len(shares) < MIN_SEEDS
        else YES
        if share.high <= 1 / 3
        else NO
        if share.low > 1 / 3
        else NOT_SHOWN,
    )
    if leads:
        lead = over_seeds(leads)
        yield Claim(
            "5.2",
            "label embeddings are ahead at the first evaluation (dev)",
            "yes (Fig. 5)",
            " ".join(f"{each:+.3f}" for each in leads),
            _seed_interval(lead, "+.3f"),
            higher(lead, margin=0),
        )


def _first_step(curve: Sequence[tuple[float, float]], goal: float) -> float:
    """Return the first step whose value reaches the goal; the step after the last evaluation if none does."""
    return next((step for step, value in curve if value >= goal), curve[-1][0] + 1)


def _check_attention(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about Figures 6 to 8 (§5.2), over all test texts instead of the paper's one."""
    if flows := evidence.attention.get("label-embeds-4"):
        layers = flows[0]["compared_layers"]
        ways = {
            "the slots of gold labels receive more attention from the text": ("as_key", "from_document"),
            "the slots of gold labels attend more to the text": ("as_query", "to_document"),
        }
        for words, (kind, of) in ways.items():
            found = [flow[kind][of]["gold_minus_same_labels"] for flow in flows]
            first, last = (mean(each[which]["mean"] for each in found) for which in ("first", "last"))
            change = _over_runs([each["last_minus_first"] for each in found])
            yield Claim(
                "5.2",
                f"{words} in the last {layers} layers than in the first, minus the same labels' slots in other texts",
                "yes (Fig. 7)",
                f"{first:+.4f} in the first, {last:+.4f} in the last",
                f"{change.low:+.4f} to {change.high:+.4f} for the change",
                higher(change, margin=0.0),
                FIGURES,
            )
    if flows := evidence.attention.get("baseline-4"):
        received = [flow["as_key"]["from_all_tokens"] for flow in flows]
        even = mean(each["even"]["layers"][-1]["mean"] for each in received)
        last_layer = _over_runs([each["slot_minus_even"]["layers"][-1] for each in received])
        yield Claim(
            "5.2",
            "attention into the baseline's [CLS] is weak in the last layer: below even attention",
            "yes (Fig. 8)",
            f"{last_layer.difference:+.4f} to even attention, {even:.4f}",
            f"{last_layer.low:+.4f} to {last_layer.high:+.4f}",
            lower(last_layer, margin=0.0),
            FIGURES,
        )


def _over_runs(entries: Sequence[Mapping[str, float]]) -> Difference:
    """Summarize means over texts, with their 95 % intervals, of several runs."""
    errors = [(each["high"] - each["low"]) / (2 * NORMAL_97_5) for each in entries]
    return over_seeds([each["mean"] for each in entries], errors)


def _check_weights(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about mixing weights (§4.4) on dev, under the fixed threshold."""
    for name, weights in evidence.weights.items():
        low = sorted(weight for weight in weights.systems if weight < TOO_LOW)
        if not low or not {PAPER_MIXING_WEIGHT, 1.0} <= set(weights.systems):
            continue
        losses = [weights.difference(weight, 1.0) for weight in low]
        yield Claim(
            "4.4",
            f"weights of {low[0]:.2f} to {low[-1]:.2f} are worse than no mixing ({evidence.titles[name]}, dev)",
            "yes",
            f"{losses[0].difference:+.3f} at {low[0]:.2f}, {losses[-1].difference:+.3f} at {low[-1]:.2f}",
            f"{_interval(losses[-1])} at {low[-1]:.2f}",
            all_lower(losses),
            SWEEP,
        )
        gain = weights.difference(PAPER_MIXING_WEIGHT, 1.0)
        others = [each for each in weights.systems if each != PAPER_MIXING_WEIGHT]
        top = max(weights.systems, key=weights.macro_f1)
        yield Claim(
            "4.4",
            f"a weight of {PAPER_MIXING_WEIGHT} is best ({evidence.titles[name]}, dev)",
            f"{PAPER_MIXING_WEIGHT}",
            f"{gain.difference:+.3f} to no mixing; {top:.2f} has the highest",
            f"{_interval(gain)} to no mixing",
            best([weights.difference(PAPER_MIXING_WEIGHT, each) for each in others], gain),
            SWEEP,
        )


def _interval(difference: Difference) -> str:
    return f"{difference.low:+.3f} to {difference.high:+.3f}"


def _seed_interval(value: Difference, form: str) -> str:
    """Format an interval over seeds; empty for a single one."""
    return f"{value.low:{form}} to {value.high:{form}}" if value.seeds > 1 else ""
