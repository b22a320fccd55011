"""Texts per second of the JavaScript engine in Node and in headless Chromium, with and without threads, and in Python.

    pip install playwright; python benchmarks/browser_speed.py --data DIR [--node-modules DIR]

The bundled model on the same test texts; each round measures every system once, so that a busy machine slows all of
them. Prints medians and the ratio to Python on one thread, and writes results/browser_speed.json.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from emograin import data
from emograin.prediction.predictor import load
from emograin.prediction.shipped_model import shipped_model
from emograin.service.page_runtime import node_modules, pinned_versions
from emograin.service.static_page import open_exported, write_page

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results" / "browser_speed.json"
sys.path.insert(0, str(ROOT / "tests"))
BASELINE = "Python, 1 thread"
TIMED = """async (texts) => {
  const host = await import(new URL("page/browser/host_browser.js", document.baseURI).href);
  const { signal } = new AbortController(), start = performance.now();
  const options = { thresholds: "per-label", explain: false, segments: false };
  await host.predict(texts, options, { signal });
  return (performance.now() - start) / 1000;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="corpus whose test split is predicted")
    parser.add_argument("--node-modules", type=Path, help="folder with the JavaScript libraries [default: by npm]")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = list(data.load(options.data).split("test").texts)[: options.texts]
    threads = min(4, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as folder, node_modules(options.node_modules) as modules:
        seconds = measure(texts, Path(folder), modules, options, threads)
    rates = {name: round(len(texts) / statistics.median(each), 1) for name, each in seconds.items()}
    ratios = {
        name: round(statistics.median(one / other for one, other in zip(seconds[BASELINE], each, strict=True)), 3)
        for name, each in seconds.items()
    }
    found = {
        "texts": len(texts),
        "rounds": options.rounds,
        "cores": os.cpu_count(),
        "libraries": pinned_versions() | {"onnxruntime in Python": version("onnxruntime")},
        "texts per second": rates,
        f"ratio to {BASELINE}": ratios,
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def measure(texts: list[str], folder: Path, modules: Path, options: Any, threads: int) -> dict[str, list[float]]:
    """Return the seconds of every round, by system."""
    from helpers.javascript import run_in_node
    from helpers.static_site import serving, wait_until_ready
    from playwright.sync_api import sync_playwright

    write_page(folder / "site", open_exported(None), modules)
    predictors = {1: load(threads=1), threads: load(threads=threads)}

    def in_python(many: int) -> float:
        start = time.perf_counter()
        predictors[many].predict(texts)
        return time.perf_counter() - start

    def in_node(many: int) -> float:
        rounds: list[float] = run_in_node(modules, shipped_model(), texts, threads=many, rounds=2)
        return rounds[-1]  # the first one compiles

    with serving(folder / "site") as (address, _, _server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        pages = {}
        for name, reloads in (("without", 0), ("with", 1)):
            page = browser.new_context().new_page()
            page.set_default_timeout(600_000)
            page.goto(f"{address}?threads={threads}")
            wait_until_ready(page)
            if reloads:  # by the service worker, with the headers that threads need
                page.evaluate("navigator.serviceWorker.ready.then(() => true)")
                page.reload()
                wait_until_ready(page)
            assert page.evaluate("crossOriginIsolated") == bool(reloads)
            page.evaluate(TIMED, texts)
            pages[name] = page
        systems: dict[str, Callable[[], float]] = {
            BASELINE: lambda: in_python(1),
            f"Python, {threads} threads": lambda: in_python(threads),
            "Node, 1 thread": lambda: in_node(1),
            f"Node, {threads} threads": lambda: in_node(threads),
            "Chromium, 1 thread": lambda: pages["without"].evaluate(TIMED, texts),
            f"Chromium, {threads} threads": lambda: pages["with"].evaluate(TIMED, texts),
        }
        seconds: dict[str, list[float]] = {name: [] for name in systems}
        for number in range(options.rounds + 1):
            for name, run in systems.items():
                spent = run()
                if number:  # the first round only warms up
                    seconds[name].append(spent)
    return seconds


if __name__ == "__main__":
    main()
