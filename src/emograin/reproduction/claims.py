"""The claims of the paper's §4 and §5 compared with our measurements, and whether they hold."""

from collections.abc import Iterator

from .attention_claims import check_attention
from .curve_claims import check_curves
from .evidence import SIMILARITY, Claim, Evidence
from .mixing_claims import check_mixing
from .row_claims import check_rows
from .verdicts import NO, YES


def check_claims(evidence: Evidence) -> list[Claim]:
    """Check every claim whose results exist: those of the paper by section, then those that it does not make."""
    checks = (check_rows, check_mixing, _check_similarity, check_curves, check_attention)
    claims = [claim for check in checks for claim in check(evidence)]
    return sorted(claims, key=lambda claim: (not claim.in_paper, claim.section))


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
