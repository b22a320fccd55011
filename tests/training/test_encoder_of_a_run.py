"""Training from the fine-tuned encoder of a run or of an exported model, on its own corpus or on another one."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import Taxonomy
from emograin.models import encoder
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.models.settings_check import check_encoder
from emograin.prediction.exported_encoder import as_pretrained
from emograin.prediction.onnx.export import export
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.onnx.read_back import read_method
from emograin.prediction.shipped_model import shipped_model
from emograin.training.loop import train


def test_the_encoder_of_a_run_is_its_fine_tuned_one(settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "tuned")
    train(dataclasses.replace(settings, epochs=1), corpus, run)
    tuned = encoder.load(str(run.path), ["[NEW]"], dropout=0.3)
    method = load_classifier(run).method
    expected, found = method.encoder.state_dict(), tuned.model.state_dict()
    assert expected.keys() == found.keys()
    rows = len(method.tokenizer)
    for name, tensor in expected.items():
        part = found[name][:rows] if name.endswith("word_embeddings.weight") else found[name]
        assert torch.equal(part, tensor), name
    assert len(tuned.tokenizer) == rows + 1
    assert tuned.model.config.hidden_dropout_prob == 0.3
    plain = encoder.load(settings.encoder).model.state_dict()
    assert not torch.equal(plain["encoder.layer.0.output.dense.weight"], found["encoder.layer.0.output.dense.weight"])


def test_a_run_starts_from_the_encoder_of_another_corpus(settings, corpus, tmp_path):
    run, other = RunFolder(tmp_path / "tuned"), RunFolder(tmp_path / "other")
    train(dataclasses.replace(settings, epochs=1), corpus, run)
    tones = Taxonomy("tones", ("good", "bad"), placeholders=("[PERSON]",))
    rows = np.array([[each[0], each[1] | each[2]] for each in corpus.split("train").labels])
    parts = {
        name: Split(name, [str(at) for at in range(60)], corpus.split("train").texts, rows) for name in ("train", "dev")
    }
    own = Corpus("tones", tones, {name: lambda name=name: parts[name] for name in parts})
    train(dataclasses.replace(settings, method="label-embedding", encoder=str(run.path), epochs=1), own, other)
    assert load_classifier(other).method.taxonomy == tones


def test_an_encoder_of_an_unfinished_run_is_an_error(settings, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(EmograinError, match="run of format None"):
        check_encoder(dataclasses.replace(settings, encoder=str(tmp_path)))


def test_the_encoder_of_the_bundled_model_is_that_of_its_graph():
    expected = read_method(ExportedModel(shipped_model())).encoder.state_dict()
    with as_pretrained("bundled") as name:
        found = encoder.load(name, ["[NAME]"], emoji=True)
    assert not Path(name).exists()
    assert expected.keys() == found.model.state_dict().keys()
    assert all(torch.equal(tensor, found.model.state_dict()[key]) for key, tensor in expected.items())
    assert found.tokenizer.tokenize("[NAME] is so happy :)") == ["[NAME]", "is", "so", "happy", "🙂"]


def test_a_run_starts_from_the_bundled_model(tmp_path):
    clear = {"joy": ["I love this", "what a happy day", "this is fun", "so glad"]}
    clear["anger"] = ["I hate this", "what an awful day", "so angry", "this is terrible"]
    rows = [f"{text},{label}" for label, texts in clear.items() for text in texts]
    for name in ("train", "dev"):
        (tmp_path / f"{name}.csv").write_text("text,labels\n" + "\n".join(rows) + "\n")
    run = tmp_path / "run"
    settings = [
        "--encoder",
        "bundled",
        "--learning-rate",
        "2e-4",
        "--epochs",
        "10",
        "--evaluate-every",
        "10",
        "--batch-size",
        "8",
    ]
    assert main(["train", "baseline", "--data", str(tmp_path), "--output", str(run), *settings]) == 0
    assert RunFolder(run).settings.encoder == "bundled"
    found = emograin.load(run).predict(["we laughed all evening", "he insulted me again"])
    assert [each.labels[0] for each in found] == ["joy", "anger"]


def test_an_exported_model_whose_weights_are_not_in_int8_is_an_error(settings, corpus, tmp_path):
    run, exported = RunFolder(tmp_path / "run"), tmp_path / "exported"
    train(dataclasses.replace(settings, method="baseline", epochs=1), corpus, run)
    export(run, exported)
    with pytest.raises(EmograinError, match="is not a BERT network in int8.*name the run that it was exported from"):
        train(dataclasses.replace(settings, encoder=str(exported)), corpus, RunFolder(tmp_path / "other"))
