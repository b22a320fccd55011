"""The source `nearest-training-sentence` with every similarity."""

import dataclasses
import json

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.mixing.candidates import CandidateRequest
from emograin.mixing.candidates.nearest_training_sentence import SIMILARITIES, find_nearest_training_sentences
from emograin.mixing.config import Mixing


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOGRAIN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def ask(corpus, encoders, tmp_path):
    """Return a function of settings: the candidates of the dev split."""

    def asked(training=corpus, on_progress=lambda _: None, **settings):
        mixing = Mixing(candidates="nearest-training-sentence", **settings)
        request = CandidateRequest(
            corpus.split("dev"), lambda: training.split("train"), str(encoders["bert"]), mixing, tmp_path, on_progress
        )
        return find_nearest_training_sentences(request)

    return asked


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_candidates_are_training_sentences_with_their_rows(similarity, ask, corpus):
    found = ask(similarity=similarity, top=3)
    train = corpus.split("train").texts
    assert found.rows.shape == found.similarities.shape == (20, 3)
    assert found.texts == [[train[row] for row in rows] for rows in found.rows]
    assert (np.diff(found.similarities) <= 1e-6).all()
    assert (found.similarities.std(axis=0) > 0).all()
    assert found.metadata["similarity"] == similarity
    json.dumps(found.metadata)


def test_progress_counts_the_texts_embedded_and_the_documents_searched(ask):
    for _ in range(2):  # computed, then read from the cache
        counts = []
        ask(on_progress=counts.append)
        assert sum(counts) == 60 + 20 + 20


def test_copies_of_a_document_are_counted_and_left_out_on_request(ask, corpus, monkeypatch):
    train, dev = corpus.split("train"), corpus.split("dev")
    copied = f"  {dev.texts[4].upper()} "
    changed = dataclasses.replace(train, texts=[copied, *train.texts[1:]])
    monkeypatch.setitem(corpus._loaded, "train", changed)
    every, without = ask(), ask(without_duplicates=True)
    assert every.metadata["documents_that_are_training_sentences"] == 1
    assert every.texts[4] == [copied]
    assert without.texts[4] != [copied]
    others = [at for at in range(20) if at != 4]
    assert [without.texts[at] for at in others] == [every.texts[at] for at in others]


def test_bad_settings_and_a_missing_training_split_are_errors(ask, corpus, monkeypatch):
    with pytest.raises(EmograinError, match="unknown similarity 'rouge', did you mean 'rouge-l'"):
        ask(similarity="rouge")
    with pytest.raises(EmograinError, match=r"top must be at most 60, the training sentences, got 61"):
        ask(top=61)
    monkeypatch.delitem(corpus._loaders, "train")
    monkeypatch.delitem(corpus._loaded, "train", raising=False)
    with pytest.raises(EmograinError, match="corpus .* has no split 'train'"):
        ask()
