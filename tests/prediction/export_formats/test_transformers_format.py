"""Folders for transformers: its scores are ours, for every encoder whose classifier can compute them."""

import json

import numpy as np
import pytest
import torch
import transformers
from helpers.exported_runs import trained_run
from helpers.hard_texts import NASTY
from helpers.hub_models import TEXTS, distilbert_folder, strong_baseline

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.models import encoder
from emograin.models.methods import Baseline, LabelEmbedding
from emograin.models.scoring import score_documents
from emograin.prediction.export_formats import transformers_format
from emograin.prediction.export_formats.formats import Source
from emograin.prediction.shipped_model import shipped_model

THRESHOLDS = {"fixed": [0.3] * 4}


@pytest.fixture(scope="module")
def method(any_encoder, taxonomy):
    """A baseline on each encoder, with scores that depend on the text."""
    return strong_baseline(any_encoder, taxonomy)


def ours(method, texts):
    return score_documents(method, method.tokenize(texts))


def pipeline_scores(folder, texts, labels):
    """The scores of transformers' pipeline, in the order of the labels."""
    pipe = transformers.pipeline("text-classification", str(folder), top_k=None)
    rows = [{each["label"]: each["score"] for each in row} for row in pipe(list(texts), truncation=True)]
    return np.array([[row[label] for label in labels] for row in rows])


def test_the_pipeline_has_our_scores(method, tmp_path):
    found = transformers_format.write(method, THRESHOLDS, tmp_path / "out", TEXTS)
    assert found["maximum"] < 1e-5
    expected = ours(method, TEXTS)
    assert np.ptp(expected, axis=0).max() > 0.05  # the texts differ, so that equal scores mean something
    scores = pipeline_scores(tmp_path / "out", TEXTS, method.taxonomy.labels)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert config["id2label"] == {str(at): label for at, label in enumerate(method.taxonomy.labels)}
    assert config["architectures"][0].endswith("ForSequenceClassification")


def test_emoji_and_emoticons_are_read_as_ours(encoders, taxonomy, tmp_path):
    method = strong_baseline(encoders["bert"], taxonomy, emoji=True)
    texts = ["so happy 🙂", "so happy :)", "🙂🙂🙂🙂 the train", "👍🏽 on the table", "I hate it >:("]
    assert method.tokenize([texts[0]]) == method.tokenize([texts[1]])
    transformers_format.write(method, THRESHOLDS, tmp_path / "out", texts)
    scores = pipeline_scores(tmp_path / "out", texts, method.taxonomy.labels)
    np.testing.assert_allclose(scores, ours(method, texts), atol=1e-5)


def test_distilbert_has_another_head(taxonomy, tmp_path):
    method = strong_baseline(distilbert_folder(tmp_path / "encoder"), taxonomy)
    assert transformers_format.write(method, THRESHOLDS, tmp_path / "out", TEXTS)["maximum"] < 1e-5


def test_hard_texts_are_tokenized_alike(encoders, taxonomy, tmp_path):
    method = strong_baseline(encoders["bert"], taxonomy, emoji=True)
    texts = [text for text in NASTY if text]
    transformers_format.write(method, THRESHOLDS, tmp_path / "out", ["the train"])
    np.testing.assert_allclose(transformers_format.read_scores(tmp_path / "out", texts), ours(method, texts), atol=1e-5)


def test_labels_in_the_input_are_refused_in_one_line(encoders, taxonomy, tmp_path):
    method = LabelEmbedding(encoder.load(str(encoders["bert"])), taxonomy, 20).eval()
    with pytest.raises(EmograinError, match="reads the labels in its input, which transformers' text classifiers do"):
        transformers_format.write(method, THRESHOLDS, tmp_path / "out", TEXTS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["transformers", "optimum"])
def test_the_command_refuses_labels_in_the_input_in_one_line(trained_for_mixing, tmp_path, capsys, name):
    pytest.importorskip("onnx")
    assert main(["export", str(trained_for_mixing), str(tmp_path / "out"), "--format", name]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "reads the labels in its input" in line
    assert not (tmp_path / "out").exists()


def test_another_network_is_refused_and_leaves_nothing(encoders, taxonomy, tmp_path):
    method = strong_baseline(encoders["bert"], taxonomy)
    method.feed_forward = torch.nn.Sequential(torch.nn.Tanh(), method.feed_forward[-1])
    with pytest.raises(EmograinError, match="transformers' scores differ by"):
        transformers_format.write(method, THRESHOLDS, tmp_path / "out", TEXTS)
    assert list(tmp_path.iterdir()) == []
    assert isinstance(method, Baseline)


def test_a_folder_with_files_is_not_touched(encoders, taxonomy, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(EmograinError, match="exists and is not empty"):
        transformers_format.write(strong_baseline(encoders["bert"], taxonomy), THRESHOLDS, tmp_path, TEXTS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_bundled_model_read_back_is_close_to_its_int8_graph():
    pytest.importorskip("onnx")
    model, texts = Source.open("bundled").method, ["I love you", "so annoying :(", "The shop opens at nine. 👍🏽"]
    scores = ours(model, texts)
    predicted = emograin.load(shipped_model()).predict(texts).scores
    assert 0 < np.abs(scores - predicted).max() < 0.05


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """A trained baseline."""
    return trained_run(settings, corpus, tmp_path_factory.mktemp("run") / "tiny").path


def test_an_exported_model_in_float32_is_refused(run, tmp_path, capsys):
    pytest.importorskip("onnxscript")
    assert main(["export", str(run), str(tmp_path / "float32")]) == 0
    capsys.readouterr()
    assert main(["export", str(tmp_path / "float32"), str(tmp_path / "out"), "--format", "transformers"]) == 2
    assert "is not a BERT network in int8" in capsys.readouterr().err


def test_the_command_says_how_close_it_is(run, tmp_path, capsys):
    pytest.importorskip("onnx")
    assert main(["export", str(run), str(tmp_path / "out"), "--format", "transformers"]) == 0
    shown = capsys.readouterr().out
    assert "transformers against emograin in torch, 1,103 texts: probabilities differ by at most" in shown
    assert main(["export", str(run), str(tmp_path / "other"), "--format", "transformers", "--int8"]) == 2
    assert "--format transformers has float32 weights" in capsys.readouterr().err
