"""What the tests of mixing share: a source that is a stub, and a run."""

import dataclasses

import numpy as np

from emograin.mixing.candidates import CANDIDATES, Candidates
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

FEW = (0.5, 0.8, 0.92, 1.0)


def training_rows(request):
    """A stub: the training sentences beside each document's place, with similarities."""
    training = request.training()
    places = np.arange(len(request.documents))[:, None] + np.arange(request.settings.count)
    rows = places * 7 % len(training)
    similarities = (0.9 - 0.01 * np.arange(rows.shape[1]) * np.ones(rows.shape)).astype(np.float32)
    return Candidates([[training.texts[row] for row in some] for some in rows], rows, similarities, {"stub": True})


def register_stub(monkeypatch):
    """Registers the source `stub`; what it was asked for."""
    requests = []
    monkeypatch.setitem(CANDIDATES, "stub", lambda request: requests.append(request) or training_rows(request))
    return requests


def trained_run(settings, corpus, path):
    """A finished run with an auxiliary task; the other methods' mixing is test_mixing's."""
    train(dataclasses.replace(settings, method="label-embedding", auxiliary="tone", epochs=6), corpus, RunFolder(path))
    return path
