"""What the tests of the JavaScript engine share: the libraries, a driver in Node, and comparisons with Python."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import emograin
from emograin.common.errors import EmograinError
from emograin.prediction.predictor import Predictions
from emograin.service import page_runtime

ENGINE = Path(emograin.__file__).parent / "service" / "page" / "engine"
DRIVER = Path(__file__).with_name("predict.mjs")
NODE = shutil.which("node")
SECONDS = 120  # for npm


@contextmanager
def libraries() -> Iterator[Path]:
    """Yield a folder node_modules: that of EMOGRAIN_NODE_MODULES, or one that npm installs. Skips where it cannot."""
    given = os.environ.get("EMOGRAIN_NODE_MODULES")
    os.environ.setdefault("npm_config_fetch_retries", "0")  # a registry that cannot be reached is noticed at once
    try:
        context = page_runtime.node_modules(Path(given) if given else None, SECONDS)
        modules = context.__enter__()
    except EmograinError as error:
        pytest.skip(f"no JavaScript libraries: {error}")
    try:
        yield modules
    finally:
        context.__exit__(None, None, None)


def predict_in_node(
    modules: Path, model: Path, texts: Sequence[Any], threads: int = 1, **options: Any
) -> list[dict[str, Any]]:
    """Predict texts with the engine in Node."""
    if NODE is None:
        pytest.skip("no Node.js on this machine")
    found: list[dict[str, Any]] = run_in_node(modules, model, texts, options=options, threads=threads)
    return found


def run_in_node(modules: Path, model: Path, texts: Sequence[Any], **more: Any) -> Any:
    """Run the driver (predict.mjs) and return what it prints.

    Args:
        modules: Folder node_modules.
        model: Folder of the model.
        texts: The texts.
        **more: options, threads, and rounds to measure.
    """
    asked = {"modules": str(modules), "engine": str(ENGINE), "model": str(model), "texts": list(texts)}
    given = json.dumps({"options": {}, "rounds": 0, **asked, **more})
    assert NODE is not None
    done = subprocess.run([NODE, DRIVER], input=given, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@dataclass(frozen=True)
class Difference:
    """How predictions in JavaScript differ from those in Python.

    Attributes:
        texts: Number of texts that both predict.
        other_labels: Number of texts whose labels differ.
        scores: Largest difference of a score, for each text, (texts,).
    """

    texts: int
    other_labels: int
    scores: np.ndarray


def compare(found: Sequence[dict[str, Any]], expected: Predictions) -> Difference:
    """Compare predictions; errors must be in the same places, and words and segments the same characters."""
    assert len(found) == len(expected)
    differences, other = [], 0
    for mine, row in zip(found, expected, strict=True):
        assert ("error" in mine) == (row.error is not None), (mine, row.error)
        if row.error is not None:
            continue
        labels = [each["label"] for each in mine["labels"]]
        other += set(labels) != set(row.labels)
        differences.append(max(abs(mine["scores"][label] - score) for label, score in row.scores.items()))
        if mine.get("segments") is not None:
            assert row.segments is not None
            assert [(each["start"], each["end"]) for each in mine["segments"]] == [
                (each.start, each.end) for each in row.segments
            ]
        if mine.get("words") is not None:
            assert row.words is not None
            for label in set(labels) & set(row.words):
                places = [(word["start"], word["end"]) for word in row.words[label]]
                assert [(word["start"], word["end"]) for word in mine["words"][label]] == places
    return Difference(len(differences), other, np.array(differences))


def largest_difference(found: Sequence[dict[str, Any]], expected: Predictions) -> float:
    """Return the largest difference of a score of a segment, or of a word's weight."""
    largest = 0.0
    for mine, row in zip(found, expected, strict=True):
        for each, other in zip(mine.get("segments") or (), row.segments or (), strict=True):
            largest = max(largest, *(abs(each["scores"][label] - score) for label, score in other.scores.items()))
        for label, words in (row.words or {}).items():
            weights = [word["weight"] for word in mine["words"][label]]
            largest = max([largest, *np.abs(np.array(weights) - [word["weight"] for word in words]).tolist()])
    return largest
