"""Exported models through the Predictor: torch's scores without torch, and clear errors."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers.exported_runs import exported_run, trained_run
from hypothesis import given
from hypothesis import strategies as st

import emograin
from emograin.common.errors import EmograinError
from emograin.common.files import partial_path
from emograin.prediction.onnx.description import FORMAT, InputTemplate
from emograin.prediction.onnx.model import ExportedModel

NASTY = [
    "so happy",
    "",
    "[SEP] [NAME] </s>",
    "x" * 2000,
    "caf\u00e9 \U0001f642\u200b",
    "\ud800 broken",
    "a b " * 60,
    "\x00",
]


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """A finished run."""
    return trained_run(settings, corpus, tmp_path_factory.mktemp("run") / "tiny")


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    """The run, exported."""
    return exported_run(run, tmp_path_factory.mktemp("exported"))


def test_predictions_are_the_runs(run, model, corpus):
    texts = [*corpus.split("all").texts, *NASTY, *(text.upper() * 3 for text in corpus.split("dev").texts)]
    theirs, ours = (emograin.load(path).predict(texts, windows=False) for path in (run.path, model))
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-4)
    assert [(row.labels, row.error, row.note) for row in ours] == [(row.labels, row.error, row.note) for row in theirs]
    assert any(row.note for row in ours)
    assert "half of a surrogate pair" in ours[len(corpus.split("all").texts) + 5].error


def test_scores_do_not_depend_on_the_texts_beside(model, corpus):
    predictor, texts = emograin.load(model), corpus.split("all").texts
    together = predictor.predict(texts).scores
    alone = np.concatenate([predictor.predict([text]).scores for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_every_policy_has_its_thresholds(run, model):
    for policy in ("fixed", "global", "per-label"):
        assert emograin.load(model, policy).thresholds.tolist() == emograin.load(run.path, policy).thresholds.tolist()
    with pytest.raises(EmograinError, match="did you mean 'per-label'"):
        emograin.load(model, "one-a-lable")


def test_neither_torch_nor_transformers_is_loaded(model):
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'transformers', 'sklearn', 'onnx']));"
        f"from emograin.cli.app import main; code = main(['predict', 'so happy', '--model', {str(model)!r}]);"
        "print(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "so happy"
    assert done.stdout.splitlines()[-1] == "0"


def test_an_exported_model_is_evaluated_without_torch(model, corpus_folder):
    code = f"""
import sys

class NotInstalled:  # scipy looks for torch among the imported modules, so None there would not do
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "transformers", "accelerate", "onnx"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, NotInstalled())
from emograin.cli.app import main
sys.exit(main(["evaluate", {str(model)!r}, "--data", {str(corpus_folder)!r}, "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["texts"] == 20


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json", "model.json"])
def test_a_missing_or_changed_file_is_named(model, tmp_path, name):
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(EmograinError, match=name.replace(".", r"\.")):
        emograin.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(EmograinError, match=f"has no {name}"):
        emograin.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"format": 99}, f"format 99, expected {FORMAT}"), ({"producer": "other"}, "does not describe an exported model")],
)
def test_a_model_of_another_format_is_an_error(model, tmp_path, change, said):
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    described = json.loads((tmp_path / "model.json").read_text()) | change
    (tmp_path / "model.json").write_text(json.dumps(described))
    with pytest.raises(EmograinError, match=said):
        emograin.load(tmp_path)


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(path.read_bytes()), lambda path: path.unlink()])
def test_a_model_that_is_replaced_while_it_is_in_use_is_not_mixed_with_the_new_one(model, tmp_path, change):
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    predictor = emograin.load(tmp_path, threads=2)
    before = predictor.predict(["so happy"]).scores
    change(tmp_path / "model.onnx")
    assert np.array_equal(predictor.predict(["so happy"]).scores, before)
    with pytest.raises(EmograinError, match=r"was replaced or removed while it was in use \(load the model again\)"):
        predictor.predict(["so happy"], explain=True)


def test_a_network_that_cannot_be_read_is_an_error(model):
    exported = ExportedModel(model)
    from emograin.prediction.onnx.scorer import OnnxScorer

    tokenizer = (model / "tokenizer.json").read_text(encoding="utf-8")
    with pytest.raises(EmograinError, match="cannot read the network"):
        OnnxScorer(tokenizer, exported.template, b"no network")


@given(st.lists(st.lists(st.integers(5, 99), max_size=6), min_size=1, max_size=8), st.integers(0, 1))
def test_every_row_of_the_inputs_is_prefix_document_suffix_and_padding(documents, segment):
    template = InputTemplate((1, 7, 8, 2), (2,), segment, 0, 6, ("input_ids", "attention_mask", "token_type_ids"))
    inputs = template.assemble(documents)
    for row, document in enumerate(documents):
        ids = [1, 7, 8, 2, *document, 2]
        padding = [0] * (inputs["input_ids"].shape[1] - len(ids))
        assert inputs["input_ids"][row].tolist() == [*ids, *padding]
        assert inputs["attention_mask"][row].tolist() == [1] * len(ids) + padding
        assert inputs["token_type_ids"][row].tolist() == [0] * 4 + [segment] * (len(ids) - 4) + padding


def test_the_output_of_a_killed_process_is_resumed(model, tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("".join(f"so happy about page {at}\n" for at in range(200_000)))
    output = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "emograin", "predict", "--model", str(model), "--input", str(source)]
    process = subprocess.Popen([*command, "--output", str(output)], stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 60
    while time.monotonic() < limit and not (partial_path(output).exists() and partial_path(output).stat().st_size):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not output.exists()
    kept = partial_path(output).read_bytes()
    assert kept
    source.write_text("".join(source.read_text().splitlines(keepends=True)[: kept.count(b"\n") + 100]))
    subprocess.run([*command, "--output", str(output), "--resume"], check=True, capture_output=True)
    rows = [json.loads(line)["text"] for line in output.read_text().splitlines()]
    assert rows == source.read_text().splitlines()


def test_help_loads_neither_onnxruntime_nor_tokenizers():
    code = (
        "import sys, emograin.cli.app, emograin.prediction.predictor; emograin.cli.app.main(['export', '--help']);"
        "print([name for name in ('onnxruntime', 'tokenizers', 'onnx', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
