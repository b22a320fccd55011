"""The training loop: learning, files, errors. Real trainings of a tiny encoder."""

import csv
import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.evaluation.results import read_curve
from emograin.evaluation.threshold_policies import POLICIES
from emograin.models import classifier, encoder
from emograin.models.methods import METHODS
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.models.tensor_files import read_tensors
from emograin.training.loop import train

COLUMNS = "step epoch loss auxiliary_loss temperature macro_f1 macro_f1_fixed seconds texts_per_second".split()
FILES = {
    "run.json",
    "taxonomy.json",
    "encoder",
    "weights.safetensors",
    "checkpoint.safetensors",
    "curve.csv",
    "thresholds.json",
    "results",
    "scores",
}


def curve(run, *columns):
    """Read columns of `curve.csv`: (evaluations, columns), or (evaluations,) for one column."""
    with run.curve.open() as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[column]) for column in columns] for row in rows]).squeeze()


def weights(run):
    return read_tensors(run.weights)[0]


def last_step(run):
    """Read weights and optimizer state from the last checkpoint."""
    return read_tensors(run.checkpoint)[0]


def assert_close(these, those, tolerance):
    assert these.keys() == those.keys()
    for name in these:
        torch.testing.assert_close(these[name], those[name], atol=tolerance, rtol=0, msg=name)


@pytest.fixture(scope="module", params=METHODS)
def finished(request, settings, corpus, tmp_path_factory):
    """Settings, folder and metrics of a finished run with an auxiliary task, for every method."""
    run = RunFolder(tmp_path_factory.mktemp("runs") / request.param)
    chosen = dataclasses.replace(settings, method=request.param, auxiliary="tone")
    return chosen, run, train(chosen, corpus, run)


@pytest.mark.parametrize(("method", "share", "precision"), [("baseline", 0.6, 0.85), ("label-embedding", 0.8, 0.6)])
def test_a_learnable_corpus_is_learnt(method, share, precision, settings, corpus, tmp_path):
    run = RunFolder(tmp_path)
    chosen = dataclasses.replace(settings, method=method, epochs=25, learning_rate=1e-2, evaluate_every=25)
    metrics = train(chosen, corpus, run)
    losses = curve(run, "loss")
    assert losses[-1] < share * losses[0]
    assert (np.diff(losses) < 0).all()
    assert metrics["macro_average_precision"] > precision  # 0.4 by chance


def test_a_run_writes_every_file_and_leaves_no_partial_one(finished):
    _, run, _ = finished
    assert {path.name for path in run.path.iterdir()} == FILES
    assert not list(run.path.rglob("*.part"))


def test_the_metrics_on_dev_are_those_of_the_saved_scores_and_thresholds(finished, corpus):
    _, run, metrics = finished
    ids, labels, scores = run.read_scores("dev")
    dev = corpus.split("dev")
    assert ids == dev.ids
    assert (labels == dev.labels).all()
    assert run.read_json("results/dev.json") == metrics
    thresholds = run.read_json("thresholds.json")
    assert thresholds == {name: policy(scores, labels).tolist() for name, policy in POLICIES.items()}


def test_a_loaded_run_scores_as_it_did_when_it_ended(finished, corpus):
    _, run, _ = finished
    loaded = classifier.load(run)
    scores = score_documents(loaded.method, loaded.method.tokenize(corpus.split("dev").texts))
    assert np.abs(scores - run.read_scores("dev")[2]).max() < 1e-6
    assert not loaded.training


def test_the_saved_weights_are_the_best_of_the_curve(finished):
    _, run, metrics = finished
    assert metrics["policies"]["global"]["macro_f1"] == pytest.approx(curve(run, "macro_f1").max(), abs=1e-5)


def test_run_json_holds_settings_data_and_versions(finished):
    chosen, run, _ = finished
    description = run.description
    assert description["settings"] == chosen.to_dict()
    assert description["data"] == {"train": 60, "dev": 20}
    assert description["parameters"] == sum(tensor.numel() for tensor in weights(run).values())
    assert {"emograin", "torch", "transformers"} <= set(description["versions"])


def test_the_curve_has_one_row_per_evaluation(finished):
    _, run, _ = finished
    assert run.curve.read_text().splitlines()[0].split(",") == COLUMNS
    assert curve(run, "step").tolist() == [2, 4, 6, 8]  # 2 epochs of 4 batches
    assert curve(run, "epoch").tolist() == [0.5, 1, 1.5, 2]
    assert (curve(run, "loss", "auxiliary_loss", "texts_per_second") > 0).all()
    assert (np.diff(curve(run, "seconds")) >= 0).all()


def test_dev_is_evaluated_after_each_quarter_of_an_epoch_and_at_the_end(settings, corpus, tmp_path):
    run = RunFolder(tmp_path)
    train(dataclasses.replace(settings, epochs=1, batch_size=6, evaluate_every=None), corpus, run)
    assert curve(run, "step").tolist() == [3, 6, 9, 10]


def test_the_temperature_rises_in_equal_steps_from_alpha_to_1(settings, corpus, tmp_path):
    run = RunFolder(tmp_path)
    train(dataclasses.replace(settings, auxiliary="tone", alpha=0.6, evaluate_every=1), corpus, run)
    steps, temperatures = curve(run, "step", "temperature").T
    # 8 steps: T is 0.6 at the first and 1 at the last; a row has the T of the next step.
    expected = [0.6 + 0.4 * min(step / 7, 1) for step in steps]
    assert temperatures.tolist() == pytest.approx(expected, abs=1e-6)
    assert temperatures[-1] == 1


def test_a_constant_temperature_does_not_change(settings, corpus, tmp_path):
    run = RunFolder(tmp_path)
    chosen = dataclasses.replace(settings, epochs=1, auxiliary="tone", alpha=0.6, temperature="constant")
    train(chosen, corpus, run)
    assert set(curve(run, "temperature").tolist()) == {0.6}


def test_an_auxiliary_task_with_weight_0_changes_nothing(settings, corpus, tmp_path):
    alone, beside, joint = (RunFolder(tmp_path / name) for name in ("alone", "beside", "joint"))
    train(settings, corpus, alone)
    train(dataclasses.replace(settings, auxiliary="arousal", alpha=1.0), corpus, beside)
    train(dataclasses.replace(settings, auxiliary="arousal", alpha=0.5), corpus, joint)
    shared = {name: tensor for name, tensor in weights(beside).items() if not name.startswith("auxiliary.")}
    assert_close(shared, weights(alone), tolerance=1e-6)  # the gradient's norm is summed over more parameters
    assert any((tensor - weights(joint)[name]).abs().max() > 1e-4 for name, tensor in shared.items())


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(finished, corpus, tmp_path):
    chosen, run, _ = finished
    again, other = RunFolder(tmp_path / "again"), RunFolder(tmp_path / "other")
    torch.rand(7)  # random numbers drawn before do not matter
    train(chosen, corpus, again)
    train(dataclasses.replace(chosen, seed=chosen.seed + 1), corpus, other)
    assert again.weights.read_bytes() == run.weights.read_bytes()
    assert other.weights.read_bytes() != run.weights.read_bytes()


@pytest.mark.parametrize("method", METHODS)
def test_micro_batches_give_the_same_losses_and_weights(method, settings, corpus, tmp_path):
    whole, split = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "split")
    chosen = dataclasses.replace(settings, method=method, auxiliary="tone", dropout=0.0, learning_rate=1e-3)
    train(chosen, corpus, whole)
    train(dataclasses.replace(chosen, micro_batch_size=5), corpus, split)  # divides neither 16 nor the last 12
    columns = "loss", "auxiliary_loss", "macro_f1"
    assert np.abs(curve(whole, *columns) - curve(split, *columns)).max() < 1e-5
    whole_weights, split_weights = (
        # The gradient of a key's bias is zero up to rounding errors, which AdamW scales up.
        {k: v for k, v in last_step(run).items() if k.startswith("weights.") and not k.endswith("key.bias")}
        for run in (whole, split)
    )
    assert_close(whole_weights, split_weights, tolerance=1e-5)


def test_the_ema_of_the_weights_is_evaluated_and_saved(settings, corpus, tmp_path):
    plain, averaged = RunFolder(tmp_path / "plain"), RunFolder(tmp_path / "averaged")
    chosen = dataclasses.replace(settings, epochs=1, evaluate_every=4)  # one evaluation, at the end
    train(chosen, corpus, plain)
    train(dataclasses.replace(chosen, ema_decay=0.9), corpus, averaged)
    trained = {name: tensor for name, tensor in last_step(averaged).items() if not name.startswith("average.")}
    assert_close(trained, last_step(plain), tolerance=0)  # the training itself is the same
    average = {name: last_step(averaged)[f"average.module.{name}"] for name in weights(averaged)}
    assert_close(weights(averaged), average, tolerance=0)
    assert any((tensor - average[name]).abs().max() > 1e-4 for name, tensor in weights(plain).items())
    loaded = classifier.load(averaged)
    scores = score_documents(loaded.method, loaded.method.tokenize(corpus.split("dev").texts))
    assert np.abs(scores - averaged.read_scores("dev")[2]).max() < 1e-6


def test_bf16_trains_with_float32_weights(settings, corpus, tmp_path):
    run = RunFolder(tmp_path)
    train(dataclasses.replace(settings, epochs=1, precision="bf16"), corpus, run)
    assert {tensor.dtype for tensor in weights(run).values()} == {torch.float32}
    assert np.isfinite(curve(run, "loss")).all()


def test_a_finished_run_resumed_gives_the_same_files(finished, corpus, tmp_path):
    chosen, run, metrics = finished
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(run.path, copy.path)
    assert train(chosen, corpus, copy, resume=True) == metrics
    names = {path.relative_to(run.path) for path in run.path.rglob("*") if path.is_file()}
    assert {path.relative_to(copy.path) for path in copy.path.rglob("*") if path.is_file()} == names
    for name in names:
        if name.suffix != ".npz":  # a zip file holds the time
            assert (copy.path / name).read_bytes() == (run.path / name).read_bytes(), name


class Sealed(Split):
    """A split whose labels must not be read."""

    @property
    def labels(self):
        raise AssertionError("the labels of the test split were read")

    @labels.setter
    def labels(self, value):
        pass


def test_nothing_that_trains_or_chooses_reads_the_labels_of_test(settings, corpus, tmp_path):
    seal = Corpus(
        corpus.name,
        corpus.taxonomy,
        {name: lambda name=name: corpus.split(name) for name in ("train", "dev")}
        | {"test": lambda: Sealed("test", ["a"], ["so happy"], None)},
    )
    with pytest.raises(AssertionError, match="were read"):
        _ = seal.split("test").labels
    run = RunFolder(tmp_path)
    train(dataclasses.replace(settings, epochs=1, auxiliary="tone"), seal, run)
    assert set(run.read_json("thresholds.json")) == set(POLICIES)
    train(dataclasses.replace(settings, epochs=1, auxiliary="tone"), seal, run, resume=True)


def test_a_folder_with_a_run_is_not_overwritten(finished, corpus):
    chosen, run, _ = finished
    before = run.weights.read_bytes()
    with pytest.raises(EmograinError, match=r"already holds a run \(resume it with --resume"):
        train(chosen, corpus, run)
    assert run.weights.read_bytes() == before


def test_a_loss_that_is_not_finite_names_step_and_texts_and_leaves_the_checkpoint(settings, corpus, tmp_path):
    # The embedding of one word, which occurs in a single training text, is not a number.
    loaded = encoder.load(settings.encoder)
    tokens, others = (
        [set(loaded.tokenizer.tokenize(text)) for text in corpus.split(name).texts] for name in ("train", "dev")
    )
    chosen = dataclasses.replace(settings, batch_size=4, evaluate_every=1, micro_batch_size=3, auxiliary="tone")
    text, word = next(
        (at, word)
        for at in range(60)
        for word in sorted(tokens[at].difference(*others, *tokens[:at], *tokens[at + 1 :], {"[UNK]"}))
    )
    loaded.model.get_input_embeddings().weight.data[loaded.tokenizer.convert_tokens_to_ids(word)] = float("nan")
    loaded.model.save_pretrained(tmp_path / "poisoned")
    loaded.tokenizer.save_pretrained(tmp_path / "poisoned")
    run = RunFolder(tmp_path / "run")
    with pytest.raises(EmograinError) as caught:
        train(dataclasses.replace(chosen, encoder=str(tmp_path / "poisoned")), corpus, run)
    step, ids = re.match(
        r"the loss is not finite at step (\d+): main nan, auxiliary nan, .*; texts of the batch: (.*) \(",
        str(caught.value),
    ).groups()
    assert corpus.split("train").ids[text] in ids.split(", ")
    assert len(ids.split(", ")) == 4
    saved = json.loads(read_tensors(run.checkpoint)[1]["state"])["step"]
    assert saved == int(step) - 1 == curve(run, "step").max()


def test_a_learning_rate_at_which_the_weights_diverge_is_an_error(settings, corpus, tmp_path):
    with pytest.raises(EmograinError, match="not finite at step"):
        train(dataclasses.replace(settings, learning_rate=1e30, warmup_ratio=0.0), corpus, RunFolder(tmp_path))


def test_scores_that_are_not_finite_are_an_error_even_at_the_last_step(settings, corpus, tmp_path):
    chosen = dataclasses.replace(settings, learning_rate=1e30, warmup_ratio=0.0, epochs=1, batch_size=60)
    with pytest.raises(EmograinError, match="not finite"):
        train(chosen, corpus, RunFolder(tmp_path))


def test_an_output_that_cannot_be_a_folder_is_named(settings, corpus, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(EmograinError, match=r"cannot write '.*run.*': (File exists|Not a directory)"):
        train(settings, corpus, RunFolder(tmp_path / "run"))
    assert (tmp_path / "run").read_text() == "a file"


def test_a_tracker_gets_the_curve(settings, corpus, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = RunFolder(tmp_path / "run")
    train(dataclasses.replace(settings, auxiliary="tone"), corpus, run, trackers=["tensorboard"])
    log = EventAccumulator(str(run.path / "emograin")).Reload()
    curve = [(row["step"], row["macro_f1"]) for row in read_curve(run.path)]
    assert [(each.step, pytest.approx(each.value)) for each in log.Scalars("macro_f1")] == curve
    assert set(log.Tags()["scalars"]) >= {"loss", "auxiliary_loss", "macro_f1_fixed", "temperature"}


def test_unknown_names_are_errors_before_anything_is_loaded_or_written(settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "run")
    unread = Corpus(corpus.name, corpus.taxonomy, {})  # loading a split would be another error
    with pytest.raises(EmograinError, match="temperature schedule 'linaer', did you mean 'linear'"):
        train(dataclasses.replace(settings, temperature="linaer"), unread, run)
    with pytest.raises(EmograinError, match="tracker 'tensorbord', did you mean 'tensorboard'"):
        train(settings, unread, run, trackers=["tensorbord"])
    with pytest.raises(EmograinError, match="method 'base', did you mean 'baseline'"):
        train(dataclasses.replace(settings, method="base"), unread, run)
    with pytest.raises(EmograinError, match="grouping 'tones', did you mean 'tone'"):
        train(dataclasses.replace(settings, auxiliary="tones"), unread, run)
    assert not run.path.exists()
