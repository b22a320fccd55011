"""Differences between the scores of the page's model in headless Chromium and those of Python, on all test texts.

    pip install playwright; python benchmarks/browser_equality.py --data DIR [--node-modules DIR]

The bundled model rounds its activations to 8 bits: where a value lies between two steps, the last bit of float32, which
differs between processors, decides. So it is compared twice: as it is, and with the same weights in products of
float32, where only a difference of the programs would show. Also how much Python's own scores change if the weights of
the layer norms change by half of float32's last bit. Writes results/browser_equality.json.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from emograin import data
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.predictor import Predictions, Predictor, load
from emograin.prediction.shipped_model import shipped_model
from emograin.service.page_runtime import node_modules, pinned_versions
from emograin.service.static_page import open_exported, write_page

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results" / "browser_equality.json"
sys.path.insert(0, str(ROOT / "tests"))
HALF_A_BIT = 6e-8  # relative to a value of float32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="corpus whose test split is predicted")
    parser.add_argument("--node-modules", type=Path, help="folder with the JavaScript libraries [default: by npm]")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    parser.add_argument("--texts", type=int, help="number of texts [default: all]")
    options = parser.parse_args()
    texts = list(data.load(options.data).split("test").texts)[: options.texts]
    with tempfile.TemporaryDirectory() as folder, node_modules(options.node_modules) as modules:
        from helpers.float_network import float_copy

        models = {"int8": shipped_model(), "float32 products": float_copy(shipped_model(), Path(folder, "float"))}
        found: dict[str, Any] = {
            "texts": len(texts),
            "libraries": pinned_versions() | {"onnxruntime in Python": version("onnxruntime")},
        }
        for name, path in models.items():
            expected = load(path, threads=1).predict(texts)
            site = Path(folder, name)
            write_page(site, open_exported(path), modules)
            predicted, browser = predict_in_chromium(site, texts, options.chromium)
            found["browser"] = browser
            found[name] = summary(predicted, expected)
            print(name, found[name], flush=True)
        expected = load(threads=1).predict(texts)
        found["int8 in Python, layer norms changed by half a bit"] = changed(texts, expected)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def predict_in_chromium(site: Path, texts: Sequence[str], chromium: str) -> tuple[list[dict[str, Any]], str]:
    """Return the predictions of a written page, and the browser's version."""
    from helpers.static_site import predict_in_page, serving, wait_until_ready
    from playwright.sync_api import sync_playwright

    with serving(site) as (address, _, _server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(3_600_000)
        page.goto(address)
        wait_until_ready(page)
        return predict_in_page(page, texts), f"Chromium {browser.version}"


def summary(found: Sequence[dict[str, Any]], expected: Predictions) -> dict[str, Any]:
    """Return the differences of predictions from those expected."""
    from helpers.javascript import compare

    different = compare(found, expected)
    return differences(different.scores, different.other_labels)


def differences(scores: np.ndarray, other_labels: int) -> dict[str, Any]:
    """Summarize the largest difference of each text, (texts,)."""
    return {
        "texts with other labels": other_labels,
        "largest difference": float(f"{scores.max():.3g}"),
        "median of the largest difference of each text": float(f"{np.median(scores):.3g}"),
        "texts within 1e-3": int((scores < 1e-3).sum()),
        "texts within 1e-2": int((scores < 1e-2).sum()),
    }


def changed(texts: Sequence[str], expected: Predictions) -> dict[str, Any]:
    """Return the differences of Python's predictions after a change of the weights below float32's precision."""
    import onnx

    model = ExportedModel(shipped_model())
    network = onnx.load(model.path / "model.onnx")
    norms = {name for node in network.graph.node if node.op_type == "LayerNormalization" for name in node.input[1:]}
    random = np.random.default_rng(0)
    for each in network.graph.initializer:
        if each.name in norms:
            value = onnx.numpy_helper.to_array(each).astype(np.float64)
            moved = value * (1 + random.uniform(-HALF_A_BIT, HALF_A_BIT, value.shape))
            each.CopyFrom(onnx.numpy_helper.from_array(moved.astype(np.float32), each.name))
    tokenizer = (model.path / "tokenizer.json").read_text(encoding="utf-8")
    scorer = OnnxScorer(tokenizer, model.template, network.SerializeToString(), 1)
    other = Predictor(model.taxonomy, model.thresholds["per-label"], scorer).predict(texts)
    labels = sum(set(one.labels) != set(two.labels) for one, two in zip(other, expected, strict=True))
    return differences(np.abs(other.scores - expected.scores).max(axis=1), labels)


if __name__ == "__main__":
    main()
