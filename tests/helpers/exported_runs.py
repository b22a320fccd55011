"""A short training of the tiny encoder, and its export."""

from pathlib import Path

import pytest

from emograin.data.corpus import Corpus
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder


def trained_run(settings: Training, corpus: Corpus, path: Path) -> RunFolder:
    """Train in a folder, and return the run."""
    from emograin.training.loop import train

    run = RunFolder(path)
    train(settings, corpus, run)
    return run


def exported_run(run: RunFolder, folder: Path) -> Path:
    """Export a run, with explanations, and return the folder."""
    pytest.importorskip("onnxscript")
    from emograin.prediction.onnx.export import export

    assert export(run, folder)["explanations"]
    return folder
