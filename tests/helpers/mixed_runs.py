"""A stub of a candidate source and a trained run, for the tests of mixing."""

import dataclasses

import numpy as np

from emograin.mixing.candidates import CANDIDATES, Candidates
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

FEW = (0.5, 0.8, 0.92, 1.0)


def training_rows(request):
    """Training sentences as candidates, chosen by the document's position, with similarities."""
    training = request.training()
    places = np.arange(len(request.documents))[:, None] + np.arange(request.settings.top)
    rows = places * 7 % len(training)
    similarities = (0.9 - 0.01 * np.arange(rows.shape[1]) * np.ones(rows.shape)).astype(np.float32)
    return Candidates([[training.texts[row] for row in some] for some in rows], rows, similarities, {"stub": True})


def register_stub(monkeypatch):
    """Register the source `stub`; return the list of its requests."""
    requests = []
    monkeypatch.setitem(CANDIDATES, "stub", lambda request: requests.append(request) or training_rows(request))
    return requests


def trained_run(settings, corpus, path):
    """Train a label-embedding run with an auxiliary task; test_mixers covers the other methods."""
    train(dataclasses.replace(settings, method="label-embedding", auxiliary="tone", epochs=6), corpus, RunFolder(path))
    return path
