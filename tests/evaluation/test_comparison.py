"""Comparison of systems, and emograin compare: pairs, corrections, layouts of results, mistakes."""

import json
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from emograin.cli.compare import compare
from emograin.common.errors import EmograinError
from emograin.evaluation import metrics, threshold_policies
from emograin.evaluation.comparison import Comparison
from emograin.evaluation.results import EvaluatedRun, read_evaluated
from emograin.evaluation.significance import (
    frequent_labels,
    holm,
    macro_f1,
    paired_bootstrap,
    randomisation_test,
    two_level_bootstrap,
)
from emograin.models.run_folder import RunFolder

RESULTS = Path(__file__).parents[2] / "results"
LABELS = ("joy", "anger", "fear")


def save(folder, seed, name="test", flat=False, order=None, labels=LABELS, texts=60, at=0):
    """Write an evaluation of a run of seed `at` as `emograin evaluate` does, or, if flat, as results/ has it."""
    gold = np.random.default_rng(9).random((texts, len(labels))) < [0.6, 0.6, 0.2][: len(labels)]
    random = np.random.default_rng(seed)
    scores = np.clip(gold * 0.4 + random.random(gold.shape) * 0.7, 0, 1).astype(np.float32)
    ids = np.array([f"t{at}" for at in range(texts)])
    order = np.arange(texts) if order is None else order
    chosen = threshold_policies.choose(scores, gold)
    run = RunFolder(folder)
    run.write_scores(name, ids[order].tolist(), gold[order], scores[order])
    described = {"settings": {}, "parameters": 1, "data": {}, "fingerprint": "", "versions": {}}
    run.write_json("run.json", {"format": 1, **described})
    run.write_json(f"results/{name}.json", {**metrics.evaluate(scores, gold, chosen, labels), "seed": at})
    if flat:
        (folder / "run.json").unlink()
        (folder / "scores" / f"{name}.npz").rename(folder / f"{name}.npz")
        (folder / "results" / f"{name}.json").rename(folder / f"{name}.json")
    return scores >= np.array(chosen["global"]), gold


def printed(capsys, *runs, **options):
    compare(*map(str, runs), json=True, resamples=500, **options)
    return json.loads(capsys.readouterr().out)


def test_compare_gives_every_pair_with_corrections(tmp_path, capsys):
    predictions, gold = zip(*[save(tmp_path / f"run{seed}", seed) for seed in range(3)], strict=True)
    found = printed(capsys, *[tmp_path / f"run{seed}" for seed in range(3)], seed=5)
    assert (found["texts"], found["frequent_labels"], found["policy"]) == (60, 2, "global")
    assert [row["name"] for row in found["systems"]] == ["run0", "run1", "run2"]
    assert [(pair["system"], pair["other"]) for pair in found["pairs"]] == [
        ("run1", "run0"),
        ("run2", "run0"),
        ("run2", "run1"),
    ]
    # The functions give the same numbers on texts in the order of their ids.
    order = np.argsort([f"t{at}" for at in range(60)])
    truth, often = gold[0][order], frequent_labels(gold[0])
    for pair, (later, earlier) in zip(found["pairs"], [(1, 0), (2, 0), (2, 1)], strict=True):
        both = predictions[later][order], predictions[earlier][order]
        for kind, kept in (("all", None), ("frequent", often)):
            row = paired_bootstrap(*both, truth, kept, resamples=500, seed=5)
            assert pair[kind]["difference"] == pytest.approx(row.difference)
            assert (pair[kind]["low"], pair[kind]["p_value"]) == pytest.approx((row.low, row.p_value))
            chance = randomisation_test(*both, truth, kept, 500, 5)
            assert pair[kind]["randomisation_p_value"] == pytest.approx(chance)
        one = paired_bootstrap(*both, truth, np.eye(3, dtype=bool)[2], resamples=500, seed=5)
        assert pair["labels"]["fear"]["high"] == pytest.approx(one.high)
        rows = pair["labels"].values()
        assert [row["holm_p_value"] for row in rows] == holm([row["p_value"] for row in rows]).tolist()
    for kind in ("", "randomisation_"):
        values = [pair["all"][f"{kind}p_value"] for pair in found["pairs"]]
        assert [pair["all"][f"{kind}holm_p_value"] for pair in found["pairs"]] == holm(values).tolist()


def test_the_layout_of_a_run_and_the_order_of_its_texts_do_not_matter(tmp_path, capsys):
    save(tmp_path / "a", 1)
    save(tmp_path / "b", 2)
    save(tmp_path / "flat" / "b", 2, flat=True, order=np.random.default_rng(0).permutation(60))
    assert printed(capsys, tmp_path / "a", tmp_path / "b") == printed(capsys, tmp_path / "a", tmp_path / "flat" / "b")


def test_compare_takes_named_evaluations_and_policies(tmp_path, capsys):
    save(tmp_path / "a", 1)
    save(tmp_path / "a", 2, name="test-file-0.92")
    found = printed(capsys, tmp_path / "a", f"{tmp_path / 'a'}:test-file-0.92", thresholds="fixed")
    assert [row["name"] for row in found["systems"]] == ["a", "a:test-file-0.92"]
    kept = json.loads((tmp_path / "a" / "results" / "test-file-0.92.json").read_text())["policies"]["fixed"]
    assert found["systems"][1]["macro_f1_all"] == pytest.approx(kept["macro_f1"])
    assert found["systems"][1]["macro_f1_frequent"] == pytest.approx(kept["macro_f1_frequent"])


def evaluated(predictions, gold, seeds):
    """Runs of one system, one per seed, on the same texts."""
    ids, labels = [str(at) for at in range(len(gold))], list(LABELS[: gold.shape[1]])
    return [
        EvaluatedRun(f"run{seed}", ids, gold, run, labels, run.astype(float), seed)
        for run, seed in zip(predictions, seeds, strict=True)
    ]


def test_runs_of_the_same_seeds_are_paired_and_others_are_not():
    random = np.random.default_rng(0)
    gold = random.random((300, 3)) < 0.4
    wrong = [random.random(gold.shape) < share for share in (0.05, 0.15, 0.3)]
    runs = [gold ^ each for each in wrong]
    better = [run | gold for run in runs]  # a little better than each of them, whatever the seed
    systems = {
        "baseline": evaluated(runs, gold, (0, 1, 2)),
        "same seeds": evaluated(better, gold, (0, 1, 2)),
        "other seeds": evaluated(better, gold, (3, 4, 5)),
        "fewer": evaluated(better[:2], gold, (0, 1)),
    }
    compared = Comparison(systems, resamples=2000)
    paired = two_level_bootstrap(better, runs, gold, resamples=2000)
    found = {name: compared.difference(name, "baseline") for name in systems}
    assert found["same seeds"].standard_error == pytest.approx(paired.standard_error)
    assert found["other seeds"].standard_error > 1.3 * paired.standard_error
    assert found["other seeds"].difference == pytest.approx(found["same seeds"].difference)
    assert (found["same seeds"].seeds, found["fewer"].seeds) == (3, 2)
    assert compared.randomisation("same seeds", "baseline") < 0.01
    assert compared.randomisation("other seeds", "baseline") is None
    common = randomisation_test(better[:2], runs[:2], gold, None, 2000, 0)
    assert compared.randomisation("fewer", "baseline") == compared.randomisation("baseline", "fewer") == common


def test_compare_counts_the_spread_of_seeds(tmp_path, capsys):
    for seed in range(4):
        save(tmp_path / f"run{seed}", seed, at=seed)
    system, other = (",".join(str(tmp_path / f"run{seed}") for seed in seeds) for seeds in ((0, 1), (2, 3)))
    pair = printed(capsys, system, other)["pairs"][0]
    runs = [[read_evaluated(each, "test", "global") for each in names.split(",")] for names in (system, other)]
    expected = Comparison(dict(enumerate(runs)), 500).difference(1, 0)
    assert (pair["all"]["difference"], pair["all"]["low"]) == pytest.approx((expected.difference, expected.low))
    alone = printed(capsys, tmp_path / "run0", tmp_path / "run2")["pairs"][0]
    assert expected.standard_error > alone["all"]["standard_error"] / 2
    assert pair["all"]["seeds"] == 2
    assert pair["all"]["randomisation_p_value"] is None
    assert pair["system"] == "run2 and 1 more"
    compare(system, other, resamples=100)
    assert "run2 and 1 more - run0 and 1 more" in capsys.readouterr().out


def test_compare_names_mistakes(tmp_path):
    save(tmp_path / "a", 1)
    save(tmp_path / "fewer", 1, texts=50)
    save(tmp_path / "others", 1, labels=("joy", "anger", "awe"))
    save(tmp_path / "broken", 1, flat=True)
    (tmp_path / "broken" / "test.npz").write_bytes(b"PK")
    run = str(tmp_path / "a")
    for runs, message in [
        ([run], "expected two runs or more to compare, got 1"),
        ([run, str(tmp_path)], r"there is no .*test.npz' \(evaluate the run first: emograin evaluate RUN\)"),
        ([run, str(tmp_path / "none")], "there is no folder .*none"),
        ([run, f"{run}:nothing"], "has no scores of 'nothing'"),
        ([run, str(tmp_path / "fewer")], "different texts: 60 and 50, 50 in common"),
        ([run, str(tmp_path / "others")], "different labels"),
        ([run, str(tmp_path / "broken")], "cannot read .*test.npz"),
    ]:
        with pytest.raises(EmograinError, match=message):
            compare(*runs, resamples=100)
    with pytest.raises(EmograinError, match="did you mean 'global'"):
        read_evaluated(run, "test", "globl")
    with pytest.raises(EmograinError, match="resamples must be at least 100, got 1"):
        compare(run, run, resamples=1)


def test_compared_macro_f1_is_that_of_the_archived_evaluations(capsys):
    names = ["baseline-seed0", "label-embedding-seed0"]
    found = printed(capsys, *[RESULTS / name for name in names], thresholds="per-label")
    for row in found["systems"]:
        kept = json.loads((RESULTS / row["name"] / "test.json").read_text())["policies"]["per-label"]
        assert row["macro_f1_all"] == pytest.approx(kept["macro_f1"])
        assert row["macro_f1_frequent"] == pytest.approx(kept["macro_f1_frequent"])
    compare(*[str(RESULTS / name) for name in names], resamples=500)
    table = capsys.readouterr().out
    moved = [line.split()[0] for line in table.splitlines() if line.startswith("  ")]
    assert "label-embedding-seed0 - baseline-seed0" in table
    assert {"gratitude", "nervousness"} <= set(moved) < set(kept["labels"])


@pytest.mark.parametrize("flat", [False, True])
def test_scores_that_are_not_finite_are_an_error(tmp_path, flat):
    save(tmp_path / "run", 1, flat=flat)
    path = tmp_path / "run" / ("test.npz" if flat else "scores/test.npz")
    arrays = dict(np.load(path))
    arrays["scores"][3, 1] = np.nan
    np.savez(path, **arrays)
    with pytest.raises(EmograinError, match=r"test.npz' has scores that are not finite numbers"):
        compare(str(tmp_path / "run"), str(tmp_path / "run"), resamples=100)


def test_compare_needs_neither_torch_nor_scikit_learn_and_its_import_no_numpy():
    code = """if True:
        import sys
        import emograin.cli.compare
        assert "numpy" not in sys.modules
        run = sys.argv[1]
        emograin.cli.compare.compare(run, run, resamples=100)
        assert not {"torch", "sklearn", "scipy"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", code, str(RESULTS / "baseline-seed0")], check=True, stdout=subprocess.DEVNULL)


def test_the_gain_of_some_labels_is_compared_with_that_of_the_others():
    gold = np.tile(np.eye(2, dtype=bool), (40, 1))
    bad = gold.copy()
    bad[:40, 0] = False  # half of the first label's examples are missed
    ids = [str(at) for at in range(len(gold))]
    systems = {
        name: [EvaluatedRun(name, ids, gold, predictions, ["rare", "other"], predictions.astype(float))]
        for name, predictions in [("worse", bad), ("better", gold)]
    }
    compared = Comparison(systems, resamples=200)
    gain = 1 - 2 / 3  # F1 1 instead of 2/3
    assert compared.macro_f1("worse", ["rare"]) == pytest.approx(2 / 3)
    assert compared.difference("better", "worse").difference == pytest.approx(gain / 2)
    assert compared.difference("better", "worse", ["other"]).difference == 0
    assert compared.difference_in_gain("better", "worse", ["rare"]).difference == pytest.approx(gain)
    assert compared.difference_in_gain("better", "worse", ["rare"]).low > 0


def test_runs_of_one_seed_have_no_randomisation():
    random = np.random.default_rng(0)
    gold = random.random((100, 3)) < 0.4
    runs = [gold ^ (random.random(gold.shape) < share) for share in (0.05, 0.05, 0.3, 0.3)]
    systems = {"a": evaluated(runs[:2], gold, (0, 0)), "b": evaluated(runs[2:], gold, (0, 0))}
    compared = Comparison(systems, resamples=100)
    assert compared.difference("a", "b").low > 0
    assert compared.randomisation("a", "b") is None
    assert compared.randomisation("a", "a") is None


def test_labels_are_compared_with_the_chosen_others():
    gold = np.tile(np.eye(3, dtype=bool), (40, 1))
    worse = gold.copy()
    worse[:60, 0] = worse[:60, 1] = False  # half of their examples are missed
    systems = {name: evaluated([runs], gold, (0,)) for name, runs in [("worse", worse), ("better", gold)]}
    compared, (first, second, third) = Comparison(systems, resamples=50), LABELS[:3]
    assert compared.difference_in_gain("better", "worse", [first], [third]).difference == pytest.approx(1 / 3)
    assert compared.difference_in_gain("better", "worse", [first], [second]).difference == 0
    with pytest.raises(EmograinError, match="unknown label 'angr'"):
        compared.difference("better", "worse", ["angr"])


def test_gains_are_compared_by_text_and_seed():
    random = np.random.default_rng(0)
    gold = random.random((200, 3)) < 0.4
    runs = [gold ^ (random.random(gold.shape) < share) for share in (0.2, 0.25, 0.3)]
    systems = {"base": evaluated(runs, gold, (0, 1, 2)), "best": evaluated([gold] * 3, gold, (0, 1, 2))}
    compared = Comparison(systems | {"others": evaluated([gold] * 3, gold, (3, 4, 5))}, resamples=200)
    gain = compared.difference("best", "base")
    to_none = compared.difference_of_gains(("best", "base"), ("best", "best"))
    assert astuple(to_none) == pytest.approx(astuple(gain))
    same = compared.difference_of_gains(("best", "base"), ("best", "base"))
    assert (same.difference, same.low, same.high) == (0, 0, 0)
    assert compared.difference_of_gains(("base", "best"), ("best", "base")).difference == pytest.approx(
        -2 * gain.difference
    )
    with pytest.raises(EmograinError, match="same seeds"):
        compared.difference_of_gains(("best", "base"), ("others", "base"))


def test_an_evaluation_with_at_least_one_label_is_read_as_such(tmp_path):
    save(tmp_path / "run", 1)
    run = RunFolder(tmp_path / "run")
    ids, gold, scores = run.read_scores("test")
    run.write_scores("forced", list(ids), gold, scores * 0.5)
    chosen = threshold_policies.choose(scores, gold)
    found = metrics.evaluate(scores * 0.5, gold, chosen, LABELS, at_least_one=True)
    run.write_json("results/forced.json", found | {"at_least_one": True})
    read = read_evaluated(f"{run.path}:forced", "test", "global")
    assert read.predictions.any(axis=1).all()
    assert macro_f1(read.predictions, read.gold) == pytest.approx(found["policies"]["global"]["macro_f1"])
