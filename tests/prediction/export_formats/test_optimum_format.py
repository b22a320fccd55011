"""Folders for optimum and transformers.js: the scores are those of the exported model."""

import json
import shutil
import subprocess
from importlib.util import find_spec

import numpy as np
import onnxruntime
import pytest
import transformers
from helpers.exported_runs import trained_run

import emograin
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.models.methods import LabelEmbedding
from emograin.prediction.export_formats.formats import Source, write_optimum
from emograin.prediction.export_formats.heads import linear_layer
from emograin.prediction.onnx.export import export

pytest.importorskip("onnxscript")

TEXTS = ["so happy today", "I hate it, I am furious", "anxious and trembling [NAME]", "page 7 of the letter"]
TRANSFORMERS_JS = "4.3.1"
SCRIPT = """\
import { pipeline, env } from "@huggingface/transformers";
env.allowRemoteModels = false;
env.localModelPath = "/";
const [folder, texts] = process.argv.slice(2);
const classify = await pipeline("text-classification", folder, { dtype: "q8" });
const rows = [];
for (const text of JSON.parse(texts)) rows.push(await classify(text, { top_k: null }));
console.log(JSON.stringify(rows));
"""


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """A trained baseline."""
    return trained_run(settings, corpus, tmp_path_factory.mktemp("run") / "tiny")


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """The run as an exported model in int8, without thresholds chosen on dev."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    export(run, folder, int8=True)
    return folder


@pytest.fixture(scope="module")
def folder(exported, tmp_path_factory):
    """The exported model in the format of optimum."""
    folder = tmp_path_factory.mktemp("optimum") / "model"
    checked = write_optimum(Source.open(exported), folder, None, None)
    assert checked["optimum"]["maximum"] <= 1e-6
    return folder


def by_label(rows, labels):
    found = [{each["label"]: each["score"] for each in row} for row in rows]
    return np.array([[row[label] for label in labels] for row in found])


def test_the_network_returns_logits_for_the_inputs_of_the_tokenizer(folder, exported):
    session = onnxruntime.InferenceSession(folder / "onnx" / "model_quantized.onnx", providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == ["logits"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    assert sorted(inputs) == sorted(each.name for each in session.get_inputs())
    (logits,) = session.run(None, dict(inputs))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), emograin.load(exported).predict(TEXTS).scores, atol=1e-6)
    config = transformers.AutoConfig.from_pretrained(folder)
    assert config.architectures == ["BertForSequenceClassification"]
    assert tuple(config.id2label.values()) == emograin.load(exported).labels


def test_optimum_has_our_scores(folder, exported):
    if find_spec("optimum") is None:
        pytest.skip("optimum is not installed: it needs transformers below 5")
    from optimum.onnxruntime import ORTModelForSequenceClassification  # type: ignore[import-not-found]

    model = ORTModelForSequenceClassification.from_pretrained(
        folder, subfolder="onnx", file_name="model_quantized.onnx"
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    pipe = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    theirs = emograin.load(exported)
    np.testing.assert_allclose(by_label(pipe(TEXTS), theirs.labels), theirs.predict(TEXTS).scores, atol=1e-5)


@pytest.fixture(scope="module")
def transformers_js(tmp_path_factory):
    """Folder with transformers.js, which npm fetches."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm")
    made = tmp_path_factory.mktemp("transformers-js")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
    try:
        done = subprocess.run(
            [*command, f"@huggingface/transformers@{TRANSFORMERS_JS}"], cwd=made, capture_output=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not fetch transformers.js in 2 minutes")
    if done.returncode:
        pytest.skip(f"npm cannot fetch transformers.js: {done.stderr.decode().splitlines()[:1]}")
    yield made
    shutil.rmtree(made)  # half a gigabyte


def test_transformers_js_has_our_scores(folder, exported, transformers_js):
    script = transformers_js / "classify.mjs"
    script.write_text(SCRIPT)
    done = subprocess.run(
        ["node", str(script), str(folder), json.dumps(TEXTS)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    theirs = emograin.load(exported)
    scores = by_label(json.loads(done.stdout), theirs.labels)
    np.testing.assert_allclose(scores, theirs.predict(TEXTS).scores, atol=1e-5)


def test_a_run_is_written_in_int8_unless_told_otherwise(run, tmp_path, capsys):
    assert main(["export", str(run.path), str(tmp_path / "out"), "--format", "optimum"]) == 0
    assert "its network against emograin's, 1,103 texts" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out" / "onnx").iterdir()] == ["model_quantized.onnx"]
    assert main(["export", str(run.path), str(tmp_path / "float32"), "--format", "optimum", "--no-int8"]) == 0
    assert [path.name for path in (tmp_path / "float32" / "onnx").iterdir()] == ["model.onnx"]


def test_labels_in_the_input_are_refused(encoders, taxonomy):
    from emograin.models import encoder

    with pytest.raises(EmograinError, match="reads the labels in its input"):
        linear_layer(LabelEmbedding(encoder.load(str(encoders["bert"])), taxonomy, 20))
