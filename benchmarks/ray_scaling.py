"""Texts a second of `emograin predict` over a folder of files: by one process, and by workers of Ray.

    python benchmarks/ray_scaling.py --data DIR --output results/ray_scaling.json

Every way predicts the same folder in a fresh process, the ways in turn, some rounds; "1 core" is a process that may use
one, with all that it starts. The rate is that of the files after the first one that was done: starting, which is told
beside it, is paid once. What the ways wrote is compared byte for byte.
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

from emograin import data
from emograin.prediction.folder import Settings, jobs_of, predict_file
from emograin.prediction.predictor import load
from emograin.prediction.ray_engine import ray_workers


class Way(NamedTuple):
    """A way to predict a folder: by so many workers, or by one process; on so many cores."""

    workers: int | None
    cores: int


WAYS = {
    "one process, 1 core": Way(None, 1),
    "one process, 2 cores": Way(None, 2),
    "Ray, 1 worker, 1 core": Way(1, 1),
    "Ray, 2 workers, 2 cores": Way(2, 2),
}
BASE = "one process, 2 cores"


def write_folder(folder: Path, texts: Sequence[str], files: int) -> None:
    """Texts as CSV files of about equal length."""
    folder.mkdir()
    for at in range(files):
        with (folder / f"{at:04}.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["id", "text"])
            rows.writerows((at + files * row, text) for row, text in enumerate(texts[at::files]))


def run_once(name: str, source: Path, output: Path) -> dict[str, Any]:
    """One way, in this process: seconds until the first file is done, texts a second from then on."""
    way = WAYS[name]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: way.cores])
    began = time.perf_counter()
    jobs, settings = jobs_of([source], output), Settings(None, "per-label")
    if way.workers is None:
        predictor = load(threads=way.cores)  # of itself, onnxruntime takes cores that the process may not use
        scratch = output / ".scratch"
        outcomes = (predict_file(predictor, job, settings, scratch / job.target.name) for job in jobs)
    else:
        outcomes = ray_workers(settings, way.workers)(jobs, output / ".scratch")
    done = [(time.perf_counter() - began, outcome.rows) for outcome in outcomes]
    whole = time.perf_counter() - began
    (first, rows), (last, _) = done[0], done[-1]
    rate = (sum(each for _, each in done) - rows) / (last - first)
    return {"texts_per_second": rate, "seconds_to_first_file": first, "seconds": whole}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    corpus = data.load(options.data)
    texts = corpus.split("train").texts[: options.texts]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in WAYS}
    with TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        write_folder(source, texts, options.files)
        for turn in range(options.rounds):
            written = {}
            for name in WAYS:
                output = Path(folder) / f"{turn}-{name}"
                command = [sys.executable, __file__, "--one", name, "--data", str(source), "--output", str(output)]
                found[name].append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
                written[name] = {path.name: path.read_bytes() for path in output.glob("*.csv")}
            differing = [name for name in WAYS if written[name] != written[BASE]]
            if differing:
                raise RuntimeError(f"other bytes than by one process: {differing}")
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
                "workers": WAYS[name].workers or 1,
                "cores": WAYS[name].cores,
                "texts_per_second": round(statistics.median(each["texts_per_second"] for each in rounds), 1),
                "ratio": ratio([each["texts_per_second"] / one for each, one in zip(rounds, base, strict=True)]),
                "seconds_to_first_file": round(statistics.median(each["seconds_to_first_file"] for each in rounds), 1),
                "seconds": round(statistics.median(each["seconds"] for each in rounds), 1),
            }
            for name, rounds in found.items()
        },
    }


def ratio(each: Sequence[float]) -> dict[str, float]:
    """Median and range over rounds."""
    return {"median": round(statistics.median(each), 2), "min": round(min(each), 2), "max": round(max(each), 2)}


def processor() -> str:
    """What the system calls the processor (Linux)."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="a corpus; texts of its training split are predicted")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help="a JSON file for the figures")
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
