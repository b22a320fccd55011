"""Claims about embedding mixing (§4.4, §5.3, §5.4), on dev under the fixed threshold, with and without mixing.

Table 2 has the mixing rows on test at the weights that dev chooses, one of which is 1, no mixing. Claims that mixing
helps or harms are therefore judged at the paper's weight, against the same runs without mixing.
"""

from collections.abc import Callable, Iterator
from functools import partial

from ..mixing.config import PAPER_MIXING_WEIGHT
from .candidate_names import name_in_claim
from .evidence import SWEEP, Claim, Evidence, show_interval
from .experiment import paper_values
from .verdicts import MARGIN, NO, YES, all_lower, confirmed, higher, lower, margin_of, none_better, not_higher

TOO_LOW = 0.85  # weights below it are worse than no mixing (§4.4)
TUNED = ("mix-train-4", "mix-train-10", "mix-t5-4", "mix-t5-10")  # §4.4: "for both"; not the integrated models

# Section, claim, row, the row without mixing, the verdict; without a value in the paper, a row beyond it.
CLAIMS: tuple[tuple[str, str, str, str, Callable[..., str]], ...] = (
    ("5.3", "mixing with training sentences does not help, 4 epochs", "mix-train-4", "baseline-4", not_higher),
    ("5.3", "mixing with training sentences does not help, 10 epochs", "mix-train-10", "baseline-10", not_higher),
    ("5.3", "mixing with paraphrases helps, 4 epochs", "mix-t5-4", "baseline-4", higher),
    ("5.3", "mixing with paraphrases helps, 10 epochs", "mix-t5-10", "baseline-10", higher),
    ("5.4", "paraphrase mixing does not help label embeddings", "mix-t5-label-embeds", "label-embeds-10", not_higher),
    ("5.4", "paraphrase mixing harms the auxiliary task's model", "mix-t5-aux", "aux-senti", lower),
    (
        "5.3",
        "mixing with training sentences does not help a baseline with a pooler",
        "mix-train-pooled-4",
        "pooled-baseline-4",
        not_higher,
    ),
    ("5.3", "mixing with paraphrases helps a baseline with a pooler", "mix-t5-pooled-4", "pooled-baseline-4", higher),
)


def check_mixing(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about mixing of the rows whose predictions at every weight are archived."""
    yield from _check_weights(evidence)
    yield from _check_effects(evidence)


def _check_weights(evidence: Evidence) -> Iterator[Claim]:
    """Check which weights are good ones (§4.4)."""
    for name in TUNED:
        weights = evidence.weights.get(name)
        if weights is None or not {PAPER_MIXING_WEIGHT, 1.0} <= set(weights.systems):
            continue
        mixed = sorted(weight for weight in weights.systems if weight < 1)
        if low := [weight for weight in mixed if weight < TOO_LOW]:
            losses = [weights.difference(weight, 1.0) for weight in low]
            yield Claim(
                "4.4",
                f"weights of {low[0]:.2f} to {low[-1]:.2f} are worse than no mixing ({evidence.titles[name]}, dev)",
                "yes",
                f"{losses[0].difference:+.3f} at {low[0]:.2f}, {losses[-1].difference:+.3f} at {low[-1]:.2f}",
                f"{show_interval(losses[-1])} at {low[-1]:.2f}",
                all_lower(losses),
                SWEEP,
            )
        others = [weight for weight in mixed if weight != PAPER_MIXING_WEIGHT]
        top = max(others, key=weights.macro_f1)
        to_top = weights.difference(PAPER_MIXING_WEIGHT, top)
        yield Claim(
            "4.4",
            f"{PAPER_MIXING_WEIGHT} is the best weight below 1, up to {MARGIN} ({evidence.titles[name]}, dev)",
            f"{PAPER_MIXING_WEIGHT}",
            f"{to_top.difference:+.3f} against {top:.2f}, the best of the others",
            show_interval(to_top),
            none_better(
                [weights.difference(PAPER_MIXING_WEIGHT, each) for each in mixed if each != PAPER_MIXING_WEIGHT]
            ),
            SWEEP,
        )


def _check_effects(evidence: Evidence) -> Iterator[Claim]:
    """Check whether mixing at the paper's weight helps or harms (§5.3, §5.4)."""
    papers = paper_values()
    for section, claim, row, unmixed, judge in CLAIMS:
        weights = evidence.weights.get(row)
        if weights is None or not {PAPER_MIXING_WEIGHT, 1.0} <= set(weights.systems):
            continue
        change = weights.difference(PAPER_MIXING_WEIGHT, 1.0)
        randomised = partial(weights.randomisation, PAPER_MIXING_WEIGHT, 1.0)
        effect = papers[row] - papers[unmixed] if row in papers else None
        margins = {} if effect is None or judge is not_higher else {"margin": margin_of(effect)}
        words = name_in_claim(claim, evidence.mixings[row][0]) if "paraphrase" in claim else claim
        yield Claim(
            section,
            f"{words} (a weight of {PAPER_MIXING_WEIGHT}, dev)",
            "" if effect is None else f"{effect:+.3f}",
            f"{change.difference:+.3f}{_on_test(evidence, row, unmixed)}",
            show_interval(change),
            confirmed(judge(change, **margins), NO if judge is not_higher else YES, randomised),
            SWEEP,
            in_paper=effect is not None,
        )


def _on_test(evidence: Evidence, row: str, unmixed: str) -> str:
    """Add the difference on test at the weights that dev chose, if both rows are archived."""
    if not {row, unmixed} <= set(evidence.comparison.systems):
        return ""
    change = evidence.comparison.difference(row, unmixed).difference
    chosen = " ".join(f"{mixing['weight']:g}" for mixing in evidence.mixings[row])
    return f"; test, at dev's weights ({chosen}): {change:+.3f}"
