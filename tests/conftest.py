"""Shared fixtures: a tiny corpus, and tiny encoders of every tokenizer family, built for each test session."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # more threads only slow down tiny tensors

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from emograin import data
from emograin.data.taxonomy import Taxonomy
from emograin.models.config import Training

# No failures on a busy machine, and fewer examples than the default of 100: CI has two cores.
hypothesis.settings.register_profile("untimed", deadline=None, max_examples=40)
hypothesis.settings.load_profile("untimed")

TAXONOMY = """\
name = "moods"
labels = ["joy", "anger", "nervousness", "neutral"]
placeholders = ["[NAME]", "[RELIGION]"]
[groupings.tone]
good = ["joy"]
bad = ["anger", "nervousness"]
plain = ["neutral"]
[groupings.arousal]
high = ["joy", "anger", "nervousness"]
low = ["neutral", "joy"]
"""
MOODS = {
    "joy": ["so happy today", "what a glad and cheerful day", "I love this, wonderful"],
    "anger": ["this is an outrage", "I hate it, I am furious", "so mad at them"],
    "nervousness": ["I am worried about the exam", "anxious and trembling", "scared of the results"],
    "neutral": ["the train leaves at nine", "it is on the table", "the form has two pages"],
}
FAMILIES = ("bert", "roberta", "mpnet", "modernbert")
ENDINGS = ["", " [NAME]", " and [NAME] knows it", ", as I said to all of them in the long letter last week", "!"]


def _rows() -> list[dict[str, object]]:
    """Return 100 rows: the phrases of each mood with each ending, and combinations of two moods."""
    rows = [([mood], phrase + end) for end in ENDINGS for mood, phrases in MOODS.items() for phrase in phrases]
    for one, other in [("joy", "nervousness"), ("anger", "nervousness"), ("joy", "anger"), ("neutral", "joy")]:
        rows += [([one, other], f"{a}, {b}") for a in MOODS[one] for b in MOODS[other]]
    rows += [(["neutral"], f"page {number}") for number in range(100 - len(rows))]
    return [{"id": f"t{at}", "text": text, "labels": labels} for at, (labels, text) in enumerate(rows)]


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 60 train, 20 dev and 20 test texts with 4 moods that a tiny encoder can learn."""
    folder = tmp_path_factory.mktemp("moods")
    (folder / "taxonomy.toml").write_text(TAXONOMY)
    order = np.random.default_rng(0).permutation(100)
    rows = [_rows()[at] for at in order]
    for name, part in {"train": rows[:60], "dev": rows[60:80], "test": rows[80:]}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    return folder


@pytest.fixture(scope="session")
def corpus(corpus_folder: Path) -> data.Corpus:
    """The corpus of `corpus_folder`."""
    return data.load(corpus_folder)


@pytest.fixture(scope="session")
def taxonomy(corpus: data.Corpus) -> Taxonomy:
    """The 4 moods, with one grouping of disjoint groups and one of overlapping groups."""
    return corpus.taxonomy


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of a tiny random encoder in the format of transformers, by tokenizer family."""
    import torch  # not at module level, so tests without torch do not load it
    from helpers.tiny_encoders import ENCODERS

    folders = {}
    for family in FAMILIES:
        torch.manual_seed(0)
        model, tokenizer = ENCODERS[family]([str(row["text"]) for row in _rows()])
        folders[family] = tmp_path_factory.mktemp(family)
        model.save_pretrained(folders[family])
        tokenizer.save_pretrained(folders[family])
    return folders


@pytest.fixture(scope="session", params=FAMILIES)
def any_encoder(request: pytest.FixtureRequest, encoders: dict[str, Path]) -> Path:
    """Each tiny encoder in turn."""
    return encoders[request.param]


@pytest.fixture(scope="session")
def settings(encoders: dict[str, Path], corpus_folder: Path) -> Training:
    """Settings of a short training of the tiny BERT, for `dataclasses.replace`."""
    return Training(
        method="baseline",
        data=str(corpus_folder),
        encoder=str(encoders["bert"]),
        epochs=2,
        batch_size=16,
        learning_rate=5e-3,
        emoji=False,  # 1,815 tokens would be most of a tiny model
        max_document_tokens=20,
        evaluate_every=2,
        precision="float32",
    )


@pytest.fixture(scope="session")
def trained_for_mixing(settings: Training, corpus: data.Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a trained run with an auxiliary task, for tests of mixing."""
    from helpers.mixed_runs import trained_run

    return trained_run(settings, corpus, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def mixing_run(trained_for_mixing: Path, tmp_path: Path) -> Any:
    """A copy of the run `trained_for_mixing`, to write into."""
    from emograin.models.run_folder import RunFolder

    return RunFolder(shutil.copytree(trained_for_mixing, tmp_path / "run"))


@pytest.fixture
def stub_source(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Register the candidate source `stub`; the list of its requests."""
    from helpers.mixed_runs import register_stub

    return register_stub(monkeypatch)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the project with Google's files and the notes on the paper."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder.name!r} beside the project")
    return folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Function that draws a figure and returns it as a matplotlib figure instead of saving it."""

    def draw(kind: str, *arguments: Any, **options: Any) -> Any:
        from emograin.reproduction import figures

        saved: list[Any] = []
        with monkeypatch.context() as patch:
            patch.setattr(
                import_module(f"emograin.reproduction.figures.{kind}"), "save", lambda figure, _: saved.append(figure)
            )
            getattr(figures, f"draw_{kind}")("nowhere.png", *arguments, **options)
        return saved[0]

    return draw
