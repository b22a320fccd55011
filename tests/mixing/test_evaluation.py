"""Evaluation with mixing (§4.4): thresholds are chosen on dev for that weight; test is read once, afterwards."""

import dataclasses
import shutil

import numpy as np
import pytest
from helpers.mixed_runs import FEW, training_rows

from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.evaluation.run_evaluation import evaluate_run
from emograin.evaluation.threshold_policies import choose
from emograin.mixing.config import Mixing
from emograin.mixing.evaluation import evaluate_mixed, stored_evaluation, stored_sweep, sweep_dev, sweep_run
from emograin.mixing.mixers import MIXERS, MixingInputs
from emograin.models.classifier import load
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.reproduction.figures import draw_weight_curves

pytestmark = pytest.mark.usefixtures("stub_source")


class Sealed(Exception):
    """Raised when a sealed split is read."""


def only(corpus: Corpus, **changed) -> Corpus:
    """The corpus with some splits replaced, or left out if None."""
    loaders = {name: (lambda name=name: corpus.split(name)) for name in corpus.split_names}
    loaders |= {name: (lambda split=split: split() if callable(split) else split) for name, split in changed.items()}
    return Corpus(corpus.name, corpus.taxonomy, {k: v for k, v in loaders.items() if changed.get(k, "") is not None})


def sealed():
    raise Sealed


def without_mixing(result):
    return {key: value for key, value in result.items() if key != "mixing"}


def test_weight_1_gives_the_plain_evaluation(mixing_run, corpus):
    plain = evaluate_run(mixing_run, corpus)
    for mix in MIXERS:
        assert without_mixing(evaluate_mixed(mixing_run, corpus, Mixing("stub", mix=mix), 1.0)) == plain
        assert np.array_equal(mixing_run.read_scores(f"test-stub-{mix}-1")[2], mixing_run.read_scores("test")[2])


def test_a_document_as_its_own_candidate_gives_the_plain_evaluation(mixing_run, corpus):
    plain = evaluate_run(mixing_run, corpus)
    result = evaluate_mixed(mixing_run, corpus, Mixing("self"), 0.5)
    mixed_scores, scores = (mixing_run.read_scores(name)[2] for name in ("test-self-embeddings-0.5", "test"))
    assert np.abs(mixed_scores - scores).max() < 1e-5
    for policy, figures in result["policies"].items():
        assert figures["macro_f1"] == pytest.approx(plain["policies"][policy]["macro_f1"])


@pytest.mark.parametrize("mix", MIXERS)
def test_thresholds_are_chosen_on_dev_for_that_weight_and_those_candidates(mixing_run, corpus, stub_source, mix):
    settings = Mixing("stub", top=2, mix=mix)
    result = evaluate_mixed(mixing_run, corpus, settings, 0.6)
    method, dev = load(mixing_run).method, corpus.split("dev")
    inputs = MixingInputs(method, dev.texts, training_rows(stub_source[0]), lambda: corpus.split("train"), settings)
    mixed = MIXERS[mix](inputs, [0.6], lambda _: None)[0]
    for policy, values in choose(mixed, dev.labels).items():
        assert [row["threshold"] for row in result["policies"][policy]["labels"].values()] == values
    assert not np.allclose(mixed, score_documents(method, method.tokenize(dev.texts)))


def test_the_result_is_written_with_the_settings_of_the_mixing(mixing_run, corpus):
    result = evaluate_mixed(mixing_run, corpus, Mixing("stub", top=2), 0.92)
    assert mixing_run.read_json("results/test-stub-top-2-embeddings-0.92.json") == result
    mixing = result["mixing"]
    assert (mixing["weight"], mixing["candidates"], mixing["mix"], mixing["top"]) == (0.92, "stub", "embeddings", 2)
    assert mixing["metadata"] == {"stub": True}
    test, gold = corpus.split("test"), corpus.split("train").labels
    shared = [(test.labels[at] & gold[(at + more) * 7 % 60]).any() for at in range(len(test)) for more in (0, 1)]
    assert 0 < np.mean(shared) < 1
    assert mixing["agreement"] == pytest.approx(np.mean(shared))
    assert evaluate_mixed(mixing_run, corpus, Mixing("self"), 0.92)["mixing"]["agreement"] is None
    ids, labels, _ = mixing_run.read_scores("test-stub-top-2-embeddings-0.92")
    assert ids == test.ids
    assert np.array_equal(labels, test.labels)


def test_a_sweep_reads_dev_only_and_test_is_read_after_the_sweep_is_saved(mixing_run, corpus):
    shut = only(corpus, test=sealed)
    found = sweep_dev(mixing_run, shut, Mixing("stub"), FEW)
    assert mixing_run.read_json("mixing/stub-embeddings/sweep.json") == found
    (mixing_run.path / "mixing/stub-embeddings/sweep.json").unlink()
    with pytest.raises(Sealed):
        sweep_run(mixing_run, shut, Mixing("stub"), FEW)
    assert mixing_run.read_json("mixing/stub-embeddings/sweep.json") == found


def test_other_test_labels_change_no_weight_and_no_threshold(mixing_run, corpus, tmp_path):
    test = corpus.split("test")
    other = only(corpus, test=dataclasses.replace(test, labels=1 - test.labels))
    again = RunFolder(shutil.copytree(mixing_run.path, tmp_path / "again"))
    one, two = sweep_run(mixing_run, corpus, Mixing("stub"), FEW), sweep_run(again, other, Mixing("stub"), FEW)
    assert one["sweep"] == two["sweep"]
    assert one["mixed"]["mixing"]["weight"] == two["mixed"]["mixing"]["weight"] == one["sweep"]["best"]["weight"]
    for policy, figures in one["mixed"]["policies"].items():
        here = [row["threshold"] for row in figures["labels"].values()]
        assert here == [row["threshold"] for row in two["mixed"]["policies"][policy]["labels"].values()]
        assert here == one["sweep"]["best"]["thresholds"][policy]
    assert one["mixed"]["policies"] != two["mixed"]["policies"]
    assert one["plain"] == evaluate_run(mixing_run, corpus)


def test_a_source_gets_texts_without_labels_the_runs_encoder_and_its_own_folder(
    mixing_run, corpus, stub_source, settings
):
    sweep_run(mixing_run, corpus, Mixing("stub", file="back.{split}.tsv"), FEW)
    assert [request.documents.name for request in stub_source] == ["dev", "test"]
    for request in stub_source:
        split = corpus.split(request.documents.name)
        assert (request.documents.ids, request.documents.texts) == (split.ids, split.texts)
        assert request.documents.labels.size == 0
        assert request.encoder == settings.encoder
        assert request.settings.file == f"back.{split.name}.tsv"
    assert len({request.folder for request in stub_source}) == 2
    assert all(mixing_run.path in request.folder.parents for request in stub_source)


def test_a_sweep_of_dev_and_plain_dev_agree_at_weight_1(mixing_run, corpus):
    found = sweep_dev(mixing_run, corpus, Mixing("stub"), FEW)
    plain = mixing_run.read_json("results/dev.json")
    assert found["weights"][-1]["thresholds"] == mixing_run.read_json("thresholds.json")
    for policy, figures in found["weights"][-1]["policies"].items():
        assert figures["macro_f1"] == pytest.approx(plain["policies"][policy]["macro_f1"])


def test_thresholds_of_a_stored_sweep_are_used_for_the_same_dev_split_and_settings_only(
    mixing_run, corpus, stub_source, tmp_path
):
    file = tmp_path / "back.dev.tsv"
    file.write_text("one")
    settings = Mixing("stub", file=str(tmp_path / "back.{split}.tsv"))
    before = evaluate_mixed(mixing_run, corpus, settings, 0.8)
    sweep_dev(mixing_run, corpus, settings, FEW)

    def splits_asked(corpus, settings, weight):
        stub_source.clear()
        evaluate_mixed(mixing_run, corpus, settings, weight)
        return [request.documents.name for request in stub_source]

    assert splits_asked(corpus, settings, 0.8) == ["test"]
    assert mixing_run.read_json(f"results/test-{settings.name}-0.8.json") == before
    assert splits_asked(corpus, settings, 0.7) == ["dev", "test"]
    assert splits_asked(corpus, dataclasses.replace(settings, top=2), 0.8) == ["dev", "test"]
    dev = corpus.split("dev")
    fewer = Split("dev", dev.ids[1:], dev.texts[1:], dev.labels[1:])
    assert splits_asked(only(corpus, dev=fewer), settings, 0.8) == ["dev", "test"]
    file.write_text("other")
    assert splits_asked(corpus, settings, 0.8) == ["dev", "test"]


def test_a_stored_sweep_is_of_the_training_sentences_that_it_was_made_of(mixing_run, corpus):
    settings = Mixing("nearest-training-sentence")
    train = corpus.split("train")
    fewer = Split("train", train.ids[1:], train.texts[1:], train.labels[1:])
    before, result = sweep_dev(mixing_run, corpus, settings, FEW), evaluate_mixed(mixing_run, corpus, settings, 0.8)
    assert stored_sweep(mixing_run, corpus, settings) == before
    assert stored_evaluation(mixing_run, corpus, settings, 0.8) == result
    assert stored_sweep(mixing_run, only(corpus, train=fewer), settings) is None
    assert stored_evaluation(mixing_run, only(corpus, train=fewer), settings, 0.8) is None


def test_the_weight_of_a_stored_sweep_is_chosen_again_if_another_policy_chose_it(mixing_run, corpus, stub_source):
    settings = Mixing("stub")
    expected = sweep_dev(mixing_run, corpus, settings, FEW)
    name = f"mixing/{settings.name}/sweep.json"
    mixing_run.write_json(name, expected | {"best": expected["weights"][0] | {"weight": 0.1}, "chosen_by": "global"})
    stub_source.clear()
    assert stored_sweep(mixing_run, corpus, settings) == expected
    assert mixing_run.read_json(name) == expected
    assert not stub_source


def test_another_corpus_is_evaluated_at_thresholds_of_the_runs_own_dev(mixing_run, corpus, stub_source):
    test = corpus.split("test")
    other = Corpus("other", corpus.taxonomy, {"test": lambda: test})
    result = evaluate_mixed(mixing_run, other, Mixing("stub"), 0.8, name="other-test", run_corpus=corpus)
    usual = evaluate_mixed(mixing_run, corpus, Mixing("stub"), 0.8)
    assert result["corpus"] == "other"
    assert result["policies"] == usual["policies"]
    assert mixing_run.read_json("results/other-test-stub-embeddings-0.8.json") == result
    assert stub_source[1].folder != stub_source[3].folder


@pytest.mark.parametrize(
    ("given", "weight", "missing", "said"),
    [
        (Mixing("paraphrse"), 0.5, None, "unknown candidates 'paraphrse', did you mean 'paraphrase'"),
        (Mixing("self", mix="score"), 0.5, None, "unknown mix 'score', did you mean 'scores'"),
        (Mixing("self"), 1.5, None, r"mixing_weight must lie in \[0, 1\], got 1.5"),
        (Mixing("stub"), 0.5, "train", "corpus '.*' has no training split to take candidates from"),
        (Mixing("self"), 0.5, "dev", "chosen on dev, and corpus '.*' has no dev split"),
        (Mixing("self"), 0.5, "test", "has no split 'test'"),
        (Mixing("self", mix="labels"), 0.5, None, "candidates 'self' are no training sentences"),
    ],
)
def test_a_mistake_is_an_error_before_anything_is_written(mixing_run, corpus, given, weight, missing, said):
    corpus = only(corpus, **{missing: None}) if missing else corpus
    with pytest.raises(EmograinError, match=said):
        evaluate_mixed(mixing_run, corpus, given, weight)
    assert not list((mixing_run.path / "results").glob("test*"))


def test_sources_that_need_no_training_split_work_without_one(mixing_run, corpus):
    assert evaluate_mixed(mixing_run, only(corpus, train=sealed), Mixing("self"), 0.5)["texts"] == 20


def test_an_unfinished_run_is_an_error(mixing_run, corpus):
    (mixing_run.path / "thresholds.json").unlink()
    with pytest.raises(EmograinError, match=r"has no thresholds.json \(was its training finished"):
        evaluate_mixed(mixing_run, corpus, Mixing("self"), 0.5)
    with pytest.raises(EmograinError, match="there is no folder .*nowhere"):
        sweep_dev(RunFolder(mixing_run.path / "nowhere"), corpus, Mixing("self"))


def test_the_plot_is_reproducible_and_its_caption_names_its_data(mixing_run, corpus, tmp_path):
    found = sweep_dev(mixing_run, corpus, Mixing("stub"), FEW)
    one, two = (
        draw_weight_curves(tmp_path / "one.png", [found, found]),
        draw_weight_curves(tmp_path / "two.png", [found, found]),
    )
    assert [path.name for path in one] == ["one.png", "one.svg"]
    assert one[1].read_bytes() == two[1].read_bytes()
    drawn = one[1].read_text()
    best = found["best"]["weight"]
    for part in ("a drop below 0.85", "best: 0.92", "threshold 0.3", f"weight {best:.2f} was chosen", "20 dev texts"):
        assert part in drawn
    assert str(tmp_path) not in drawn


def test_a_stored_evaluation_is_that_of_the_same_candidates_and_thresholds(mixing_run, corpus, tmp_path):
    def write(split, text):
        rows = (f"{name}\t{text}\n" for name in corpus.split(split).ids)
        (tmp_path / f"{split}.tsv").write_text("".join(rows))

    write("dev", "so happy today")
    write("test", "so happy today")
    settings = Mixing("file", file=str(tmp_path / "{split}.tsv"))
    assert stored_evaluation(mixing_run, corpus, settings, 0.8) is None
    sweep_dev(mixing_run, corpus, settings, FEW)
    result = evaluate_mixed(mixing_run, corpus, settings, 0.8)
    assert stored_evaluation(mixing_run, corpus, settings, 0.8) == result
    assert stored_evaluation(mixing_run, corpus, settings, 0.5) is None
    write("test", "I am furious")
    assert stored_evaluation(mixing_run, corpus, settings, 0.8) is None
