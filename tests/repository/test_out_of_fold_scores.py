"""Every training text is scored by a model that was not trained on it."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from emograin.data.sources import load
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import TorchScorer

SCRIPT = Path(__file__).parents[2] / "scripts" / "out_of_fold_scores.py"


def test_scores_come_from_the_run_of_the_other_folds(corpus_folder, encoders, tmp_path):
    command = [sys.executable, str(SCRIPT), "baseline", "--data", str(corpus_folder), "--encoder", encoders["bert"]]
    command += ["--epochs", "1", "--batch-size", "64", "--folds", "2", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    train = load(str(corpus_folder)).split("train")
    with np.load(tmp_path / "out" / "scores.npz") as kept:
        assert kept["ids"].tolist() == train.ids
        scores = kept["scores"]
    sizes = []
    for fold in range(2):
        run = RunFolder(tmp_path / "out" / f"fold-{fold}")
        found, _ = TorchScorer(load_classifier(run).method)(train.texts, lambda _: None)
        own = np.isclose(found, scores, atol=1e-5).all(axis=1)
        sizes.append(int(own.sum()))
    assert sum(sizes) == len(train)
    assert abs(sizes[0] - sizes[1]) <= 1
