"""§4.4: the weight and its thresholds are chosen on dev; test is read once, afterwards."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.candidates import CANDIDATES, Candidates
from emograin.classifier import load
from emograin.cli import main
from emograin.config import Mixing
from emograin.data import Corpus, Split
from emograin.errors import EmograinError
from emograin.evaluation import at_thresholds
from emograin.figures import weight_curve
from emograin.inference import score_documents
from emograin.mixers import MIXERS, Material
from emograin.mixing_evaluation import evaluate_mixed, sweep_dev, sweep_run
from emograin.mixing_weight import WEIGHTS, sweep
from emograin.run_evaluation import evaluate_run
from emograin.run_folder import RunFolder
from emograin.thresholds import choose
from emograin.training import train

FEW = (0.5, 0.8, 0.92, 1.0)


class Sealed(Exception):
    """A label that must not be read was read."""


def training_rows(request):
    """A stub: the training sentences beside each document's place, with similarities."""
    training = request.training()
    places = np.arange(len(request.documents))[:, None] + np.arange(request.settings.count)
    rows = places * 7 % len(training)
    similarities = (0.9 - 0.01 * np.arange(rows.shape[1]) * np.ones(rows.shape)).astype(np.float32)
    return Candidates([[training.texts[row] for row in some] for some in rows], rows, similarities, {"stub": True})


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Registers the source `stub`; what it was asked for."""
    requests = []
    monkeypatch.setitem(CANDIDATES, "stub", lambda request: requests.append(request) or training_rows(request))
    return requests


@pytest.fixture(scope="module")
def trained(settings, corpus, tmp_path_factory) -> Path:
    """A finished run with an auxiliary task; the other methods' mixing is test_mixing's."""
    path = tmp_path_factory.mktemp("runs") / "run"
    train(dataclasses.replace(settings, method="label-embedding", auxiliary="tone", epochs=6), corpus, RunFolder(path))
    return path


@pytest.fixture
def run(trained, tmp_path) -> RunFolder:
    """A copy of the run, to write into."""
    return RunFolder(shutil.copytree(trained, tmp_path / "run"))


def only(corpus: Corpus, **changed) -> Corpus:
    """The corpus with splits replaced, or left out where None."""
    loaders = {name: (lambda name=name: corpus.split(name)) for name in corpus.names}
    loaders |= {name: (lambda split=split: split() if callable(split) else split) for name, split in changed.items()}
    return Corpus(corpus.name, corpus.taxonomy, {k: v for k, v in loaders.items() if changed.get(k, "") is not None})


def sealed():
    raise Sealed


def without_mixing(result):
    return {key: value for key, value in result.items() if key != "mixing"}


# the sweep


@st.composite
def swept(draw):
    """Scores (weights, texts, labels) at FEW weights, with ties between weights, and labels."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    texts = draw(st.integers(1, 30))
    scores = random.random((len(FEW), texts, 3)).round(draw(st.sampled_from([1, 6]))).astype(np.float32)
    if draw(st.booleans()):
        scores[draw(st.integers(0, 3))] = scores[draw(st.integers(0, 3))]
    return scores, (random.random((texts, 3)) < draw(st.sampled_from([0, 0.2, 0.5]))).astype(np.uint8)


@settings(max_examples=25)
@given(swept())
def test_the_sweeps_figures_and_choice_are_those_of_brute_force(data):
    scores, labels = data
    found = sweep(scores, labels, FEW)
    macro = {}
    for weight, here, row in zip(FEW, scores, found["weights"], strict=True):
        assert row["weight"] == weight
        assert row["thresholds"] == choose(here, labels)
        for policy, values in row["thresholds"].items():
            figures = at_thresholds(here, labels, values, "abc")
            assert row["policies"][policy]["macro_f1"] == pytest.approx(figures["macro_f1"])
            assert row["policies"][policy]["micro_f1"] == pytest.approx(figures["micro_f1"])
        macro[weight] = at_thresholds(here, labels, choose(here, labels)["one-for-all"], "abc")["macro_f1"]
    best = max(weight for weight in FEW if macro[weight] > max(macro.values()) - 1e-9)
    assert found["best"] == found["weights"][FEW.index(best)]
    assert found["chosen_by"] == "one-for-all"
    assert json.loads(json.dumps(found)) == found


def test_of_equal_weights_the_one_nearest_to_1_is_taken():
    labels = np.eye(3, dtype=np.uint8)
    assert sweep(np.stack([labels * 0.9] * 4), labels, FEW)["best"]["weight"] == 1.0
    worse = np.stack([labels * 0.9, labels * 0.9, labels * 0.9, 1 - labels * 0.9])
    assert sweep(worse, labels, FEW)["best"]["weight"] == 0.92


def test_the_weights_are_every_fiftieth_from_a_half_to_1():
    assert [WEIGHTS[at] for at in (0, 1, 21, 25)] == [0.5, 0.52, 0.92, 1.0]
    assert len(WEIGHTS) == 26


def test_a_sweep_of_other_weights_than_scores_is_no_sweep():
    with pytest.raises(ValueError, match="zip"):
        sweep(np.zeros((3, 2, 2)), np.zeros((2, 2)), FEW)


# runs


def test_weight_1_gives_the_plain_evaluation(run, corpus):
    plain = evaluate_run(run, corpus)
    for mix in MIXERS:
        assert without_mixing(evaluate_mixed(run, corpus, Mixing("stub", mix=mix), 1.0)) == plain
        assert np.array_equal(run.read_scores(f"test-stub-{mix}-1")[2], run.read_scores("test")[2])


def test_a_document_as_its_own_candidate_gives_the_plain_evaluation(run, corpus):
    plain = evaluate_run(run, corpus)
    result = evaluate_mixed(run, corpus, Mixing("self"), 0.5)
    assert np.abs(run.read_scores("test-self-embeddings-0.5")[2] - run.read_scores("test")[2]).max() < 1e-5
    for policy, figures in result["policies"].items():
        assert figures["macro_f1"] == pytest.approx(plain["policies"][policy]["macro_f1"])


@pytest.mark.parametrize("mix", MIXERS)
def test_thresholds_are_chosen_on_dev_for_the_very_weight_and_candidates(run, corpus, asked, mix):
    settings = Mixing("stub", count=2, mix=mix)
    result = evaluate_mixed(run, corpus, settings, 0.6)
    method, dev = load(run).method, corpus.split("dev")
    material = Material(method, dev.texts, training_rows(asked[0]), lambda: corpus.split("train"), settings)
    mixed = MIXERS[mix](material, [0.6], lambda _: None)[0]
    for policy, values in choose(mixed, dev.labels).items():
        assert [row["threshold"] for row in result["policies"][policy]["labels"].values()] == values
    assert not np.allclose(mixed, score_documents(method, method.tokenize(dev.texts)))


def test_what_is_written_is_what_is_returned_and_says_how_it_was_mixed(run, corpus):
    result = evaluate_mixed(run, corpus, Mixing("stub", count=2), 0.92)
    assert run.read_json("results/test-stub-count-2-embeddings-0.92.json") == result
    mixing = result["mixing"]
    assert (mixing["weight"], mixing["candidates"], mixing["mix"], mixing["count"]) == (0.92, "stub", "embeddings", 2)
    assert mixing["facts"] == {"stub": True}
    test, gold = corpus.split("test"), corpus.split("train").labels
    shared = [(test.labels[at] & gold[(at + more) * 7 % 60]).any() for at in range(len(test)) for more in (0, 1)]
    assert 0 < np.mean(shared) < 1
    assert mixing["agreement"] == pytest.approx(np.mean(shared))
    assert evaluate_mixed(run, corpus, Mixing("self"), 0.92)["mixing"]["agreement"] is None
    ids, labels, _ = run.read_scores("test-stub-count-2-embeddings-0.92")
    assert ids == test.ids
    assert np.array_equal(labels, test.labels)


def test_dev_alone_is_read_by_a_sweep_and_test_only_once_it_is_kept(run, corpus):
    shut = only(corpus, test=sealed)
    found = sweep_dev(run, shut, Mixing("stub"), FEW)
    assert run.read_json("mixing/stub-embeddings/sweep.json") == found
    (run.path / "mixing/stub-embeddings/sweep.json").unlink()
    with pytest.raises(Sealed):
        sweep_run(run, shut, Mixing("stub"), FEW)
    assert run.read_json("mixing/stub-embeddings/sweep.json") == found
    for name in ("sweep.png", "sweep.svg"):
        assert (run.path / "mixing/stub-embeddings" / name).stat().st_size > 1000


def test_other_test_labels_change_no_weight_and_no_threshold(run, corpus, tmp_path):
    test = corpus.split("test")
    other = only(corpus, test=dataclasses.replace(test, labels=1 - test.labels))
    again = RunFolder(shutil.copytree(run.path, tmp_path / "again"))
    one, two = sweep_run(run, corpus, Mixing("stub"), FEW), sweep_run(again, other, Mixing("stub"), FEW)
    assert one["sweep"] == two["sweep"]
    assert one["mixed"]["mixing"]["weight"] == two["mixed"]["mixing"]["weight"] == one["sweep"]["best"]["weight"]
    for policy, figures in one["mixed"]["policies"].items():
        here = [row["threshold"] for row in figures["labels"].values()]
        assert here == [row["threshold"] for row in two["mixed"]["policies"][policy]["labels"].values()]
        assert here == one["sweep"]["best"]["thresholds"][policy]
    assert one["mixed"]["policies"] != two["mixed"]["policies"]
    assert one["plain"] == evaluate_run(run, corpus)


def test_a_source_gets_texts_without_labels_the_runs_encoder_and_a_folder_of_its_own(run, corpus, asked, settings):
    sweep_run(run, corpus, Mixing("stub", file="back.{split}.tsv"), FEW)
    assert [request.documents.name for request in asked] == ["dev", "test"]
    for request in asked:
        split = corpus.split(request.documents.name)
        assert (request.documents.ids, request.documents.texts) == (split.ids, split.texts)
        assert request.documents.labels.size == 0
        assert request.encoder == settings.encoder
        assert request.settings.file == f"back.{split.name}.tsv"
    assert len({request.folder for request in asked}) == 2
    assert all(run.path in request.folder.parents for request in asked)


def test_a_sweep_of_dev_and_plain_dev_agree_at_weight_1(run, corpus):
    found = sweep_dev(run, corpus, Mixing("stub"), FEW)
    plain = run.read_json("results/dev.json")
    assert found["weights"][-1]["thresholds"] == run.read_json("thresholds.json")
    for policy, figures in found["weights"][-1]["policies"].items():
        assert figures["macro_f1"] == pytest.approx(plain["policies"][policy]["macro_f1"])


def test_thresholds_that_a_sweep_has_stored_are_taken_and_only_for_the_same_thing(run, corpus, asked, tmp_path):
    file = tmp_path / "back.dev.tsv"
    file.write_text("one")
    settings = Mixing("stub", file=str(tmp_path / "back.{split}.tsv"))
    before = evaluate_mixed(run, corpus, settings, 0.8)
    sweep_dev(run, corpus, settings, FEW)

    def splits_asked(corpus, settings, weight):
        asked.clear()
        evaluate_mixed(run, corpus, settings, weight)
        return [request.documents.name for request in asked]

    assert splits_asked(corpus, settings, 0.8) == ["test"]
    assert run.read_json(f"results/test-{settings.name}-0.8.json") == before
    assert splits_asked(corpus, settings, 0.7) == ["dev", "test"]
    assert splits_asked(corpus, dataclasses.replace(settings, count=2), 0.8) == ["dev", "test"]
    dev = corpus.split("dev")
    fewer = Split("dev", dev.ids[1:], dev.texts[1:], dev.labels[1:])
    assert splits_asked(only(corpus, dev=fewer), settings, 0.8) == ["dev", "test"]
    file.write_text("other")
    assert splits_asked(corpus, settings, 0.8) == ["dev", "test"]


def test_another_corpus_is_evaluated_at_thresholds_of_the_runs_own_dev(run, corpus, asked):
    test = corpus.split("test")
    other = Corpus("other", corpus.taxonomy, {"test": lambda: test})
    result = evaluate_mixed(run, other, Mixing("stub"), 0.8, name="other-test", own=corpus)
    usual = evaluate_mixed(run, corpus, Mixing("stub"), 0.8)
    assert result["corpus"] == "other"
    assert result["policies"] == usual["policies"]
    assert run.read_json("results/other-test-stub-embeddings-0.8.json") == result
    assert asked[1].folder != asked[3].folder


@pytest.mark.parametrize(
    ("given", "weight", "missing", "said"),
    [
        (Mixing("paraphrse"), 0.5, None, "unknown candidates 'paraphrse', did you mean 'paraphrase'"),
        (Mixing("self", mix="score"), 0.5, None, "unknown mix 'score', did you mean 'scores'"),
        (Mixing("self"), 1.5, None, r"mixing_weight must lie in \[0, 1\], got 1.5"),
        (Mixing("stub"), 0.5, "train", "corpus '.*' has no training split to take candidates from"),
        (Mixing("self"), 0.5, "dev", "chosen on dev, and corpus '.*' has no dev split"),
        (Mixing("self"), 0.5, "test", "unknown split .* 'test'"),
        (Mixing("self", mix="labels"), 0.5, None, "candidates 'self' are no training sentences"),
    ],
)
def test_a_mistake_is_said(run, corpus, given, weight, missing, said):
    corpus = only(corpus, **{missing: None}) if missing else corpus
    with pytest.raises(EmograinError, match=said):
        evaluate_mixed(run, corpus, given, weight)
    assert not list((run.path / "results").glob("test*"))


def test_a_corpus_without_training_sentences_will_do_for_sources_that_ask_for_none(run, corpus):
    assert evaluate_mixed(run, only(corpus, train=sealed), Mixing("self"), 0.5)["texts"] == 20


def test_a_run_that_is_not_finished_is_said(run, corpus):
    (run.path / "thresholds.json").unlink()
    with pytest.raises(EmograinError, match=r"has no thresholds.json \(was its training finished"):
        evaluate_mixed(run, corpus, Mixing("self"), 0.5)
    with pytest.raises(EmograinError, match="is not a run folder"):
        sweep_dev(RunFolder(run.path / "nowhere"), corpus, Mixing("self"))


# the picture


def test_the_picture_is_the_same_bytes_again_and_says_what_it_is_made_of(run, corpus, tmp_path):
    found = sweep_dev(run, corpus, Mixing("stub"), FEW)
    one, two = weight_curve(tmp_path / "one.png", [found, found]), weight_curve(tmp_path / "two.png", [found, found])
    assert [path.name for path in one] == ["one.png", "one.svg"]
    assert one[1].read_bytes() == two[1].read_bytes()
    drawn = one[1].read_text()
    best = found["best"]["weight"]
    for part in ("a drop below 0.85", "best: 0.92", "threshold 0.3", f"weight {best:.2f} was chosen", "20 dev texts"):
        assert part in drawn
    assert str(tmp_path) not in drawn


# the command line


def test_evaluate_with_candidates_prints_and_keeps_the_mixed_result(run, corpus, capsys):
    arguments = ["evaluate", str(run.path), "--candidates", "stub", "--mixing-weight", "0.8", "--count", "2", "--json"]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == run.read_json("results/test-stub-count-2-embeddings-0.8.json")
    assert result == evaluate_mixed(run, corpus, Mixing("stub", count=2), 0.8)
    assert not (run.path / "results/test.json").exists()


def test_mix_shows_test_beside_the_run_without_mixing(run, capsys):
    assert main(["mix", str(run.path), "--candidates", "stub", "--mix", "scores"]) == 0
    captured = capsys.readouterr()
    mixed = run.read_json("results/test-stub-scores-0.92.json")["policies"]["fixed"]["macro_f1"]
    plain = run.read_json("results/test.json")["policies"]["fixed"]["macro_f1"]
    (row,) = [line for line in captured.out.splitlines() if line.startswith("macro F1, fixed  ")]
    assert row.split()[3:] == [f"{plain:.4f}", f"{mixed:.4f}", f"{mixed - plain:+.4f}"]
    assert "results/test-stub-scores-0.92.json" in captured.err
    assert not (run.path / "mixing").exists()


def test_mix_sweep_marks_the_best_weight_and_reads_test_with_it(run, capsys):
    assert main(["mix", str(run.path), "--candidates", "stub", "--sweep"]) == 0
    shown = capsys.readouterr().out
    best = run.read_json("mixing/stub-embeddings/sweep.json")["best"]
    (marked,) = [line for line in shown.splitlines() if line.endswith("<- best")]
    figures = [f"{best['policies'][policy]['macro_f1']:.4f}" for policy in ("fixed", "one-for-all", "one-a-label")]
    assert marked.split()[:4] == [f"{best['weight']:.2f}", *figures]
    assert sum(line[:2] in ("0.", "1.") for line in shown.splitlines()) == 26
    assert f"weight {best['weight']:g}" in shown
    assert (run.path / f"results/test-stub-embeddings-{best['weight']:g}.json").is_file()
    assert main(["mix", str(run.path), "--candidates", "stub", "--sweep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sweep"]["best"] == best


def test_a_file_of_candidates_is_found_by_its_split(run, corpus, tmp_path, capsys):
    for name in ("dev", "test"):
        rows = [f"{id}\t{text}" for id, text in zip(corpus.split(name).ids, corpus.split(name).texts, strict=True)]
        (tmp_path / f"same.{name}.tsv").write_text("\n".join(rows) + "\n")
    file = str(tmp_path / "same.{split}.tsv")
    assert main(["mix", str(run.path), "--candidates", "file", "--candidates-file", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mixed"]["mixing"]["file"] == "same.{split}.tsv"
    assert found["mixed"]["policies"] == found["plain"]["policies"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mix", "RUN"], "no candidates to mix with"),
        (["evaluate", "RUN", "--mixing-weight", "0.5"], "no candidates to mix with"),
        (
            ["evaluate", "RUN", "--candidates", "self", "--mixing-weight", "1.5"],
            "mixing_weight must lie in [0, 1], got",
        ),
        (["mix", "RUN", "--candidates", "self", "--mixing-weight=-1"], "mixing_weight must lie in [0, 1], got -1"),
        (["mix", "RUN", "--candidates", "self", "--sweep", "--mixing-weight", "1"], "got both"),
        (["mix", "RUN", "--candidates", "sefl"], "did you mean 'self'?"),
        (["mix", "RUN", "--candidates", "self", "--count", "0"], "count must be at least 1, got 0"),
        (["mix", "RUN", "--candidates", "self", "--mix", "labels"], "no training sentences"),
        (["mix", "nowhere", "--candidates", "self"], "'nowhere' is not a run folder"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_2(run, capsys, arguments, said):
    assert main([str(run.path) if each == "RUN" else each for each in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    assert said in captured.err


def test_the_help_of_both_commands_has_the_same_flags_of_mixing(capsys):
    helps = []
    for command in ("evaluate", "mix"):
        assert main([command, "--help"]) == 0
        helps.append({word for word in capsys.readouterr().out.split() if word.startswith("--")})
    assert helps[0] & helps[1] >= {
        "--candidates",
        "--mixing-weight",
        "--count",
        "--mix",
        "--candidates-file",
        "--beams",
    }
    assert "--without-duplicates" in helps[0] & helps[1]
