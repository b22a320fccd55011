"""Score the training texts with a model, as targets for students (--teacher FILE.npz).

    python scripts/teacher_scores.py runs/mpnet results/teacher_scores/mpnet.npz --data goemotions

A large teacher then scores each text once, however many students learn from it. Scores are rounded to three decimals.
"""

import argparse
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import emograin
from emograin.prediction.shipped_model import named_model
from emograin.training.teacher_scores import write_teacher_scores


def autocast(device: str) -> AbstractContextManager[Any]:
    """Return a context of bf16 products on a GPU, where float32 is several times as slow; the rounding is coarser."""
    if device == "cpu":
        return nullcontext()
    import torch

    return torch.autocast(device, torch.bfloat16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="run folder, exported model, or bundled")
    parser.add_argument("output", type=Path, help=".npz file to write")
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args()
    train = emograin.load_corpus(options.data).split("train")
    predictor = emograin.load(named_model(options.model), device=options.device)
    with autocast(options.device):
        scores = predictor.predict(train.texts).scores
    write_teacher_scores(options.output, train, predictor.taxonomy, scores)
    print(f"{options.output}: {len(train):,} texts")


if __name__ == "__main__":
    main()
