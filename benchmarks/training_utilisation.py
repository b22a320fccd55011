"""The fraction of the machine's matrix-product rate that finished trainings reached, from their run folders.

    python benchmarks/training_utilisation.py runs/* --seconds 840 --json rates.json

Texts per second come from the curve of each run. With --seconds, the total time in which all of them were trained,
it also reports their joint rate, which is higher if several trainings shared a device.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

import torch
from training_step_cost import StepCost, matrix_rate

from emograin.data.sources import load
from emograin.evaluation.results import read_curve
from emograin.models.classifier import build
from emograin.models.run_folder import RunFolder


def training_rates(run: RunFolder, data: str | None, limit: float) -> dict[str, Any]:
    """Compute the rates of one training.

    Args:
        run: A finished run.
        data: The corpus, if it is not where the run's settings say.
        limit: Rate of bf16 matrix products, in GFLOP/s.

    Returns:
        Texts per second (median over the evaluations), GFLOP per text, total TFLOP, fraction of the limit.
    """
    settings = run.settings
    corpus = load(data or settings.data, run.taxonomy, settings.text_column, settings.label_column)
    curve = read_curve(run.path)
    speed = median(row["texts_per_second"] or 0 for row in curve)
    cost = StepCost(build(settings, corpus.taxonomy).train())
    gflop = cost.mean_flop_per_text(settings, corpus, full_padding=False) / 1e9
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
    parser.add_argument("--data", help="their corpus, if it is not where their settings say")
    parser.add_argument("--seconds", type=float, help="total time in which all of them were trained")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    limit = matrix_rate(torch.bfloat16, 8192 if device == "cuda" else 2048, times=8, device=device)
    trainings = [training_rates(RunFolder(path), options.data, limit) for path in options.runs]
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    result: dict[str, Any] = {"device": name, "bf16_gflops": round(limit, 1), "trainings": trainings}
    print(f"{name}: {limit:,.0f} GFLOP/s in bf16 products")
    for each in trainings:
        print(
            f"{each['run']}: {each['texts_per_second']:,.0f} texts/s, {each['gflop_per_text']:.2f} GFLOP per text, "
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
