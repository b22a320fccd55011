"""What part of the machine's matrix-product rate finished trainings reached, from their run folders.

    python benchmarks/training_utilisation.py runs/* --seconds 840 --json rates.json

Texts a second are those that each run noted in its curve. With --seconds, the time in which all of them were trained
together, also the rate of the whole: what packing several trainings onto one device yields.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

import torch
from training_cost import Cost, matrix_rate

from emograin.data.sources import load
from emograin.evaluation.results import read_curve
from emograin.models.classifier import build
from emograin.models.run_folder import RunFolder


def rates_of(run: RunFolder, data: str | None, limit: float) -> dict[str, Any]:
    """Of one training: texts a second (median over its evaluations), GFLOP a text, all of its TFLOP, its share."""
    settings = run.settings
    corpus = load(data or settings.data)
    curve = read_curve(run.path)
    speed = median(row["texts_per_second"] or 0 for row in curve)
    gflop = Cost(build(settings, corpus.taxonomy).train()).a_text(settings, corpus, padded=False) / 1e9
    texts = len(corpus.split("train")) * (curve[-1]["epoch"] or 0)
    return {
        "run": run.path.name,
        "texts_per_second": speed,
        "gflop_per_text": round(gflop, 3),
        "tflop": float(f"{gflop * texts / 1e3:.4g}"),
        "share_of_bf16_rate": float(f"{gflop * speed / limit:.3g}"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="finished run folders")
    parser.add_argument("--data", help="that they were trained on, if it lies elsewhere now")
    parser.add_argument("--seconds", type=float, help="in which all of them were trained together")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    limit = matrix_rate(torch.bfloat16, 8192 if device == "cuda" else 2048, times=8, device=device)
    trainings = [rates_of(RunFolder(path), options.data, limit) for path in options.runs]
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    result: dict[str, Any] = {"device": name, "bf16_gflops": round(limit, 1), "trainings": trainings}
    print(f"{name}: {limit:,.0f} GFLOP/s in bf16 products")
    for each in trainings:
        print(
            f"{each['run']}: {each['texts_per_second']:,.0f} texts/s, {each['gflop_per_text']:.2f} GFLOP a text, "
            f"{each['share_of_bf16_rate']:.1%} of the bf16 rate"
        )
    if options.seconds:
        reached = sum(each["tflop"] for each in trainings) * 1e3 / options.seconds
        result |= {"seconds": options.seconds, "share_of_all": float(f"{reached / limit:.3g}")}
        print(f"all: {options.seconds:,.0f} s, {reached:,.0f} GFLOP/s, {reached / limit:.1%} of the bf16 rate")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
