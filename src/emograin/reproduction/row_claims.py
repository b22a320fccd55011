"""Claims about macro F1 of the rows of Table 2 on test (§1, §4, §5)."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from .candidate_names import name_in_claim
from .evidence import Claim, Evidence, show_interval
from .experiment import paper_values
from .verdicts import NO, YES, all_higher, confirmed, higher, margin_of, not_higher

RAREST = ("grief", "pride", "relief")  # §5.2
HEADLINE = 0.14  # relative gain of label embeddings (abstract)

# Claims about two trainings: section, claim, row, the row it is compared with, the verdict.
PAIRS: tuple[tuple[str, str, str, str, Callable[..., str]], ...] = (
    ("4", "the baseline gains from ten epochs instead of four", "baseline-10", "baseline-4", higher),
    ("5.1", "the auxiliary task ekman improves the baseline", "aux-ekman", "baseline-10", higher),
    ("5.1", "the auxiliary task sentiment improves the baseline", "aux-senti", "baseline-10", higher),
    ("5.1", "sentiment improves it more than ekman", "aux-senti", "aux-ekman", higher),
    ("5.2", "label embeddings beat the baseline, 4 epochs", "label-embeds-4", "baseline-4", higher),
    ("5.2", "... by more than 0.06", "label-embeds-4", "baseline-4", partial(higher, bound=0.06)),
    ("5.2", "label embeddings beat the baseline, 10 epochs", "label-embeds-10", "baseline-10", higher),
    ("5.2", "... by more than 0.03", "label-embeds-10", "baseline-10", partial(higher, bound=0.03)),
    ("5.4", "label embeddings improve on the auxiliary task", "label-embeds-aux", "aux-senti", higher),
    ("5.4", "label embeddings improve on paraphrase mixing", "mix-t5-label-embeds", "mix-t5-10", higher),
    ("5.4", "an auxiliary task does not help label embeddings", "label-embeds-aux", "label-embeds-10", not_higher),
)


def check_rows(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims whose rows are archived."""
    for check in (_check_headline, _check_pairs, _check_best, _check_rare):
        yield from check(evidence)


def _check_headline(evidence: Evidence) -> Iterator[Claim]:
    """Check the relative gain of label embeddings in the paper's abstract."""
    pair = "label-embeds-4", "baseline-4"
    if set(pair) <= set(evidence.comparison.systems):
        gain = evidence.comparison.relative_difference(*pair)
        papers = paper_values()
        yield Claim(
            "1",
            f"label embeddings improve macro F1 by {100 * HEADLINE:.0f} % or more, relative to the baseline, 4 epochs",
            f"{papers[pair[0]] / papers[pair[1]] - 1:+.1%}",
            f"{gain.difference:+.1%}",
            show_interval(gain, "+.1%"),
            confirmed(higher(gain, bound=HEADLINE), YES, partial(evidence.comparison.randomisation, *pair)),
        )


def _check_pairs(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about two rows; a gain must be shown by approximate randomisation, too."""
    comparison, papers = evidence.comparison, paper_values()
    for section, claim, later, earlier, judge in PAIRS:
        if {later, earlier} <= set(comparison.systems):
            difference, effect = comparison.difference(later, earlier), papers[later] - papers[earlier]
            words = name_in_claim(claim, evidence.mixings[later][0]) if "paraphrase" in claim else claim
            verdict = judge(difference) if judge is not_higher else judge(difference, margin=margin_of(effect))
            randomised = partial(comparison.randomisation, later, earlier)
            verdict = confirmed(verdict, NO if judge is not_higher else YES, randomised)
            shown = f"{difference.difference:+.3f}"
            yield Claim(section, words, f"{effect:+.3f}", shown, show_interval(difference), verdict)


def _check_best(evidence: Evidence) -> Iterator[Claim]:
    """Compare each row of label embeddings with all rows of the paper's table that are not label embeddings alone."""
    comparison = evidence.comparison
    own = {4: "label-embeds-4", 10: "label-embeds-10"}
    others = [name for name in paper_values() if name not in own.values()]
    if not set(others) <= set(comparison.systems):  # the strongest rival may be missing
        return
    for epochs, name in own.items():
        if name not in comparison.systems:
            continue
        differences = [comparison.difference(name, other) for other in others]
        least, verdict = min(differences, key=lambda each: each.difference), all_higher(differences)
        for other in others:
            verdict = confirmed(verdict, YES, partial(comparison.randomisation, name, other))
        yield Claim(
            "5.2",
            f"label embeddings alone have a higher macro F1 than all other rows, {epochs} epochs",
            "+0.007 to label-embeds-aux",
            f"{least.difference:+.3f} against {evidence.titles[others[differences.index(least)]]}",
            show_interval(least),
            verdict,
        )


def _check_rare(evidence: Evidence) -> Iterator[Claim]:
    """Compare the gain of each of the rarest labels with that of the others (§5.2; Fig. 3 has 4 epochs only)."""
    comparison = evidence.comparison
    texts = dict(zip(comparison.labels, np.asarray(comparison.gold > 0).sum(axis=0).tolist(), strict=True))
    rare = [label for label in RAREST if label in texts]
    for epochs in (4, 10):
        pair = f"label-embeds-{epochs}", f"baseline-{epochs}"
        if rare and set(pair) <= set(comparison.systems):
            others = [label for label in comparison.labels if label not in rare]
            found = [comparison.difference_in_gain(*pair, [label], others) for label in rare]
            yield Claim(
                "5.2",
                f"{', '.join(rare)} each gain more from label embeddings than the other labels, {epochs} epochs",
                "yes (Fig. 3)" if epochs == 4 else "",
                ", ".join(
                    f"{label} {each.difference:+.2f} ({texts[label]} texts)"
                    for label, each in zip(rare, found, strict=True)
                ),
                ", ".join(show_interval(each, "+.2f") for each in found),
                all_higher(found),
                in_paper=epochs == 4,
            )
