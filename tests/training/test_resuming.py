"""Resuming a run: rejected settings and data, and errors for damaged files. Real trainings of a tiny encoder."""

import dataclasses
import json
import shutil

import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.data.sources import load
from emograin.data.taxonomy import Taxonomy
from emograin.models import classifier
from emograin.models.run_folder import RunFolder
from emograin.models.tensor_files import read_tensors, save_tensors
from emograin.training.loop import train


@pytest.fixture(scope="module")
def finished(settings, corpus, tmp_path_factory):
    """Settings and folder of a finished run with an auxiliary task and EMA."""
    run = RunFolder(tmp_path_factory.mktemp("runs") / "finished")
    chosen = dataclasses.replace(settings, auxiliary="tone", ema_decay=0.9)
    train(chosen, corpus, run)
    return chosen, run


def test_resuming_a_folder_without_a_run_says_how_to_train_one(settings, corpus, tmp_path):
    with pytest.raises(EmograinError, match=r"is not a run folder.*emograin train"):
        train(settings, corpus, RunFolder(tmp_path), resume=True)


def test_resuming_with_other_settings_names_them(finished, corpus):
    chosen, run = finished
    changed = dataclasses.replace(chosen, learning_rate=1e-3, seed=7)
    with pytest.raises(EmograinError, match="learning_rate is 0.005 in the run, 0.001 now; seed is 0 in the run, 7"):
        train(changed, corpus, run, resume=True)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_resuming_with_changed_data_is_refused(finished, corpus_folder, tmp_path, split):
    chosen, run = finished
    shutil.copytree(corpus_folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"{split}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[5]["labels"] = ["neutral"] if rows[5]["labels"] != ["neutral"] else ["joy"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(EmograinError, match="the texts or labels of .* have changed"):
        train(chosen, load(tmp_path), run, resume=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("words", {"joy": "delight"}),
        ("placeholders", ["[NAME]"]),
        ("groupings", {"tone": {"bad": ["anger", "nervousness"], "good": ["joy"], "plain": ["neutral"]}}),
    ],
)
def test_resuming_with_another_taxonomy_is_refused(finished, corpus_folder, taxonomy, name, value):
    chosen, run = finished
    changed = Taxonomy.from_dict(taxonomy.to_dict() | {name: value})
    with pytest.raises(EmograinError, match=f"with another taxonomy: other {name}"):
        train(chosen, load(corpus_folder, changed), run, resume=True)


def test_resuming_with_a_renamed_taxonomy_is_no_difference(finished, corpus_folder, taxonomy):
    chosen, run = finished
    renamed = Taxonomy.from_dict(taxonomy.to_dict() | {"name": "renamed"})
    train(chosen, load(corpus_folder, renamed), run, resume=True)


@pytest.fixture
def copied(finished, tmp_path):
    """Settings and folder of a copy of the finished run, to be damaged."""
    chosen, run = finished
    shutil.copytree(run.path, tmp_path / "copy")
    return chosen, RunFolder(tmp_path / "copy")


@pytest.fixture
def on_own_encoder(settings, corpus, encoders, tmp_path):
    """Settings, finished run and the folder of its pretrained encoder, to be changed."""
    encoder = tmp_path / "encoder"
    shutil.copytree(encoders["bert"], encoder)
    chosen, run = dataclasses.replace(settings, encoder=str(encoder)), RunFolder(tmp_path / "run")
    train(chosen, corpus, run)
    shutil.rmtree(encoder)
    return chosen, run, encoder


def test_a_run_with_a_checkpoint_keeps_its_encoder(on_own_encoder, corpus):
    chosen, run, _ = on_own_encoder  # the pretrained encoder is gone
    metrics = run.read_json("results/dev.json")
    assert train(chosen, corpus, run, resume=True) == metrics


def test_a_run_killed_before_its_first_checkpoint_takes_the_encoder_of_today(on_own_encoder, corpus, encoders):
    chosen, run, encoder = on_own_encoder
    run.checkpoint.unlink()
    shutil.copytree(encoders["roberta"], encoder)
    train(chosen, corpus, run, resume=True)
    loaded = classifier.load(RunFolder(run.path))
    assert loaded.method.encoder.config.model_type == "roberta"


def test_a_changed_description_of_the_encoder_is_an_error(copied, corpus):
    chosen, run = copied
    (run.encoder / "config.json").write_text("{}")
    with pytest.raises(EmograinError, match="is not the file that the training wrote"):
        train(chosen, corpus, run, resume=True)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_checkpoint_is_an_error(copied, corpus, share):
    chosen, run = copied
    content = run.checkpoint.read_bytes()
    run.checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(EmograinError, match="is truncated or not a safetensors file"):
        train(chosen, corpus, run, resume=True)


def test_the_checkpoint_of_another_run_is_an_error(copied, corpus, settings, tmp_path):
    chosen, run = copied
    other = RunFolder(tmp_path / "other")
    train(dataclasses.replace(settings, epochs=1, seed=5), corpus, other)
    shutil.copy(other.checkpoint, run.checkpoint)
    with pytest.raises(EmograinError, match="belongs to another run: its settings or data differ"):
        train(chosen, corpus, run, resume=True)


def test_tensors_that_are_not_a_checkpoint_are_an_error(copied, corpus):
    chosen, run = copied
    save_tensors(run.checkpoint, {"anything": torch.zeros(2)})
    with pytest.raises(EmograinError, match="belongs to another run"):
        train(chosen, corpus, run, resume=True)


def test_a_checkpoint_of_another_model_is_an_error(copied, corpus):
    chosen, run = copied
    tensors, metadata = read_tensors(run.checkpoint)
    tensors["weights.method.feed_forward.0.weight"] = torch.zeros(3, 3)
    save_tensors(run.checkpoint, tensors, metadata)
    with pytest.raises(EmograinError, match=r"holds the weights of another model.*feed_forward"):
        train(chosen, corpus, run, resume=True)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:99])])
def test_a_run_whose_weights_are_missing_or_damaged_does_not_load(copied, spoil):
    _, run = copied
    spoil(run.weights)
    with pytest.raises(EmograinError, match=r"weights\.safetensors"):
        classifier.load(run)
