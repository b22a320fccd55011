"""What the paper claims in §4 and §5, what we measured, and whether it holds: yes, no, or within noise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..analysis.attention_record import Attention
from ..evaluation.significance import Difference
from .experiment import TABLE_2
from .systems import Comparison

RAREST = ("grief", "pride", "relief")  # §5.2
YES, NO, NOISE = "yes", "no", "within noise"
TABLE, FIGURES, SIMILARITY = "emograin reproduce table-2", "emograin reproduce figures", "emograin similarity"
SWEEP = "emograin mix RUN --candidates NAME --sweep"
ERROR = 0.01  # about the standard error of macro F1, where there is no interval to go by
ENDS = 3  # layers, as in Figure 7


@dataclass(frozen=True)
class Claim:
    """A claim beside our figure.

    Attributes:
        section: Of the paper.
        claim: In words.
        paper: Its figure.
        ours: Ours.
        interval: 95 %, where there is one.
        holds: yes, no, or within noise.
        command: That remakes our figure.
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
    """What claims are held against.

    Attributes:
        compared: The rows of Table 2 that were made.
        curves: Row -> rows of its first seed's `curve.csv`.
        sweeps: Row -> its first seed's sweep over mixing weights.
        similarity: Of `similarity_tables.similarity_of`, or None.
        attention: Of one document by label embeddings and by the baseline, as far as they were kept.
    """

    compared: Comparison
    curves: Mapping[str, Sequence[Mapping[str, float | None]]]
    sweeps: Mapping[str, Mapping[str, Any]]
    similarity: Mapping[str, Any] | None
    attention: Sequence[Attention] = ()


def claims(evidence: Evidence) -> list[Claim]:
    """Every claim whose rows were made, in the paper's order."""
    parts = (_similarity, _convergence, _attention, _weights)
    found = [*_compared(evidence.compared), *(claim for part in parts for claim in part(evidence))]
    return sorted(found, key=lambda claim: claim.section)


def higher(difference: Difference, margin: float = 0.0) -> str:
    """Whether a difference is more than a margin, by its interval.

    >>> difference = Difference(0.03, 0.01, 0.05, 0.01, 0.01, 100, 0)
    >>> higher(difference), higher(difference, 0.02)
    ('yes', 'within noise')
    """
    return YES if difference.low > margin else NO if difference.high < margin else NOISE


def not_higher(difference: Difference) -> str:
    """Whether an absence of improvement holds: no interval may lie above 0."""
    return NO if difference.low > 0 else YES


def lower(difference: Difference) -> str:
    """Whether a difference is below 0, by its interval."""
    return YES if difference.high < 0 else NO if difference.low > 0 else NOISE


# Claims that two rows of Table 2 decide: section, claim, the row, what it is compared with, when it holds.
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


def _compared(compared: Comparison) -> Iterator[Claim]:
    """Claims that two rows of Table 2 decide."""
    papers = {row.name: row.paper for row in TABLE_2}
    for section, claim, later, earlier, holds in PAIRS:
        if {later, earlier} <= set(compared.systems):
            difference = compared.difference(later, earlier)
            paper, ours = f"{papers[later] - papers[earlier]:+.3f}", f"{difference.difference:+.3f}"
            yield Claim(section, claim, paper, ours, _interval(difference), holds(difference))
    yield from _best(compared)
    for epochs in (4, 10):
        pair = f"label-embeds-{epochs}", f"baseline-{epochs}"
        rare = [label for label in RAREST if label in compared.labels]
        if rare and set(pair) <= set(compared.systems):
            difference = compared.difference_in_gain(*pair, rare)
            yield Claim(
                "5.2",
                f"{', '.join(rare)} gain more from label embeddings than the other labels, {epochs} epochs",
                "yes (Fig. 3)",
                f"{difference.difference:+.3f}",
                _interval(difference),
                higher(difference),
            )


def _best(compared: Comparison) -> Iterator[Claim]:
    """Label embeddings against the best of the other rows."""
    own = [name for name in ("label-embeds-10", "label-embeds-4") if name in compared.systems]
    others = [name for name in compared.systems if name not in own]
    if others and own:
        first, second = (max(names, key=compared.macro_f1) for names in (own, others))
        difference = compared.difference(first, second)
        ours = f"{difference.difference:+.3f} to {second}"
        claim = "label embeddings alone have the best macro F1 of all rows"
        yield Claim("5.2", claim, "+0.007 to label-embeds-aux", ours, _interval(difference), higher(difference))


def _similarity(evidence: Evidence) -> Iterator[Claim]:
    """§5.1's claims about Table 3."""
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


def _convergence(evidence: Evidence) -> Iterator[Claim]:
    """§5.2's claims about Figure 5, on dev and of one seed: without an interval."""
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
    first, there = base[0]
    before = [value for step, value in ours if step and first and step <= 1.01 * first]  # intervals may be rounded
    if before:
        yield Claim(
            "5.2",
            "label embeddings are ahead at the beginning of training (dev)",
            "yes (Fig. 5)",
            f"{before[-1] or 0:.3f} against {there or 0:.3f} by step {first or 0:,.0f}",
            "",
            YES if (before[-1] or 0) > (there or 0) else NO,
        )


def _attention(evidence: Evidence) -> Iterator[Claim]:
    """§5.2's claims about Figures 6 to 8, on one document: without an interval."""
    for attention in evidence.attention:
        label = attention.predicted[0] if attention.predicted else attention.labels[int(np.argmax(attention.scores))]
        reading = attention.reading[attention.labels.index(label)]  # (tokens,)
        into = (attention.weights @ (reading > reading.max() / 2)).mean(
            axis=(1, 2)
        )  # (layers,): what all tokens give it
        if attention.slots > 1:
            first, last = into[:ENDS].mean(), into[-ENDS:].mean()
            yield Claim(
                "5.2",
                f"attention flows to the predicted label in the last {ENDS} layers, not in the first (one document)",
                "yes (Fig. 7)",
                f"{label}: {first:.3f} in the first, {last:.3f} in the last",
                "",
                YES if last > first else NO,
                FIGURES,
            )
        else:
            even = float((reading > reading.max() / 2).mean())
            yield Claim(
                "5.2",
                "attention into the baseline's [CLS] is weak in the last layer (one document)",
                "yes (Fig. 8)",
                f"{into[-1]:.3f}, where even attention is {even:.3f}",
                "",
                YES if into[-1] < even else NO,
                FIGURES,
            )


def _weights(evidence: Evidence) -> Iterator[Claim]:
    """§4.4's claims about mixing weights, on dev: without an interval, so differences below `ERROR` are noise."""
    for name, sweep in evidence.sweeps.items():
        policy = sweep["chosen_by"]
        macro = {row["weight"]: row["policies"][policy]["macro_f1"] for row in sweep["weights"]}
        if not {0.5, 0.84, 0.92, 1.0} <= set(macro):
            continue
        drop, best = macro[1.0] - macro[0.84], sweep["best"]["weight"]
        yield Claim(
            "4.4",
            f"weights below 0.85 are worse than no mixing ({name}, dev)",
            "yes",
            f"{macro[0.5]:.3f} at 0.50, {macro[0.84]:.3f} at 0.84, {macro[1.0]:.3f} at 1",
            "",
            YES if drop > ERROR else NO if drop < -ERROR else NOISE,
            SWEEP,
        )
        yield Claim(
            "4.4",
            f"a weight of 0.92 is best ({name}, dev)",
            "0.92",
            f"{best:.2f}, with {macro[best]:.3f}, and {macro[0.92]:.3f} at 0.92",
            "",
            YES if best == 0.92 else NO if macro[best] - macro[0.92] > ERROR else NOISE,
            SWEEP,
        )


def _interval(difference: Difference) -> str:
    return f"{difference.low:+.3f} to {difference.high:+.3f}"
