"""Every training text is scored by a model that was not trained on it."""

import numpy as np
import pytest
from helpers.scripts import run_script

from emograin.common.errors import EmograinError
from emograin.data.sources import load
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents


def test_scores_come_from_the_run_of_the_other_folds(corpus_folder, encoders, tmp_path):
    options = ["baseline", "--data", corpus_folder, "--encoder", encoders["bert"], "--output", tmp_path / "out"]
    options += ["--epochs", 1, "--batch-size", 64, "--folds", 2]
    run_script("scripts/out_of_fold_scores.py", *options, "--fold", 1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["fold-1"]
    trained = (tmp_path / "out" / "fold-1" / "weights.safetensors").stat().st_mtime_ns
    run_script("scripts/out_of_fold_scores.py", *options)
    assert (tmp_path / "out" / "fold-1" / "weights.safetensors").stat().st_mtime_ns == trained
    train = load(str(corpus_folder)).split("train")
    with np.load(tmp_path / "out" / "scores.npz") as kept:
        assert kept["ids"].tolist() == train.ids
        scores = kept["scores"]
    sizes = []
    for fold in range(2):
        run = RunFolder(tmp_path / "out" / f"fold-{fold}")
        method = load_classifier(run).method
        found = score_documents(method, method.tokenize(train.texts))
        own = np.isclose(found, scores, atol=1e-3).all(axis=1)
        sizes.append(int(own.sum()))
    assert sum(sizes) == len(train)
    assert abs(sizes[0] - sizes[1]) <= 1
    for changed in (["--seed", 1], ["--folds", 3], ["--batch-size", 32]):
        with pytest.raises(EmograinError, match=r"fold\.npz' holds scores with other settings, texts or folds"):
            run_script("scripts/out_of_fold_scores.py", *options, *changed)
    (tmp_path / "out" / "fold-0" / "fold.npz").unlink()
    with pytest.raises(EmograinError, match="with other settings: seed is 0 in the run, 3 now"):
        run_script("scripts/out_of_fold_scores.py", *options, "--seed", 1, "--folds", 3)
