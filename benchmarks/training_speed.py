"""Training speed on a CPU: emograin's loop and a plain fine-tuning loop on the same weights, in alternating rounds.

    python benchmarks/training_speed.py --method baseline label-embedding --data quickstart --json speed.json

Both train the same classifier on the same texts with the same batch size; only optimizer steps are timed. The ratio
is comparable between machines, texts per second are not. Run it on an otherwise idle machine.

--steps breaks the ratio down: the plain loop with one change after the other.
"""

import argparse
import csv
import multiprocessing
import os
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import add_result
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import binary_cross_entropy_with_logits
from training_step_cost import StepCost, matrix_rate

from emograin.data.batching import training_batches
from emograin.data.corpus import Corpus, Split
from emograin.data.sources import load
from emograin.models.classifier import build
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.training.fast_dropout import FastDropout
from emograin.training.loop import train
from emograin.training.precision import is_faster_in_bf16

CHANGES = ("batches of similar length", "bfloat16", "fused AdamW", "math attention", "fast dropout")
DEV_TEXTS = 16  # emograin's loop evaluates once, at the end, which is not timed


def plain_loop(settings: Training, corpus: Corpus, changes: Sequence[str] = ()) -> float:
    """Fine-tune as common example scripts do, with some of `CHANGES` applied; return texts per second.

    Every text is padded to `max_document_tokens`; float32; shuffled batches; the default AdamW and attention of torch
    and transformers. Batches are slices of tensors prepared before the clock starts, faster than any data loader.
    """
    classifier = build(settings, corpus.taxonomy).train()
    method, split = classifier.method, corpus.split("train")
    documents = method.tokenize(split.texts)
    longest = [0] * settings.max_document_tokens
    inputs = {name: rows[:-1] for name, rows in method.assemble([*documents, longest]).items()}
    targets = torch.from_numpy(split.labels).float()
    fused = True if "fused AdamW" in changes else None  # None: torch decides
    optimizer = torch.optim.AdamW(classifier.parameters(), settings.learning_rate, fused=fused)
    batches = list(torch.randperm(len(targets)).split(settings.batch_size))
    if "batches of similar length" in changes:
        batches = [torch.from_numpy(rows) for rows in _batches(settings, documents)]
    autocast = torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in changes)
    math = partial(sdpa_kernel, SDPBackend.MATH) if "math attention" in changes else nullcontext
    kernels = FastDropout if "fast dropout" in changes else math
    began = time.perf_counter()
    for rows in batches:
        batch = {name: tensor[rows] for name, tensor in inputs.items()}
        if "batches of similar length" in changes:
            width = int(batch["attention_mask"].sum(dim=1).max())
            batch = {name: tensor[:, :width] for name, tensor in batch.items()}
        with autocast, kernels():
            logits = method.score(method.embed(batch))
        loss = binary_cross_entropy_with_logits(logits.float(), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(classifier.parameters(), settings.max_grad_norm)
        optimizer.step()
    return len(targets) / (time.perf_counter() - began)


def emograin_loop(settings: Training, corpus: Corpus) -> float:
    """Train with `emograin.training.loop.train`; return texts per second from the run's curve."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(folder)
        train(settings, corpus, run)
        with run.curve.open(newline="") as file:
            return float(next(csv.DictReader(file))["texts_per_second"])


def sample(corpus: Corpus, texts: int, seed: int) -> Corpus:
    """Return a corpus of `texts` random training texts and `DEV_TEXTS` dev texts."""
    whole, dev = corpus.split("train"), corpus.split("dev")
    chosen = np.random.default_rng(seed).permutation(len(whole))[:texts]
    parts = {"train": _select(whole, chosen), "dev": _select(dev, np.arange(min(DEV_TEXTS, len(dev))))}
    return Corpus(corpus.name, corpus.taxonomy, {name: partial(parts.__getitem__, name) for name in parts})


def _select(split: Split, rows: np.ndarray) -> Split:
    return Split(split.name, [split.ids[at] for at in rows], [split.texts[at] for at in rows], split.labels[rows])


def _batches(settings: Training, documents: Sequence[list[int]]) -> list[np.ndarray]:
    return training_batches([len(ids) for ids in documents], settings.batch_size, settings.seed, epoch=0)


def peak_memory(loop: Callable[[Training, Corpus], float], settings: Training, data: str, texts: int) -> dict[str, int]:
    """Measure peak resident memory, and memory before training, in MiB, in a separate process.

    The peak of a process never decreases, so in one process the second loop would report at least the first one's.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_measure_memory, loop, settings, data, texts).result()


def _measure_memory(
    loop: Callable[[Training, Corpus], float], settings: Training, data: str, texts: int
) -> dict[str, int]:
    corpus = sample(load(data), texts, settings.seed)
    before = _peak_memory_mib()
    loop(settings, corpus)
    return {"peak_mib": round(_peak_memory_mib()), "before_training_mib": round(before)}


def _peak_memory_mib() -> float:
    """Return the peak resident memory of this process in MiB; ru_maxrss may include the parent's, VmHWM does not."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    if found:
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def compare(
    settings: Training, data: str, texts: int, rounds: int, changes: Sequence[str], memory: bool
) -> dict[str, dict[str, Any]]:
    """Run every loop in each of `rounds` rounds; return results per loop, the plain one first, emograin's last."""
    corpus = load(data)
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and is_faster_in_bf16("cpu"))
    used = [change for change in changes if bf16 or change != "bfloat16"]
    loops: dict[str, Callable[[Training, Corpus], float]] = {"plain": plain_loop}
    for number, change in enumerate(used, start=1):
        loops[f"+ {change}"] = partial(plain_loop, changes=used[:number])
    loops["emograin"] = emograin_loop
    found: dict[str, dict[str, Any]] = {
        name: {
            "dtype": "bfloat16" if bf16 and ("bfloat16" in used[:at] or name == "emograin") else "float32",
            "texts_per_second": [],
            "gflop_per_text": [],
        }
        for at, name in enumerate(loops)
    }
    classifier = build(settings, corpus.taxonomy).train()
    costs = {name: StepCost(classifier, whole=name != "emograin") for name in loops}
    for loop in loops.values():  # warm-up: the first calls select kernels
        loop(settings, sample(corpus, 2 * settings.batch_size, settings.seed))
    for number in range(rounds):
        seeded = replace(settings, seed=settings.seed + number)
        texts_now = sample(corpus, texts, seeded.seed)
        for name, loop in loops.items():
            found[name]["texts_per_second"].append(round(loop(seeded, texts_now), 2))
            found[name]["gflop_per_text"].append(
                costs[name].mean_flop_per_text(seeded, texts_now, full_padding=name == "plain") / 1e9
            )
            rate = found[name]["texts_per_second"][-1]
            _note(f"{settings.method}, round {number + 1} of {rounds}: {name} {rate} texts/s")
    for name, measured in found.items():
        plain = found["plain"]["texts_per_second"]
        ratios = [ours / theirs for ours, theirs in zip(measured["texts_per_second"], plain, strict=True)]
        measured["texts_per_second_median"] = statistics.median(measured["texts_per_second"])
        measured["ratio"] = {
            "median": round(statistics.median(ratios), 3),
            "min": round(min(ratios), 3),
            "max": round(max(ratios), 3),
        }
        measured["gflop_per_text"] = round(statistics.mean(measured["gflop_per_text"]), 3)
        if memory and name in ("plain", "emograin"):
            _note(f"{settings.method}, memory of {name}, in a separate process")
            measured |= peak_memory(loops[name], settings, data, texts)
    return found


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def add_shares(measured: dict[str, dict[str, Any]], rates: dict[str, float]) -> None:
    """Add the fraction of the machine's matrix-product rate that each loop reaches, in place."""
    for each in measured.values():
        reached = each["texts_per_second_median"] * each["gflop_per_text"]
        each["gflops"] = round(reached, 1)
        each["share_of_matrix_rate"] = round(reached / rates[each["dtype"]], 3)


def table(name: str, measured: dict[str, dict[str, Any]]) -> str:
    """Format the results of one method as text, one line per loop."""
    lines = [f"{name:<26}  texts/s  ratio (min-max)     GFLOP per text  of the matrix rate  peak memory"]
    for loop, each in measured.items():
        ratio = each["ratio"]
        spread = f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})"
        share = f"{each['share_of_matrix_rate']:.0%} of {each['dtype']}"
        peak = f"{each['peak_mib']:,} MiB" if "peak_mib" in each else ""
        lines.append(
            f"  {loop:<24}  {each['texts_per_second_median']:>7.1f}  {spread:<18}  {each['gflop_per_text']:>14.2f}"
            f"  {share:<18}  {peak:>11}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--method", nargs="+", default=["baseline", "label-embedding"])
    parser.add_argument("--data", default="quickstart", help="a corpus name, a folder or a file")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps-per-round", type=int, default=40, help="optimizer steps of each loop per round")
    parser.add_argument("--steps", action="store_true", help="also the plain loop with one change after the other")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="do not measure peak memory")
    parser.add_argument("--json", type=Path, help="JSON file to add the results to, by machine")
    options = parser.parse_args()

    os.environ["ACCELERATE_USE_CPU"] = "true"  # for emograin's loop, here and in the processes that measure memory
    texts = min(options.steps_per_round * options.batch_size, len(load(options.data).split("train")))
    dtypes = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    rates = {name: matrix_rate(dtype) for name, dtype in dtypes.items()}
    methods = {}
    for method in options.method:
        settings = Training(
            method=method,
            data=Path(options.data).name,
            encoder=options.encoder,
            epochs=1,
            batch_size=options.batch_size,
            evaluate_every=10**9,
        )
        changes = CHANGES if options.steps else ()
        methods[method] = compare(settings, options.data, texts, options.rounds, changes, options.memory)
    # Measured before and after, as the speed of a machine varies; the limit is the faster one.
    rates = {name: round(max(rates[name], matrix_rate(dtype)), 1) for name, dtype in dtypes.items()}
    for measured in methods.values():
        add_shares(measured, rates)

    result = {
        "data": Path(options.data).name,
        "encoder": Path(options.encoder).name,
        "texts_per_round": texts,
        "batch_size": options.batch_size,
        "rounds": options.rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "matrix_gflops": rates,
        "methods": methods,
    }
    print(
        f"{result['encoder']} on {texts} texts of {result['data']} per round, {options.rounds} rounds, medians; "
        f"{result['threads']} threads; matrix products: "
        + ", ".join(f"{name} {rate:,.0f} GFLOP/s" for name, rate in rates.items())
    )
    for method, measured in methods.items():
        print(table(method, measured))
    if options.memory:
        print("Peak memory is that of the whole process; emograin's includes evaluation on dev and checkpoint.")
    if options.json:
        add_result(options.json, result)


if __name__ == "__main__":
    main()
