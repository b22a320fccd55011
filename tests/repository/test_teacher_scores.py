"""A model's scores of the training texts, by id."""

import json

import numpy as np
from helpers.scripts import run_script

import emograin


def test_scores_are_the_models(tmp_path):
    texts = ["I am so happy for you", "this makes me furious", "ok"]
    rows = [{"id": f"t{at}", "text": text, "labels": ["neutral"]} for at, text in enumerate(texts)]
    (tmp_path / "corpus").mkdir()
    for split in ("train", "dev"):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "corpus" / f"{split}.jsonl").write_text(lines)
    taxonomy = emograin.load_corpus("quickstart").taxonomy.to_dict()
    (tmp_path / "corpus" / "taxonomy.json").write_text(json.dumps(taxonomy))

    shown = run_script("scripts/teacher_scores.py", "bundled", tmp_path / "s.npz", "--data", tmp_path / "corpus")

    with np.load(tmp_path / "s.npz") as found:
        assert found["ids"].tolist() == ["t0", "t1", "t2"]
        np.testing.assert_allclose(found["scores"], emograin.load().predict(texts).scores, atol=1e-3)
    assert "3 texts" in shown
