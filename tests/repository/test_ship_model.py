"""scripts/ship_model.py from training to a model with its card, on a tiny encoder."""

import dataclasses
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

import emograin
from emograin.data.corpus import Corpus
from emograin.prediction.onnx.model import ExportedModel

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def tool(encoders):
    """The script, with a tiny encoder, one epoch and one teacher."""
    path = Path(__file__).parents[2] / "scripts" / "ship_model.py"
    specification = importlib.util.spec_from_file_location("ship_model", path)
    module = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(path.parent)
        specification.loader.exec_module(module)
    short = {"encoder": str(encoders["bert"]), "epochs": 1, "evaluate_every": 5}
    module.TEACHER = dataclasses.replace(module.TEACHER, **short)
    module.STUDENT = dataclasses.replace(module.STUDENT, **short)
    module.TEACHER_SEEDS = (0,)
    return module


def test_the_model_is_made_and_described_by_one_command(tool, corpus: Corpus, corpus_folder, tmp_path, capsys):
    run, output = tmp_path / "runs" / "shipped", tmp_path / "model"
    command = ["--data", str(corpus_folder), "--run", str(run), "--output", str(output)]
    tool.main(command)
    assert capsys.readouterr().out.startswith("# Model card: emograin baseline, distilled from label-embedding models,")
    kept = sorted(path.name for path in run.parent.iterdir())
    assert kept == ["shipped", "shipped-teacher-seed0", "shipped-teacher-seed0-int8"]

    predictor = emograin.load(output)
    assert np.isfinite(predictor.predict(corpus.split("test").texts).scores).all()
    card = json.loads((output / "card.json").read_text(encoding="utf-8"))
    assert card["data"]["texts"] == {name: len(corpus.split(name)) for name in ("train", "dev", "test")}
    assert card["recipe"]["settings"]["teachers"]["seeds"] == [0]
    shown = (output / "MODEL_CARD.md").read_text(encoding="utf-8")
    for network, split in (("float32", "dev"), ("float32", "test"), ("int8", "dev"), ("int8", "test")):
        found = card["metrics"][network][split]["policies"]["per-label"]["macro_f1"]
        assert re.search(rf"^\| {network} \| {split} \|.* {found:.3f} \(", shown, re.MULTILINE)
    assert str(tmp_path) not in shown + json.dumps(card) + json.dumps(ExportedModel(output).description)
    assert list(predictor.labels) == card["labels"]

    (output / "MODEL_CARD.md").unlink()
    tool.main([*command, "--card"])
    assert (output / "MODEL_CARD.md").read_text(encoding="utf-8") == shown
