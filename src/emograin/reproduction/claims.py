"""The claims of the paper's §4 and §5 beside our measurements, and whether they hold: yes, no, or within noise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..analysis.attention_record import Attention
from ..evaluation.comparison import Comparison
from ..evaluation.significance import Difference
from ..mixing.config import PAPER_MIXING_WEIGHT
from .experiment import TABLE_2

RAREST = ("grief", "pride", "relief")  # §5.2
YES, NO, NOISE = "yes", "no", "within noise"
TABLE, FIGURES, SIMILARITY = "emograin reproduce table-2", "emograin reproduce figures", "emograin similarity"
SWEEP = "emograin mix RUN --candidates NAME --sweep"
STANDARD_ERROR = 0.01  # of macro F1, roughly; for claims without an interval
LAYERS = 3  # first and last layers compared, as in Figure 7


@dataclass(frozen=True)
class Claim:
    """A claim of the paper beside our measurement.

    Attributes:
        section: Section of the paper.
        claim: The claim in words.
        paper: The paper's value.
        ours: Our value.
        interval: 95 % interval of our value; empty without one.
        holds: yes, no, or within noise.
        command: Command that reproduces our value.
    """

    section: str
    claim: str
    paper: str
    ours: str
    interval: str
    holds: str
    command: str = TABLE


@dataclass(frozen=True)
class Evidence:
    """The results that claims are checked against.

    Attributes:
        comparison: The archived rows of Table 2.
        curves: Row -> `curve.csv` of its first seed, by rows.
        sweeps: Row -> sweep over mixing weights of its first seed.
        similarity: Table 3, or None.
        attention: Attention of label embeddings and of the baseline on one document, as far as archived.
    """

    comparison: Comparison[str]
    curves: Mapping[str, Sequence[Mapping[str, float | None]]]
    sweeps: Mapping[str, Mapping[str, Any]]
    similarity: Mapping[str, Any] | None
    attention: Sequence[Attention] = ()


def check_claims(evidence: Evidence) -> list[Claim]:
    """Check every claim whose results exist, in the order of the paper's sections."""
    checks = (_check_rows, _check_best, _check_rare, _check_similarity, _check_convergence, _check_attention)
    claims = [claim for check in (*checks, _check_weights) for claim in check(evidence)]
    return sorted(claims, key=lambda claim: claim.section)


def higher(difference: Difference, margin: float = 0.0) -> str:
    """Judge by its interval whether a difference exceeds a margin.

    >>> difference = Difference(0.03, 0.01, 0.05, 0.01, 0.01, 100, 0)
    >>> higher(difference), higher(difference, 0.02)
    ('yes', 'within noise')
    """
    return YES if difference.low > margin else NO if difference.high < margin else NOISE


def not_higher(difference: Difference) -> str:
    """Judge by its interval whether a difference is no improvement: no, if the interval lies above 0."""
    return NO if difference.low > 0 else YES


def lower(difference: Difference) -> str:
    """Judge by its interval whether a difference is below 0."""
    return YES if difference.high < 0 else NO if difference.low > 0 else NOISE


# Claims about two rows of Table 2: section, claim, row, the row it is compared with, the judgement.
PAIRS: tuple[tuple[str, str, str, str, Callable[[Difference], str]], ...] = (
    ("4", "the baseline gains from ten epochs instead of four", "baseline-10", "baseline-4", higher),
    ("5.1", "the auxiliary task ekman improves the baseline", "aux-ekman", "baseline-10", higher),
    ("5.1", "the auxiliary task sentiment improves the baseline", "aux-senti", "baseline-10", higher),
    ("5.1", "sentiment improves it more than ekman", "aux-senti", "aux-ekman", higher),
    ("5.2", "label embeddings beat the baseline, 4 epochs", "label-embeds-4", "baseline-4", higher),
    ("5.2", "... by more than 0.06", "label-embeds-4", "baseline-4", partial(higher, margin=0.06)),
    ("5.2", "label embeddings beat the baseline, 10 epochs", "label-embeds-10", "baseline-10", higher),
    ("5.2", "... by 0.03", "label-embeds-10", "baseline-10", partial(higher, margin=0.03)),
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


def _check_rows(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about two rows of Table 2."""
    comparison, papers = evidence.comparison, {row.name: row.paper for row in TABLE_2}
    for section, claim, later, earlier, judge in PAIRS:
        if {later, earlier} <= set(comparison.systems):
            difference = comparison.difference(later, earlier)
            paper, ours = f"{papers[later] - papers[earlier]:+.3f}", f"{difference.difference:+.3f}"
            yield Claim(section, claim, paper, ours, _interval(difference), judge(difference))


def _check_best(evidence: Evidence) -> Iterator[Claim]:
    """Compare label embeddings with the best of the other rows (§5.2)."""
    comparison = evidence.comparison
    own = [name for name in ("label-embeds-10", "label-embeds-4") if name in comparison.systems]
    others = [name for name in comparison.systems if name not in own]
    if others and own:
        first, second = (max(names, key=comparison.macro_f1) for names in (own, others))
        difference = comparison.difference(first, second)
        ours = f"{difference.difference:+.3f} to {second}"
        claim = "label embeddings alone have the best macro F1 of all rows"
        yield Claim("5.2", claim, "+0.007 to label-embeds-aux", ours, _interval(difference), higher(difference))


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
    ours = ", ".join(f"{name} {value:.3f}" for name, value in joint.items())
    positive = YES if min(joint.values()) > 0 else NO
    yield Claim(
        "5.1", "both auxiliary tasks have a positive NMI_joint (train)", "3e-17, 2e-05", ours, "", positive, SIMILARITY
    )
    above = YES if joint["ekman"] > joint["sentiment"] else NO
    yield Claim(
        "5.1", "ekman is more similar to the main task than sentiment", "2e-05 > 3e-17", ours, "", above, SIMILARITY
    )


def _check_convergence(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about Figure 5 (§5.2), on dev with one seed, so without an interval."""
    curves = [evidence.curves.get(name) for name in ("label-embeds-10", "baseline-10")]
    if not all(curves):
        return
    ours, base = ([(row["step"], row["macro_f1_fixed"]) for row in curve or []] for curve in curves)
    best_step, best = max(base, key=lambda point: point[1] or 0)
    reached = next((step for step, value in ours if (value or 0) >= (best or 0)), None)
    share = f"step {reached:,.0f} of {best_step:,.0f}" if reached and best_step else "not reached"
    yield Claim(
        "5.2",
        "label embeddings reach the baseline's best in a third of its steps (dev)",
        "8,000 of 26,000, to their own best",
        share,
        "",
        YES if reached and best_step and reached <= best_step / 3 else NO,
    )
    first, base_value = base[0]
    before = [value for step, value in ours if step and first and step <= 1.01 * first]  # intervals may be rounded
    if before:
        yield Claim(
            "5.2",
            "label embeddings are ahead at the beginning of training (dev)",
            "yes (Fig. 5)",
            f"{before[-1] or 0:.3f} against {base_value or 0:.3f} by step {first or 0:,.0f}",
            "",
            YES if (before[-1] or 0) > (base_value or 0) else NO,
        )


def _check_attention(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about Figures 6 to 8 (§5.2), on one document, so without an interval."""
    for attention in evidence.attention:
        label = attention.top_label
        readout = attention.readout[attention.labels.index(label)]  # (tokens,)
        slot = readout > readout.max() / 2
        received = (attention.weights @ slot).mean(axis=(1, 2))  # (layers,), mean over heads and attending tokens
        if attention.slots > 1:
            first, last = received[:LAYERS].mean(), received[-LAYERS:].mean()
            yield Claim(
                "5.2",
                f"attention flows to the predicted label in the last {LAYERS} layers, not in the first (one document)",
                "yes (Fig. 7)",
                f"{label}: {first:.3f} in the first, {last:.3f} in the last",
                "",
                YES if last > first else NO,
                FIGURES,
            )
        else:
            even = float(slot.mean())
            yield Claim(
                "5.2",
                "attention into the baseline's [CLS] is weak in the last layer (one document)",
                "yes (Fig. 8)",
                f"{received[-1]:.3f}, where even attention is {even:.3f}",
                "",
                YES if received[-1] < even else NO,
                FIGURES,
            )


def _check_weights(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about mixing weights (§4.4), on dev without an interval: below `STANDARD_ERROR` is noise."""
    for name, sweep in evidence.sweeps.items():
        policy = sweep["chosen_by"]
        macro = {row["weight"]: row["policies"][policy]["macro_f1"] for row in sweep["weights"]}
        if not {0.5, 0.84, PAPER_MIXING_WEIGHT, 1.0} <= set(macro):
            continue
        drop, best = macro[1.0] - macro[0.84], sweep["best"]["weight"]
        papers = macro[PAPER_MIXING_WEIGHT]
        yield Claim(
            "4.4",
            f"weights below 0.85 are worse than no mixing ({name}, dev)",
            "yes",
            f"{macro[0.5]:.3f} at 0.50, {macro[0.84]:.3f} at 0.84, {macro[1.0]:.3f} at 1",
            "",
            YES if drop > STANDARD_ERROR else NO if drop < -STANDARD_ERROR else NOISE,
            SWEEP,
        )
        yield Claim(
            "4.4",
            f"a weight of {PAPER_MIXING_WEIGHT} is best ({name}, dev)",
            f"{PAPER_MIXING_WEIGHT}",
            f"{best:.2f}, with {macro[best]:.3f}, and {papers:.3f} at {PAPER_MIXING_WEIGHT}",
            "",
            YES if best == PAPER_MIXING_WEIGHT else NO if macro[best] - papers > STANDARD_ERROR else NOISE,
            SWEEP,
        )


def _interval(difference: Difference) -> str:
    return f"{difference.low:+.3f} to {difference.high:+.3f}"
