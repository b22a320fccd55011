"""Claims follow their evidence: each is judged on constructed runs in which it holds, fails, or cannot be told."""

from dataclasses import replace

import numpy as np
import pytest

from emograin.evaluation.comparison import Comparison
from emograin.evaluation.results import EvaluatedRun
from emograin.reproduction.claims import PAIRS, RAREST, Claim, Evidence, check_claims
from emograin.reproduction.experiment import paper_values
from emograin.reproduction.verdicts import NO, NOT_SHOWN, YES, not_higher

LABELS = [*RAREST, "joy", "anger"]
TEXTS = 3000
GOLD = np.random.default_rng(0).random((TEXTS, len(LABELS))) < 0.3
SEEDS = (0, 1, 2)
T5 = {"candidates": "paraphrase", "file": None, "metadata": {"made_with": {"model_type": "t5"}}}
NONE = Evidence(
    comparison=None, curves={}, weights={}, similarity=None, attention={}, titles=dict.fromkeys(paper_values(), "row"),
    mixings=dict.fromkeys(paper_values(), T5),
)  # fmt: skip


def runs(wrong, seeds=SEEDS, spread=0.0, labels=slice(None), more=0.0):
    """Runs with a share of wrong predictions; `more` of them for the chosen labels; seeds differ by `spread`."""
    made = []
    for at, seed in enumerate(seeds):
        share = np.full(len(LABELS), wrong + spread * (at - 1))
        share[labels] += more
        flipped = np.random.default_rng(7).random(GOLD.shape) < share  # the same texts are difficult for every system
        ids = [str(each) for each in range(TEXTS)]
        made.append(EvaluatedRun(f"run{seed}", ids, GOLD, GOLD ^ flipped, LABELS, GOLD.astype(float), seed))
    return made


def compare(**systems):
    return Comparison({name.replace("_", "-"): found for name, found in systems.items()}, 400)


def claim(evidence, words) -> Claim:
    """Return the only claim with these words."""
    (found,) = [each for each in check_claims(evidence) if words in each.claim]
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[1])
def test_claims_about_two_rows_hold_fail_or_are_not_shown(pair):
    section, words, later, earlier, judge = pair

    def verdict(systems):
        claims = check_claims(replace(NONE, comparison=Comparison(systems, 400)))
        paper = f"{paper_values()[later] - paper_values()[earlier]:+.3f}"
        (found,) = [each for each in claims if (each.section, each.claim, each.paper) == (section, words, paper)]
        return found.holds

    better, worse = {later: runs(0.05), earlier: runs(0.2)}, {later: runs(0.2), earlier: runs(0.05)}
    claimed_better = judge is not not_higher and "harms" not in words
    assert (verdict(better), verdict(worse)) == ((YES, NO) if claimed_better else (NO, YES))
    one_training = {name: system[:1] for name, system in better.items()}
    seeds_differ = {later: runs(0.12, spread=0.05), earlier: runs(0.2, spread=-0.05)}
    assert verdict(one_training) == verdict(seeds_differ) == NOT_SHOWN


def test_the_relative_gain_is_about_the_papers():
    words = "relative to the baseline"
    baseline = runs(0.2)
    f1 = Comparison({"a": baseline}, 100).macro_f1("a")
    shares = np.linspace(0.05, 0.2, 31)
    gains = [Comparison({"a": runs(share)}, 100).macro_f1("a") / f1 - 1 for share in shares]
    near = float(shares[np.argmin(np.abs(np.array(gains) - 0.14))])
    for wrong, expected in [(near, YES), (0.01, NO), (0.2, NO)]:
        found = claim(replace(NONE, comparison=compare(label_embeds_4=runs(wrong), baseline_4=baseline)), words)
        assert found.holds == expected, wrong
    unsure = compare(label_embeds_4=runs(near, spread=0.05), baseline_4=runs(0.2, spread=-0.05))
    assert claim(replace(NONE, comparison=unsure), words).holds == NOT_SHOWN


def test_the_best_row_is_compared_with_every_other_one():
    words = "best macro F1 of all rows"
    others = {name: runs(0.2) for name in paper_values() if not name.startswith("label-embeds-1")}
    own = {"label-embeds-10": runs(0.05)}
    assert claim(replace(NONE, comparison=Comparison(others | own, 2000)), words).holds == YES
    rival = others | own | {"mix-t5-label-embeds": runs(0.05)}
    assert claim(replace(NONE, comparison=Comparison(rival, 2000)), words).holds == NOT_SHOWN
    better = others | own | {"mix-t5-label-embeds": runs(0.02)}
    found = claim(replace(NONE, comparison=Comparison(better, 2000)), words)
    assert found.holds == NO
    assert found.ours.startswith("-")
    missing = {name: system for name, system in (others | own).items() if name != "label-embeds-aux"}
    assert words not in " ".join(
        each.claim for each in check_claims(replace(NONE, comparison=Comparison(missing, 2000)))
    )


def test_the_rarest_labels_gain_more_or_less_than_the_others():
    rare = slice(0, len(RAREST))
    gain_of_rare = compare(label_embeds_4=runs(0.1), baseline_4=runs(0.1, labels=rare, more=0.2))
    gain_of_others = compare(label_embeds_4=runs(0.1, labels=rare, more=0.2), baseline_4=runs(0.3))
    for comparison, expected in [(gain_of_rare, YES), (gain_of_others, NO)]:
        assert claim(replace(NONE, comparison=comparison), "gain more from label embeddings").holds == expected


def curve(*values):
    return [{"step": 100 * (at + 1), "macro_f1_fixed": value} for at, value in enumerate(values)]


SLOW = curve(0.1, 0.2, 0.3, 0.4, 0.45, 0.5)
FAST = curve(0.3, 0.5, 0.52, 0.53, 0.53, 0.54)


@pytest.mark.parametrize(
    ("label_embeddings", "baseline", "third", "ahead"),
    [
        ([FAST] * 3, [SLOW] * 3, YES, YES),
        ([SLOW] * 3, [FAST] * 3, NO, NO),
        ([FAST, FAST, SLOW], [SLOW, SLOW, FAST], NOT_SHOWN, NOT_SHOWN),
        ([FAST], [SLOW], NOT_SHOWN, NOT_SHOWN),
    ],
)
def test_claims_about_curves_are_judged_over_seeds(label_embeddings, baseline, third, ahead):
    curves = {"label-embeds-10": dict(enumerate(label_embeddings)), "baseline-10": dict(enumerate(baseline))}
    curves["baseline-10"][9] = FAST  # a seed without its counterpart
    evidence = replace(NONE, comparison=compare(other=runs(0.1)), curves=curves)
    assert claim(evidence, "in a third of the steps").holds == third
    assert claim(evidence, "ahead at the first evaluation").holds == ahead


@pytest.mark.parametrize(("sentiment", "ekman", "positive", "above"), [(0.2, 0.3, YES, YES), (0.0002, 0.0001, NO, NO)])
def test_similarity_is_compared_with_that_of_shuffled_labels(sentiment, ekman, positive, above):
    rows = [
        {
            "auxiliary": name,
            "split": "train",
            "aligned": {"nmi_joint": value},
            "shuffled": {"nmi_joint": {"high": 0.001}},
        }
        for name, value in (("sentiment", sentiment), ("ekman", ekman))
    ]
    evidence = replace(NONE, comparison=compare(other=runs(0.1)), similarity={"table_3": rows})
    assert claim(evidence, "positive NMI_joint").holds == positive
    assert claim(evidence, "more similar to the main task").holds == above


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([0.014, 0.015, 0.016], YES),
        ([-0.014, -0.015, -0.016], NO),
        ([0.0, 0.015, 0.03], NOT_SHOWN),
        ([0.015, 0.016], NOT_SHOWN),
    ],
    ids=["above", "below", "seeds differ", "two seeds"],
)
def test_attention_claims_follow_the_interval_over_texts_and_seeds(means, expected):
    labels, baseline = [], []
    for mean in means:
        change = {"mean": mean, "low": mean - 0.005, "high": mean + 0.005}
        found = {"gold_minus_same_labels": {"first": {"mean": 0}, "last": {"mean": mean}, "last_minus_first": change}}
        sides = {"as_key": {"from_document": found}, "as_query": {"to_document": found}}
        labels.append({"compared_layers": 2, **sides})
        last = {"mean": -mean, "low": -mean - 0.005, "high": -mean + 0.005}  # weak attention is below even attention
        received = {"slot_minus_even": {"layers": [last]}, "even": {"layers": [{"mean": 0.1}]}}
        baseline.append({"as_key": {"from_all_tokens": received}})
    attention = {"label-embeds-4": labels, "baseline-4": baseline}
    claims = check_claims(replace(NONE, comparison=compare(other=runs(0.1)), attention=attention))
    assert [each.holds for each in claims] == [expected] * 3


def test_claims_about_mixing_weights():
    def verdicts(at, seeds=SEEDS):
        systems = {weight: runs(wrong, seeds) for weight, wrong in at.items()}
        weights = {"mix-train-4": Comparison(systems, 400)}
        claims = check_claims(replace(NONE, comparison=compare(other=runs(0.1)), weights=weights))
        return [each.holds for each in claims]

    assert verdicts({0.5: 0.3, 0.84: 0.25, 0.92: 0.05, 1.0: 0.2}) == [YES, YES]
    assert verdicts({0.5: 0.3, 0.84: 0.05, 0.92: 0.2, 1.0: 0.2}) == [NO, NO]
    assert verdicts({0.5: 0.3, 0.84: 0.25, 0.92: 0.05, 1.0: 0.2}, seeds=(0,)) == [NOT_SHOWN, NOT_SHOWN]
