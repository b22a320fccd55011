"""Interpolate the scores of a run with those of each label's nearest training texts; chosen on dev, evaluated on test.

    python experiments/label_state_knn/evaluate.py runs/label-embedding-seed0 --output results/label-embedding-seed0
    python experiments/label_state_knn/evaluate.py --together results/label-embedding-seed* --output results

Training texts are encoded once; their embeddings are cached in a file (28 labels x 43,410 texts: 0.9 GB).
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from interpolation import WEIGHTS, Interpolation, choose_interpolation, interpolate
from knn import MEMORY, TEMPERATURES, compute_states, load_or_compute_states, neighbour_scores

from emograin.common.files import write_atomically
from emograin.common.progress import Progress
from emograin.common.text_table import aligned, number
from emograin.data.corpus import Split
from emograin.data.sources import load
from emograin.evaluation import significance
from emograin.evaluation.threshold_policies import global_threshold
from emograin.evaluation.thresholds import apply_thresholds
from emograin.models.classifier import load as load_classifier
from emograin.models.methods import Method
from emograin.models.run_folder import RunFolder

NAME = "label_state_knn"
Scores = tuple[np.ndarray, np.ndarray, dict[str, float]]
Chosen = dict[str, tuple[Interpolation, float]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folder; with --together, a folder of --output"
    )
    parser.add_argument("--together", action="store_true", help="compare over the seeds of one system")
    parser.add_argument("--data", help="corpus; by default the one the run was trained on")
    parser.add_argument("--output", type=Path, help="folder for metrics and predictions on test")
    parser.add_argument("--k", type=int, default=64, help="number of neighbours per label")
    parser.add_argument("--centre", action="store_true", help="subtract the mean of the training texts")
    parser.add_argument("--cache", type=Path, help="folder for the embeddings; by default RUN/cache")
    parser.add_argument("--memory", type=int, default=MEMORY // 2**20, help="MiB of similarities at a time")
    parser.add_argument("--limit", type=int, help="number of texts per split, for a quick try")
    options = parser.parse_args(arguments)
    if options.together:
        _write(compare_seeds(options.runs), options.output, f"{NAME}_of_seeds.json")
        return
    if len(options.runs) > 1:
        parser.error("expected one run, or --together")
    run = RunFolder(options.runs[0]).require()
    settings = run.settings
    corpus = load(options.data or settings.data, run.taxonomy, settings.text_column, settings.label_column)
    train, dev = (_first(corpus.split(name), options.limit) for name in ("train", "dev"))
    method = load_classifier(run).method
    with Progress(len(train), "training texts") as progress:
        documents = method.tokenize(train.texts)
        keys = load_or_compute_states(options.cache or run.path / "cache", method, documents, progress.advance)
    search = {"keys": keys, "gold": train.labels, "k": options.k, "centre": options.centre}
    search["memory"] = options.memory * 2**20
    model, neighbours, _ = score_split(method, dev, search)
    chosen = choose_on_dev(model, neighbours, dev.labels)
    test = _first(corpus.split("test"), options.limit)  # read after everything is chosen
    scores = score_split(method, test, search)
    guesses = {
        name: apply_thresholds(apply_interpolation(variant, *scores[:2]), [threshold])
        for name, (variant, threshold) in chosen.items()
    }
    found = evaluate_variants(chosen, guesses, scores[2], test.labels)
    found = {"run": run.path.resolve().name, "training_texts": len(train), "dev_texts": len(dev), **found}
    found |= {"k": options.k, "centre": options.centre}
    print(table(found))
    if options.output:
        _write(found, options.output, f"{NAME}.json")
        arrays = {name: np.packbits(each, axis=1) for name, each in guesses.items()}

        def save(part: Path) -> None:
            with part.open("wb") as file:
                np.savez_compressed(file, gold=np.packbits(test.labels > 0, axis=1), **arrays)  # type: ignore[arg-type]

        write_atomically(options.output / f"{NAME}.npz", save)


def compare_seeds(folders: Sequence[Path]) -> dict[str, Any]:
    """Compare the variants over seeds: macro F1 on test, and its difference to the unmixed runs."""
    runs = [_read_predictions(folder) for folder in folders]
    gold = runs[0].pop("gold")
    for folder, each in zip(folders[1:], runs[1:], strict=True):
        if not np.array_equal(each.pop("gold"), gold):
            raise SystemExit(f"{folder} was evaluated on other texts than {folders[0]}")
    kinds = {"all": np.ones(gold.shape[1], dtype=bool), "frequent": significance.frequent_labels(gold)}
    variants: dict[str, Any] = {}
    for name in runs[0]:
        variants[name] = {}
        for kind, labels in kinds.items():
            if not labels.any():
                variants[name][kind] = None
                continue
            macro = [significance.macro_f1(each[name], gold, labels) for each in runs]
            here, unmixed = ([each[variant] for each in runs] for variant in (name, "unmixed"))
            change = asdict(significance.two_level_bootstrap(here, unmixed, gold, labels))
            variants[name][kind] = {"macro_f1": macro, "mean": float(np.mean(macro)), "to_unmixed": change}
    found = {"runs": [folder.resolve().name for folder in folders], "test_texts": len(gold), "variants": variants}
    rows = [
        [
            "macro F1 on test",
            "per run",
            "mean",
            "to unmixed",
            "95 % interval",
            "p",
            "frequent, to unmixed",
            "95 % interval",
        ]
    ]
    for name, variant in variants.items():
        every, frequent = variant["all"], variant["frequent"]
        change = every["to_unmixed"]
        cells = [name, " ".join(number(each) for each in every["macro_f1"]), number(every["mean"])]
        cells += [
            f"{change['difference']:+.4f}",
            f"{change['low']:+.4f} to {change['high']:+.4f}",
            number(change["p_value"]),
        ]
        change = frequent and frequent["to_unmixed"]
        cells += (
            [f"{change['difference']:+.4f}", f"{change['low']:+.4f} to {change['high']:+.4f}"] if change else ["-"] * 2
        )
        rows.append(cells)
    print(aligned(rows))
    return found


def _read_predictions(folder: Path) -> dict[str, np.ndarray]:
    """Read `gold` and the predictions of each variant, (texts, labels), bool."""
    metrics = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    labels = len(metrics["variants"]["unmixed"]["weights"])
    with np.load(folder / f"{NAME}.npz", allow_pickle=False) as arrays:
        return {name: np.unpackbits(arrays[name], axis=1, count=labels) > 0 for name in arrays}


def _write(found: dict[str, Any], folder: Path | None, name: str) -> None:
    if folder is not None:
        RunFolder(folder).write_json(name, found)


def score_split(method: Method, split: Split, search: dict[str, Any]) -> Scores:
    """Return model scores (texts, labels), kNN scores (temperatures, texts, labels), and seconds per text."""
    documents = method.tokenize(split.texts)
    with Progress(len(documents), f"{split.name} texts") as progress:
        start = time.perf_counter()
        states = compute_states(method, documents, progress.advance)
        encoded = time.perf_counter()
    with Progress(method.slots, f"indices searched for {split.name}") as progress:
        neighbours = neighbour_scores(
            states.embeddings, temperatures=TEMPERATURES, on_progress=progress.advance, **search
        )
    searched = time.perf_counter()
    seconds = {"model": (encoded - start) / len(documents), "neighbours": (searched - encoded) / len(documents)}
    return states.scores, neighbours, seconds


def choose_on_dev(model: np.ndarray, neighbours: np.ndarray, labels: np.ndarray) -> Chosen:
    """Choose the interpolation and the global threshold of each variant."""
    variants = {
        "unmixed": choose_interpolation(model, neighbours, labels, grid=np.array([0.0])),
        "neighbours alone": choose_interpolation(model, neighbours, labels, grid=np.array([1.0])),
        "mixed": choose_interpolation(model, neighbours, labels, grid=WEIGHTS),
        "a weight per label": choose_interpolation(model, neighbours, labels, "per-label"),
        "by agreement": choose_interpolation(model, neighbours, labels, "agreement"),
    }
    chosen = {}
    for name, interpolation in variants.items():
        scores = apply_interpolation(interpolation, model, neighbours)
        chosen[name] = interpolation, float(global_threshold(scores, labels)[0])
    return chosen


def apply_interpolation(variant: Interpolation, model: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Interpolate scores as chosen: (texts, labels)."""
    return interpolate(model, neighbours[variant.temperature], variant.weights, variant.agreement)


def evaluate_variants(
    chosen: Chosen,
    guesses: dict[str, np.ndarray],
    seconds: dict[str, float],
    gold: np.ndarray,
) -> dict[str, Any]:
    """Evaluate each variant: macro F1 on test, its difference to no interpolation with an interval, and its cost."""
    kinds = {"all": np.ones(gold.shape[1], dtype=bool), "frequent": significance.frequent_labels(gold)}
    variants: dict[str, Any] = {}
    for name, (variant, threshold) in chosen.items():
        variants[name] = {"temperature": TEMPERATURES[variant.temperature], "weights": variant.weights.tolist()}
        variants[name] |= {"threshold": threshold, "dev_macro_f1": variant.macro_f1}
        for kind, mask in kinds.items():
            variants[name][kind] = compare(guesses[name], guesses["unmixed"], gold, mask) if mask.any() else None
    seconds = {**seconds, "ratio": 1 + seconds["neighbours"] / seconds["model"]}
    return {"test_texts": len(gold), "variants": variants, "seconds_per_text": seconds}


def compare(guesses: np.ndarray, unmixed: np.ndarray, gold: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Compare a variant to no interpolation over some labels, a mask (labels,)."""
    return {
        "macro_f1": significance.macro_f1(guesses, gold, labels),
        "to_unmixed": asdict(significance.paired_bootstrap(guesses, unmixed, gold, labels)),
        "randomisation_p_value": significance.randomisation_test(guesses, unmixed, gold, labels),
    }


def table(found: dict[str, Any]) -> str:
    """Format the metrics as a table."""
    rows = [["macro F1, one threshold", "T", "weight", "dev", "test", "to unmixed", "95 % interval", "p", "frequent"]]
    rows[0] += ["to unmixed", "95 % interval", "p"]
    for name, variant in found["variants"].items():
        cells = [
            name,
            f"{variant['temperature']:g}",
            f"{np.mean(variant['weights']):.2f}",
            number(variant["dev_macro_f1"]),
        ]
        for kind in ("all", "frequent"):
            if metrics := variant[kind]:
                change = metrics["to_unmixed"]
                cells += [number(metrics["macro_f1"]), f"{change['difference']:+.4f}"]
                cells += [f"{change['low']:+.4f} to {change['high']:+.4f}", number(metrics["randomisation_p_value"])]
            else:
                cells += ["-"] * 4
        rows.append(cells)
    cost = found["seconds_per_text"]
    return (
        f"{found['run']}: {found['training_texts']:,} training texts, k = {found['k']}, T and weights chosen on "
        f"{found['dev_texts']:,} dev texts, {found['test_texts']:,} test texts\n{aligned(rows)}\n"
        f"(weight: mean over labels; interval: bootstrap; p: randomisation)\n"
        f"Time per text: {1000 * cost['model']:.2f} ms without neighbours, {1000 * cost['neighbours']:.2f} ms more "
        f"with them: {cost['ratio']:.2f} times as long."
    )


def _first(split: Split, limit: int | None) -> Split:
    return Split(split.name, split.ids[:limit], split.texts[:limit], split.labels[:limit])


if __name__ == "__main__":
    main()
