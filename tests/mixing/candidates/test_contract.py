"""Every registered candidate source keeps the contract; a new one is tested by its line in `CANDIDATES`."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.candidate_sources import split, write
from helpers.tiny_seq2seq import save_marian_pairs, save_t5

from emograin.mixing.candidates import CANDIDATES, CandidateRequest
from emograin.mixing.config import Mixing

DOCUMENTS = ["so glad today", "I hate it", "page two"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return save_marian_pairs(tmp_path_factory.mktemp("hub"))


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return save_t5(tmp_path_factory.mktemp("t5"))


@pytest.mark.parametrize("source", CANDIDATES)
@pytest.mark.parametrize("top", [1, 2])
def test_a_source_keeps_the_contract(tmp_path, monkeypatch, hub, t5, encoders, corpus, source, top):
    monkeypatch.chdir(hub)  # names of models on the hub are folders here
    monkeypatch.setenv("EMOGRAIN_CACHE", str(tmp_path / "cache"))
    lines = "".join(f"t{at}\tanother {text}\n" * top for at, text in enumerate(DOCUMENTS))
    needed = {"file": {"file": write(tmp_path, lines)}, "paraphrase": {"model": t5}}  # settings without which it fails
    settings = Mixing(candidates=source, top=top, **needed.get(source, {}))
    training, steps = corpus.split("train"), []
    request = CandidateRequest(
        split(DOCUMENTS), lambda: training, str(encoders["bert"]), settings, tmp_path / "files", steps.append
    )
    found = CANDIDATES[source](request)

    assert len(found.texts) == len(DOCUMENTS)
    assert all(1 <= len(texts) <= top and all(map(str.strip, texts)) for texts in found.texts)
    json.dumps(found.metadata, allow_nan=False)
    if found.rows is not None:
        assert found.rows.shape == (len(DOCUMENTS), top)
        assert found.texts == [[training.texts[row] for row in rows] for rows in found.rows]
    if found.similarities is not None:
        assert found.similarities.shape == (len(DOCUMENTS), top)
        assert np.all(np.diff(found.similarities, axis=1) <= 0)  # the best first
    assert all(step >= 0 for step in steps)
    again = CANDIDATES[source](replace(request, folder=tmp_path / "again"))
    assert again.texts == found.texts  # deterministic
