"""Claims follow their evidence: each is judged on constructed runs in which it holds, fails, or cannot be told."""

from dataclasses import replace

import numpy as np
import pytest

from emograin.evaluation.comparison import Comparison
from emograin.evaluation.results import EvaluatedRun
from emograin.reproduction.claims import check_claims
from emograin.reproduction.evidence import Claim, Evidence
from emograin.reproduction.experiment import ROWS, paper_values
from emograin.reproduction.mixing_claims import CLAIMS
from emograin.reproduction.row_claims import PAIRS, RAREST
from emograin.reproduction.verdicts import NO, NOT_SHOWN, YES, higher, not_higher

LABELS = [*RAREST, "joy", "anger"]
TEXTS = 3000
GOLD = np.random.default_rng(0).random((TEXTS, len(LABELS))) < 0.3
SEEDS = (0, 1, 2)
T5 = {"candidates": "paraphrase", "file": None, "weight": 0.9, "metadata": {"made_with": {"model_type": "t5"}}}
ROW_NAMES = [row.name for row in ROWS]
NONE = Evidence(
    comparison=None,
    curves={},
    weights={},
    similarity=None,
    attention={},
    titles=dict.fromkeys(ROW_NAMES, "row"),
    mixings={name: [T5] for name in ROW_NAMES},
)


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
    assert (verdict(better), verdict(worse)) == ((NO, YES) if judge is not_higher else (YES, NO))
    one_training = {name: system[:1] for name, system in better.items()}
    seeds_differ = {later: runs(0.12, spread=0.05), earlier: runs(0.2, spread=-0.05)}
    assert verdict(one_training) == verdict(seeds_differ) == NOT_SHOWN


def test_a_gain_must_be_shown_by_randomisation_as_well(monkeypatch):
    comparison = compare(aux_ekman=runs(0.05), baseline_10=runs(0.2))
    for p_value, expected in [(0.04, YES), (0.06, NOT_SHOWN), (None, YES)]:
        monkeypatch.setattr(Comparison, "randomisation", lambda *_, found=p_value: found)
        assert claim(replace(NONE, comparison=comparison), "ekman improves").holds == expected


def test_the_relative_gain_is_the_papers_or_more():
    words = "relative to the baseline"
    baseline = runs(0.2)
    f1 = Comparison({"a": baseline}, 100).macro_f1("a")
    for wrong in (0.02, 0.1, 0.19):
        gain = Comparison({"a": runs(wrong)}, 100).macro_f1("a") / f1 - 1
        found = claim(replace(NONE, comparison=compare(label_embeds_4=runs(wrong), baseline_4=baseline)), words)
        assert found.holds == (YES if gain > 0.16 else NO if gain < 0.12 else NOT_SHOWN)
        assert found.ours == f"{gain:+.1%}"
    unsure = compare(label_embeds_4=runs(0.05, spread=0.05), baseline_4=runs(0.2, spread=-0.05))
    assert claim(replace(NONE, comparison=unsure), words).holds == NOT_SHOWN


def test_the_best_row_is_compared_with_every_other_one():
    words = "than all other rows, 10 epochs"
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


def test_each_of_the_rarest_labels_gains_more_or_not():
    rare, first = slice(0, len(RAREST)), slice(0, 1)
    better, worse = runs(0.1), runs(0.1, labels=rare, more=0.2)
    cases = [
        (better, worse, YES),
        (runs(0.1, labels=rare, more=0.2), runs(0.3), NO),
        (better, runs(0.1, labels=first, more=0.2), NOT_SHOWN),  # one of them alone, whatever the mean of the three
    ]
    for ours, theirs, expected in cases:
        found = claim(replace(NONE, comparison=compare(label_embeds_4=ours, baseline_4=theirs)), "each gain more")
        assert found.holds == expected
        assert f"grief {'-' if expected == NO else '+'}" in found.ours
        assert f"({int(GOLD[:, 0].sum())} texts)" in found.ours
    beyond = claim(replace(NONE, comparison=compare(label_embeds_10=better, baseline_10=worse)), "each gain more")
    assert not beyond.in_paper


def curve(*values):
    return [{"step": 100 * (at + 1), "macro_f1_fixed": value} for at, value in enumerate(values)]


SLOW = curve(0.1, 0.2, 0.3, 0.4, 0.45, 0.5)
FAST = curve(0.3, 0.5, 0.52, 0.53, 0.53, 0.54)


@pytest.mark.parametrize(
    ("label_embeddings", "baseline", "expected", "ahead"),
    [
        ([FAST] * 3, [SLOW] * 3, (YES, NO, YES), YES),  # its own best comes last, too
        ([SLOW] * 3, [FAST] * 3, (NO, NO, NO), NO),
        ([FAST, FAST, SLOW], [SLOW, SLOW, FAST], (NOT_SHOWN, NO, NOT_SHOWN), NOT_SHOWN),
        ([FAST], [SLOW], (NOT_SHOWN, NOT_SHOWN, NOT_SHOWN), NOT_SHOWN),
    ],
)
def test_claims_about_curves_are_judged_over_seeds(label_embeddings, baseline, expected, ahead):
    curves = {"label-embeds-10": dict(enumerate(label_embeddings)), "baseline-10": dict(enumerate(baseline))}
    curves["baseline-10"][9] = FAST  # a seed without its counterpart
    evidence = replace(NONE, comparison=compare(other=runs(0.1)), curves=curves)
    measures = [claim(evidence, words) for words in ("reach the baseline's best", "reach their own best", "within")]
    assert tuple(each.holds for each in measures) == expected
    assert [each.in_paper for each in measures] == [True, True, False]
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
        layers = [{"mean": 0.1 + mean}, {"mean": 0.1}]  # of the first layer, and of the last one
        received = {
            "slot_minus_even": {"layers": [last]},
            "even": {"layers": [{"mean": 0.1}]},
            "slot": {"layers": layers},
        }
        baseline.append({"as_key": {"from_all_tokens": received}})
    attention = {"label-embeds-4": labels, "baseline-4": baseline}
    claims = check_claims(replace(NONE, comparison=compare(other=runs(0.1)), attention=attention))
    assert [each.holds for each in claims] == [expected] * 4
    for flow in labels:
        nothing = {"first": None, "last": None, "last_minus_first": None}  # as of an encoder with one layer
        flow["as_query"]["to_document"] = {"gold_minus_same_labels": nothing}
    fewer = check_claims(replace(NONE, comparison=compare(other=runs(0.1)), attention=attention))
    assert len(fewer) == 3


def at_weights(row, wrong, seeds=SEEDS):
    """The claims about a mixing row, whose share of wrong predictions depends on the weight."""
    weights = {row: Comparison({weight: runs(share, seeds) for weight, share in wrong.items()}, 400)}
    return check_claims(replace(NONE, comparison=compare(other=runs(0.1)), weights=weights))


def test_an_effect_of_mixing_must_be_shown_by_randomisation_as_well(monkeypatch):
    for p_value, expected in [(0.04, YES), (0.06, NOT_SHOWN)]:
        monkeypatch.setattr(Comparison, "randomisation", lambda *_, found=p_value: found)
        claims = at_weights("mix-t5-4", {0.5: 0.3, 0.92: 0.05, 1.0: 0.2})
        assert [each.holds for each in claims if each.section == "5.3"] == [expected]


def test_claims_about_mixing_weights():
    def verdicts(wrong, seeds=SEEDS):
        return [each.holds for each in at_weights("mix-train-4", wrong, seeds) if each.section == "4.4"]

    assert verdicts({0.5: 0.3, 0.84: 0.25, 0.92: 0.05, 1.0: 0.2}) == [YES, YES]
    assert verdicts({0.5: 0.3, 0.84: 0.05, 0.92: 0.2, 1.0: 0.2}) == [NO, NO]
    assert verdicts({0.5: 0.3, 0.84: 0.25, 0.92: 0.22, 1.0: 0.05}) == [YES, YES]  # no mixing is no weight below 1
    assert verdicts({0.5: 0.3, 0.84: 0.25, 0.92: 0.05, 1.0: 0.2}, seeds=(0,)) == [NOT_SHOWN, NOT_SHOWN]


@pytest.mark.parametrize("of_row", CLAIMS, ids=lambda each: each[1])
def test_mixing_helps_or_harms_at_the_papers_weight(of_row):
    section, words, row, _, judge = of_row

    def verdict(wrong, seeds=SEEDS):
        (found,) = [each for each in at_weights(row, wrong, seeds) if each.claim.startswith(words)]
        assert (found.section, found.in_paper) == (section, row in paper_values())
        return found.holds

    helps, harms = {0.5: 0.3, 0.92: 0.05, 1.0: 0.2}, {0.5: 0.3, 0.92: 0.2, 1.0: 0.05}
    assert (verdict(helps), verdict(harms)) == ((YES, NO) if judge is higher else (NO, YES))
    assert verdict(helps, seeds=(0,)) == NOT_SHOWN
