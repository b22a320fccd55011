"""The bundled model: it predicts at once, without torch, and is the run in results/."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

import emograin
from emograin import data
from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.emoji import read_emoticons
from emograin.evaluation.calibration.sample_calibration import fit_shrunk_platt
from emograin.prediction.shipped_model import SHIPPED, read_model_card

ROOT = Path(__file__).parents[2]
CLEAR = {
    "Thank you so much, I really appreciate it!": "gratitude",
    "I love you": "love",
    "lol that was hilarious": "amusement",
    "I am so sorry, please forgive me": "remorse",
    "I'm terrified of flying": "fear",
    "The shop opens at nine.": "neutral",
    "Why would anyone do that?": "curiosity",
}


def test_it_finds_what_is_clear():
    predictions = emograin.load().predict(list(CLEAR))
    assert [each.labels[0] for each in predictions] == list(CLEAR.values())


def test_it_contains_no_path_of_the_machine_that_made_it():
    content = (SHIPPED / "model.onnx").read_bytes()
    assert not [part for part in (b"site-packages", b"onnx_export.py", b"stack_trace") if part in content]
    described = json.loads((SHIPPED / "model.json").read_text(encoding="utf-8"))
    assert not [value for value in described["settings"].values() if "/" in str(value)]


def test_it_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 25_000_000


def test_the_command_needs_no_torch_and_no_model_to_be_named():
    blocked = "import sys; sys.modules |= dict.fromkeys(['torch', 'transformers', 'sklearn', 'scipy', 'matplotlib']); "
    code = blocked + "from emograin.cli.app import main; sys.exit(main(['predict', 'I love you', '--format', 'jsonl']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labels"] == ["love"]


def test_it_scores_as_the_run_that_it_was_made_of(shared):
    run = ROOT / "results/student-of-six-teachers-seed0"
    texts = data.load(shared / "goemotions").split("test")
    # Emoji were trained after that run.
    without = [at for at, text in enumerate(texts.texts) if text.isascii() and read_emoticons(text) == text][:300]
    with np.load(run / "dev.npz", allow_pickle=False) as dev:
        slopes, shifts = fit_shrunk_platt(dev["scores"], dev["labels"]).T
    with np.load(run / "test.npz", allow_pickle=False) as kept:
        places = {name: at for at, name in enumerate(kept["ids"].tolist())}
        expected = expit(slopes * logit(kept["scores"][[places[texts.ids[at]] for at in without]]) + shifts)
    found = emograin.load().predict([texts.texts[at] for at in without], windows=False).scores
    assert np.abs(found - expected).mean() < 0.002  # 8 bits
    assert ((found >= 0.3) == (expected >= 0.3)).mean() > 0.995
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999


def test_the_card_has_the_metrics_of_its_network_and_says_what_it_is_not_for():
    card = read_model_card(SHIPPED)
    for splits in card["metrics"].values():
        for found in splits.values():
            for policy in found["policies"].values():
                low, high = policy["interval"]
                assert low < policy["macro_f1"] < high
            by_label = [row["f1"] for row in found["labels"].values()]
            assert found["policies"]["per-label"]["macro_f1"] == pytest.approx(np.mean(by_label))
    assert card["data"]["licence"] == card["encoder"]["licence"] == "Apache-2.0"
    page = (SHIPPED / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{card['metrics']['int8']['test']['policies']['per-label']['macro_f1']:.3f}" in page
    assert card["uses"]["not for"] in page


def test_evaluate_runs_on_it(tmp_path, capsys):
    rows = [{"text": text, "labels": [label]} for text, label in CLEAR.items()]
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["evaluate", "--data", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["texts"], found["weights"], found["method"]) == (len(CLEAR), "int8", "baseline")
    assert found["policies"]["per-label"]["micro_f1"] > 0.8
    assert main(["evaluate", "--data", str(tmp_path), "--candidates", "self"]) == 2
    assert "cannot be mixed" in capsys.readouterr().err


def test_evaluate_reads_long_texts_as_predict_does(tmp_path, capsys):
    text = " ".join(["The shop opens at nine and closes at five."] * 8 + ["Thank you so much!"])
    rows = [{"text": text, "labels": ["gratitude"]}, {"text": "I love you", "labels": ["love"]}]
    corpus = tmp_path / "long.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = {}
    for windows in ("on", "off"):
        flags = ["--data", str(corpus), "--split", "all", "--windows", windows, "--json"]
        assert main(["evaluate", *flags]) == 0
        found[windows] = json.loads(capsys.readouterr().out)["policies"]["per-label"]["labels"]["gratitude"]["recall"]
    assert found == {"on": 1.0, "off": 0.0}
    assert main(["evaluate", "--candidates", "self", "--windows", "on"]) == 2
    assert "--windows on is for a model alone" in capsys.readouterr().err


def test_an_installation_without_it_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr("emograin.prediction.shipped_model.SHIPPED", tmp_path)
    with pytest.raises(EmograinError, match="has no bundled model"):
        emograin.load()


def test_a_wheel_carries_it_into_a_bare_environment(tmp_path):
    """Build and install it as a user does, without torch."""
    uv = [sys.executable, "-m", "uv"]
    built = subprocess.run(
        [*uv, "build", "--wheel", "--out-dir", str(tmp_path), str(ROOT)], capture_output=True, text=True, timeout=200
    )
    if built.returncode and "Failed to fetch" in built.stderr:
        pytest.skip("no package registry is within reach")
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    python = bare / "bin" / "python"
    install = [*uv, "pip", "install", "--quiet", "--python", str(python), str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(bare / "bin" / "emograin"), "predict", "I love you", "--format", "jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labels"] == ["love"]
    absent = subprocess.run([str(python), "-c", "import torch"], capture_output=True, env=environment, cwd=tmp_path)
    assert absent.returncode != 0


def test_the_bundled_model_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert emograin.load("bundled").predict(["thank you"])[0] == emograin.load().predict(["thank you"])[0]
