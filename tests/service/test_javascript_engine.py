"""The engine of the page and of the npm package in Node, beside Python."""

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.float_network import float_copy
from helpers.hard_texts import HOSTILE, NASTY
from helpers.javascript import ENGINE, NODE, compare, largest_difference, libraries, predict_in_node

from emograin.prediction.predictor import load
from emograin.prediction.sentences import sentence_spans
from emograin.prediction.shipped_model import shipped_model

PROJECT = Path(__file__).parents[2]
TEXTS = [*HOSTILE, *NASTY, 7]
SENTENCES = """
import { readFileSync } from "node:fs";
const { sentenceSpans } = await import(process.argv[1] + "/sentences.js");
const { Positions } = await import(process.argv[1] + "/characters.js");
const spans = (text) => {
  const at = new Positions(text);
  return Array.from(sentenceSpans(text), (span) => span.map((unit) => at.point(unit)));
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(spans)));
"""
PARTS = [
    "Mr. Smith", "U.S.", "e.g.", "No. 5", "J. R. R. Tolkien", "a.m.", "p.m. He", ". . .", "...", "\u2026", "?!",
    "! ! !", '"Is it?" he asked.', "(Yes.)", "1.", "(a).", "IV.", "\n", "\n\n", "\r\n", "Yahoo! in", "**bold.**",
    "etc. The", "3.14", "Inc. said", "Jan. 5", "\U0001f600", "日本。語", "\u2028", "\x1c", "\x85",
    "\u2019s end.\u2019 Next", "end.)", "--",
    "mid-jan. The", "U.S.C. \u00a7 5", "a.b.c.", "İstanbul.", "ΣΑΣ.", "word", "The", "he", ".", "!", "?", ",", "\u201d",
]  # fmt: skip


@pytest.fixture(scope="module")
def modules() -> Iterator[Path]:
    if NODE is None:
        pytest.skip("no Node.js on this machine")
    with libraries() as folder:
        yield folder


@pytest.mark.parametrize("threads", [1, 2])
def test_predictions_are_those_of_python(modules: Path, tmp_path: Path, threads: int) -> None:
    folder = float_copy(shipped_model(), tmp_path / "float")
    expected = load(folder, threads=1).predict(TEXTS, explain=True, segments=True)
    found = predict_in_node(modules, folder, TEXTS, threads, explain=True, segments=True)
    different = compare(found, expected)
    assert different.texts >= len(HOSTILE)
    assert different.other_labels == 0
    assert different.scores.max() < 1e-5
    assert largest_difference(found, expected) < 1e-5


def test_predictions_of_the_bundled_model(modules: Path) -> None:
    expected = load(threads=1).predict(TEXTS, explain=True, segments=True)
    different = compare(predict_in_node(modules, shipped_model(), TEXTS, explain=True, segments=True), expected)
    # Its activations are rounded to 8 bits: the last bit of float32 may decide between two steps.
    assert np.median(different.scores) < 1e-5
    assert different.scores.max() < 0.05


def test_without_windows(modules: Path) -> None:
    found = predict_in_node(modules, shipped_model(), HOSTILE, windows=False, thresholds="fixed", atLeastOne=True)
    expected = load(policy="fixed", threads=1).predict(HOSTILE, windows=False, at_least_one=True)
    assert compare(found, expected).scores.max() < 0.05
    assert [each["truncated"] for each in found] == [row.note is not None for row in expected]
    assert all(each["labels"] for each in found)


def test_calibrated_models_with_other_labels(modules: Path, tmp_path: Path) -> None:
    from emograin.prediction.calibrated_folder import write_calibrated
    from emograin.prediction.model_source import open_source

    folder = tmp_path / "ekman"
    source = open_source(float_copy(shipped_model(), tmp_path / "float"), group=None)
    mapped = open_source(shipped_model(), group="ekman")
    joined = mapped.score_map
    assert joined is not None
    write_calibrated(
        folder,
        type(source)(
            **{**vars(mapped), "path": source.path, "description": source.description, "scorer": source.scorer}
        ),
        None,
        {},
    )
    check_agreement(modules, folder, 1e-4)


def check_agreement(modules: Path, folder: Path, contributions: float) -> None:
    """Check labels, scores, sentences and contributions of words of a model in Node against Python's."""
    texts = [text for text in TEXTS if isinstance(text, str)]
    expected = load(folder, threads=1).predict(texts, explain=True, segments=True)
    found = predict_in_node(modules, folder, texts, explain=True, segments=True)
    different = compare(found, expected)
    assert different.other_labels == 0
    assert different.scores.max() < 1e-5
    assert largest_difference(found, expected) < contributions


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "modernbert"])
def test_models_with_other_tokenizers(
    modules: Path, family: str, encoders: dict[str, Path], settings: Any, corpus: Any, tmp_path: Path
) -> None:
    from dataclasses import replace

    from helpers.exported_runs import exported_run, trained_run

    method = "label-embedding" if family == "bert" else "baseline"
    run = trained_run(
        replace(settings, encoder=str(encoders[family]), method=method, epochs=1), corpus, tmp_path / "run"
    )
    folder = exported_run(run, tmp_path / "exported")
    check_agreement(modules, folder, 1e-5)


@pytest.mark.skipif(NODE is None, reason="no Node.js on this machine")
def test_sentences_are_those_of_nupunkt() -> None:
    random = np.random.default_rng(0)
    texts = [random.choice([" ", ""]).join(random.choice(PARTS, random.integers(1, 25))) for _ in range(1500)]
    texts += [*HOSTILE, "word " * 6000, "\U0001f600 go. " * 3000, "a.\n" * 9000, "x" * 25_000, ""]
    assert NODE is not None
    command = [NODE, "--input-type=module", "-e", SENTENCES, ENGINE.as_uri()]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for text, found in zip(texts, json.loads(done.stdout), strict=True):
        assert found == [list(span) for span in sentence_spans(text)], text


def test_parameters_are_those_of_nupunkt() -> None:
    script = _script("punkt_parameters")
    assert (ENGINE / "punkt_parameters.js").read_text(encoding="utf-8") == script.format_parameters()


def test_the_npm_package(modules: Path, tmp_path: Path) -> None:
    package = tmp_path / "js"
    ignored = shutil.ignore_patterns("node_modules", "engine")
    shutil.copytree(PROJECT / "js", package, ignore=ignored)
    shutil.copytree(ENGINE, package / "engine")
    (package / "node_modules").symlink_to(modules, target_is_directory=True)
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", *map(str, sorted(package.glob("test/*.test.js")))],
        cwd=package,
        env={"PATH": str(Path(NODE).parent), "EMOGRAIN_MODEL": shipped_model().as_uri()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"pass (\d+)", done.stdout)[-1]) >= 15


def _script(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, PROJECT / "scripts" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
