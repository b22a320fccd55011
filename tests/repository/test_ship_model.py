"""The scripts from a run to the bundled model with its card, on a tiny encoder."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.scripts import run_script

import emograin
from emograin.data.corpus import Corpus
from emograin.evaluation.calibration.label_calibration import Calibration
from emograin.evaluation.calibration.sample_calibration import fit_shrunk_platt
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.model import ExportedModel
from emograin.training.loop import train

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def run(settings: Training, corpus: Corpus, tmp_path_factory) -> Path:
    """A run whose emoji were trained, after the run that it was made from."""
    folder = tmp_path_factory.mktemp("runs")
    train(dataclasses.replace(settings, emoji=True), corpus, RunFolder(folder / "run"))
    run_script("scripts/train_emoji.py", folder / "run", folder / "emoji", "--data", settings.data, "--samples", 640)
    return folder / "emoji"


def test_only_scores_of_texts_with_emoji_change(run):
    before, after = (emograin.load(folder) for folder in (run.with_name("run"), run))
    plain, with_emoji = ["what a day", "I am so sorry, that is sad"], ["\U0001f621", "what a day \U0001f622"]
    np.testing.assert_array_equal(after.predict(plain).scores, before.predict(plain).scores)
    assert (after.predict(with_emoji).scores != before.predict(with_emoji).scores).any(axis=1).all()


def test_a_run_without_tokens_for_emoji_is_refused(settings: Training, corpus: Corpus, tmp_path):
    train(dataclasses.replace(settings, emoji=False), corpus, RunFolder(tmp_path / "run"))
    with pytest.raises(SystemExit, match="no tokens for emoji.*--no-emoji"):
        run_script("scripts/train_emoji.py", tmp_path / "run", tmp_path / "made", "--data", settings.data)
    assert not (tmp_path / "made").exists()


def test_calibration_changes_scores_by_a_linear_map_of_the_logit(run, corpus_folder, tmp_path):
    run_script("scripts/calibrate_run.py", run, tmp_path, "--data", corpus_folder)
    (_, gold, before), (_, _, after) = (RunFolder(folder).read_scores("dev") for folder in (run, tmp_path))
    np.testing.assert_allclose(after, Calibration.platt(fit_shrunk_platt(before, gold))(before), atol=1e-6)
    assert after.mean() == pytest.approx(gold.mean(), abs=0.02)


def test_the_model_is_made_and_described_by_one_command(
    run, settings: Training, corpus: Corpus, corpus_folder, tmp_path
):
    output = tmp_path / "model"
    options = ["--data", corpus_folder, "--output", output]
    assert run_script("scripts/ship_model.py", "--run", run, *options).startswith("# Model card: emograin")

    predictor = emograin.load(output)
    assert np.isfinite(predictor.predict(corpus.split("test").texts).scores).all()
    card = json.loads((output / "card.json").read_text(encoding="utf-8"))
    assert card["data"]["texts"] == {name: len(corpus.split(name)) for name in ("train", "dev", "test")}
    shown = (output / "MODEL_CARD.md").read_text(encoding="utf-8")
    for network, split in (("float32", "dev"), ("float32", "test"), ("int8", "dev"), ("int8", "test")):
        found = card["metrics"][network][split]["policies"]["per-label"]["macro_f1"]
        assert re.search(rf"^\| {network} \| {split} \|.* {found:.3f} \(", shown, re.MULTILINE)
    assert str(tmp_path) not in shown + json.dumps(card) + json.dumps(ExportedModel(output).description)
    assert Path(settings.encoder).is_absolute()
    assert card["recipe"]["settings"]["encoder"] == Path(settings.encoder).name
    assert "if there is any, calibration were chosen on it" in " ".join(shown.split())
    assert list(predictor.labels) == card["labels"]

    (output / "MODEL_CARD.md").unlink()
    run_script("scripts/ship_model.py", "--card", *options)
    assert (output / "MODEL_CARD.md").read_text(encoding="utf-8") == shown

    thresholds = (output / "thresholds.json").read_text(encoding="utf-8")
    run_script("scripts/ship_model.py", "--thresholds", *options)
    assert (output / "thresholds.json").read_text(encoding="utf-8") == thresholds
    assert json.loads((output / "card.json").read_text(encoding="utf-8")) == card

    run_script("scripts/ship_model.py", "--card", "--note", "By hand.", *options)
    assert "). By hand. Chosen on dev" in run_script("scripts/ship_model.py", "--card", *options)
