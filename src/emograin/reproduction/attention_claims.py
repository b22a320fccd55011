"""Claims about Figures 6 to 8 (§5.2), over all test texts instead of the paper's one."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist, mean
from typing import Any

from ..evaluation.significance import Difference
from .evidence import FIGURES, Claim, Evidence, show_interval
from .verdicts import higher, lower, over_seeds

NORMAL_97_5 = NormalDist().inv_cdf(0.975)
WAYS = {
    "the slots of gold labels receive more attention from the text": ("as_key", "from_document"),
    "the slots of gold labels attend more to the text": ("as_query", "to_document"),
}


def check_attention(evidence: Evidence) -> Iterator[Claim]:
    """Check the claims about the attention of the rows that are archived."""
    if flows := evidence.attention.get("label-embeds-4"):
        yield from _check_slots(flows)
    if flows := evidence.attention.get("baseline-4"):
        yield from _check_cls(flows)


def _check_slots(flows: Sequence[Mapping[str, Any]]) -> Iterator[Claim]:
    """Compare the last layers with the first ones (Fig. 7)."""
    layers = flows[0]["compared_layers"]
    for words, (kind, of) in WAYS.items():
        found = [flow[kind][of]["gold_minus_same_labels"] for flow in flows]
        if any(each["last_minus_first"] is None for each in found):  # one layer, or a label that every text has
            continue
        first, last = (mean(each[which]["mean"] for each in found) for which in ("first", "last"))
        change = _over_runs([each["last_minus_first"] for each in found])
        yield Claim(
            "5.2",
            f"{words} in the last {layers} layers than in the first, minus the same labels' slots in other texts",
            "yes (Fig. 7)",
            f"{first:+.4f} in the first, {last:+.4f} in the last",
            f"{show_interval(change, '+.4f')} for the change",
            higher(change, margin=0.0),
            FIGURES,
        )


def _check_cls(flows: Sequence[Mapping[str, Any]]) -> Iterator[Claim]:
    """Check whether attention into [CLS] is weak in the last layer (Fig. 8); the paper does not say against what."""
    received = [flow["as_key"]["from_all_tokens"] for flow in flows]
    even = mean(each["even"]["layers"][-1]["mean"] for each in received)
    to_even = _over_runs([each["slot_minus_even"]["layers"][-1] for each in received])
    by_layer = [[layer["mean"] for layer in each["slot"]["layers"]] for each in received]
    comparisons = [("below even attention", to_even, f"against even attention, {even:.4f}")]
    if len(by_layer[0]) > 1:
        to_lowest = over_seeds([values[-1] - min(values[:-1]) for values in by_layer])  # texts hardly add to its error
        comparisons.append(("below every other layer", to_lowest, "against the lowest other layer"))
    for words, difference, unit in comparisons:
        yield Claim(
            "5.2",
            f"attention into the baseline's [CLS] is weak in the last layer: {words}",
            "yes (Fig. 8)",
            f"{difference.difference:+.4f} {unit}",
            show_interval(difference, "+.4f"),
            lower(difference, margin=0.0),
            FIGURES,
        )


def _over_runs(entries: Sequence[Mapping[str, float]]) -> Difference:
    """Summarize means over texts, with their 95 % intervals, of several runs."""
    errors = [(each["high"] - each["low"]) / (2 * NORMAL_97_5) for each in entries]
    return over_seeds([each["mean"] for each in entries], errors)
