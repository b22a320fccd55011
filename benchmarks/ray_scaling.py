"""Measure `emograin predict` on a folder of files in texts per second: one process, and several Ray workers.

    python benchmarks/ray_scaling.py --data DIR --output results/ray_scaling.json

Every variant predicts the same folder in a fresh process, in interleaved rounds. With "1 core", the process and all its
children may use one core. The rate excludes the first file; the start-up time, which is paid once, is reported
separately. The outputs of all variants are compared byte for byte.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from machine import processor

from emograin import data
from emograin.prediction.file_jobs import find_jobs
from emograin.prediction.folder import FileSettings, predict_file
from emograin.prediction.predictor import load
from emograin.prediction.ray_engine import ray_engine


class Variant(NamedTuple):
    """A number of Ray workers, or None for one process without Ray, and a number of cores."""

    workers: int | None
    cores: int


VARIANTS = {
    "one process, 1 core": Variant(None, 1),
    "one process, 2 cores": Variant(None, 2),
    "Ray, 1 worker, 1 core": Variant(1, 1),
    "Ray, 2 workers, 2 cores": Variant(2, 2),
}
BASE = "one process, 2 cores"


def write_folder(folder: Path, texts: Sequence[str], files: int) -> None:
    """Write texts as CSV files of about equal length."""
    folder.mkdir()
    for at in range(files):
        with (folder / f"{at:04}.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["id", "text"])
            rows.writerows((at + files * row, text) for row, text in enumerate(texts[at::files]))


def run_once(name: str, source: Path, output: Path) -> dict[str, Any]:
    """Run one variant in this process; return the seconds until the first file, and texts per second after it."""
    variant = VARIANTS[name]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: variant.cores])
    began = time.perf_counter()
    jobs, settings = find_jobs([source], output), FileSettings(None, "per-label")
    if variant.workers is None:
        predictor = load(threads=variant.cores)  # onnxruntime's default ignores the affinity
        scratch = output / ".scratch"
        results = (predict_file(predictor, job, settings, scratch / job.target.name) for job in jobs)
    else:
        results = ray_engine(settings, variant.workers)(jobs, output / ".scratch")
    done = [(time.perf_counter() - began, result.rows) for result in results]
    whole = time.perf_counter() - began
    (first, rows), (last, _) = done[0], done[-1]
    rate = (sum(each for _, each in done) - rows) / (last - first)
    return {"texts_per_second": rate, "seconds_to_first_file": first, "seconds": whole}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all variants."""
    corpus = data.load(options.data)
    texts = corpus.split("train").texts[: options.texts]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    with TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        write_folder(source, texts, options.files)
        for turn in range(options.rounds):
            written = {}
            for name in VARIANTS:
                output = Path(folder) / f"{turn}-{name}"
                command = [sys.executable, __file__, "--one", name, "--data", str(source), "--output", str(output)]
                found[name].append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
                written[name] = {path.name: path.read_bytes() for path in output.glob("*.csv")}
            differing = [name for name in VARIANTS if written[name] != written[BASE]]
            if differing:
                raise RuntimeError(f"outputs differ from those of one process: {differing}")
        sizes = [sum(map(len, written[BASE].values())), sum(path.stat().st_size for path in source.glob("*.csv"))]
    base = [each["texts_per_second"] for each in found[BASE]]
    return {
        "corpus": corpus.name,
        "texts": len(texts),
        "files": options.files,
        "rounds": options.rounds,
        "words_per_text": round(statistics.mean(len(text.split()) for text in texts), 1),
        "bytes_per_text": {"input": round(sizes[1] / len(texts)), "output": round(sizes[0] / len(texts))},
        "processor": processor(),
        "versions": {name: version(name) for name in ("onnxruntime", "ray")},
        "same_bytes": True,
        "variants": {
            name: {
                "workers": VARIANTS[name].workers or 1,
                "cores": VARIANTS[name].cores,
                "texts_per_second": round(statistics.median(each["texts_per_second"] for each in rounds), 1),
                "ratio": ratio([each["texts_per_second"] / one for each, one in zip(rounds, base, strict=True)]),
                "seconds_to_first_file": round(statistics.median(each["seconds_to_first_file"] for each in rounds), 1),
                "seconds": round(statistics.median(each["seconds"] for each in rounds), 1),
            }
            for name, rounds in found.items()
        },
    }


def ratio(each: Sequence[float]) -> dict[str, float]:
    """Return median and range over rounds."""
    return {"median": round(statistics.median(each), 2), "min": round(min(each), 2), "max": round(max(each), 2)}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="corpus; its training texts are predicted")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help="JSON file for the measurements")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_once(options.one, Path(options.data), options.output)))
        return
    found = measure(options)
    text = json.dumps(found, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
