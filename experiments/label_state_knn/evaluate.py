"""Mix the scores of a run with those of each label's nearest training texts: chosen on dev, measured on test once.

    python experiments/label_state_knn/evaluate.py runs/label-embedding-seed0 --output results/label-embedding-seed0
    python experiments/label_state_knn/evaluate.py --together results/label-embedding-seed* --output results   its seeds

Training texts go through the encoder once; their slots are kept in a file (28 labels x 43,410 texts: 0.9 GB).
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from interpolation import WEIGHTS, Mixture, choose_mixing, mixed
from knn import MEMORY, TEMPERATURES, cached_slots, neighbour_scores, slot_states

from emograin.common.files import write_atomically
from emograin.common.progress import Progress
from emograin.common.text_table import aligned, number
from emograin.data.corpus import Split
from emograin.data.sources import load
from emograin.evaluation import significance
from emograin.evaluation.thresholds import global_threshold, predicted
from emograin.models.classifier import load as load_classifier
from emograin.models.methods import Method
from emograin.models.run_folder import RunFolder

NAME = "label_state_knn"
Scored = tuple[np.ndarray, np.ndarray, dict[str, float]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run; with --together what --output kept")
    parser.add_argument("--together", action="store_true", help="the differences over the seeds of one system")
    parser.add_argument("--data", help="by default what the run was trained on")
    parser.add_argument("--output", type=Path, help="a folder for all figures, and what each way predicts on test")
    parser.add_argument("--k", type=int, default=64, help="neighbours a label")
    parser.add_argument("--centre", action="store_true", help="subtract the training texts' mean")
    parser.add_argument("--cache", type=Path, help="a folder for the slots; by default in the run's")
    parser.add_argument("--memory", type=int, default=MEMORY // 2**20, help="MiB of similarities at once")
    parser.add_argument("--limit", type=int, help="only so many texts of each split, to try it")
    options = parser.parse_args(arguments)
    if options.together:
        _keep(together(options.runs), options.output, "label_state_knn_of_seeds.json")
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
        keys = cached_slots(options.cache or run.path / "cache", method, documents, progress.advance)
    given = {"keys": keys, "gold": train.labels, "k": options.k, "centre": options.centre}
    given["memory"] = options.memory * 2**20
    model, neighbours, _ = scored(method, dev, given)
    chosen = chosen_on_dev(model, neighbours, dev.labels)
    test = _first(corpus.split("test"), options.limit)  # read when all is chosen
    scores = scored(method, test, given)
    guesses = {name: predicted(scores_of(way, *scores[:2]), [threshold]) for name, (way, threshold) in chosen.items()}
    found = measured(chosen, guesses, scores[2], test.labels)
    found = {"run": run.path.resolve().name, "training_texts": len(train), "dev_texts": len(dev), **found}
    found |= {"k": options.k, "centre": options.centre}
    print(table(found))
    if options.output:
        _keep(found, options.output, f"{NAME}.json")
        arrays = {name: np.packbits(each, axis=1) for name, each in guesses.items()}

        def save(part: Path) -> None:
            with part.open("wb") as file:
                np.savez_compressed(file, gold=np.packbits(test.labels > 0, axis=1), **arrays)  # type: ignore[arg-type]

        write_atomically(options.output / f"{NAME}.npz", save)


def together(folders: Sequence[Path]) -> dict[str, Any]:
    """Each way's macro F1 on test, mean over seeds, and its difference to the unmixed runs; seeds are drawn, too."""
    kept = [_predictions(folder) for folder in folders]
    gold = kept[0].pop("gold")
    for folder, each in zip(folders[1:], kept[1:], strict=True):
        if not np.array_equal(each.pop("gold"), gold):
            raise SystemExit(f"{folder} was measured on other texts than {folders[0]}")
    kinds = {"all": np.ones(gold.shape[1], dtype=bool), "frequent": significance.frequent(gold)}
    ways: dict[str, Any] = {}
    for name in kept[0]:
        ways[name] = {}
        for kind, labels in kinds.items():
            if not labels.any():
                ways[name][kind] = None
                continue
            macro = [significance.macro_f1(each[name], gold, labels) for each in kept]
            here, unmixed = ([each[way] for each in kept] for way in (name, "unmixed"))
            apart = asdict(significance.two_level_bootstrap(here, unmixed, gold, labels))
            ways[name][kind] = {"macro_f1": macro, "mean": float(np.mean(macro)), "to_unmixed": apart}
    found = {"runs": [folder.resolve().name for folder in folders], "test_texts": len(gold), "variants": ways}
    rows = [
        [
            "macro F1 on test",
            "a run",
            "mean",
            "to unmixed",
            "95 % interval",
            "p",
            "frequent, to unmixed",
            "95 % interval",
        ]
    ]
    for name, way in ways.items():
        every, frequent = way["all"], way["frequent"]
        apart = every["to_unmixed"]
        cells = [name, " ".join(number(each) for each in every["macro_f1"]), number(every["mean"])]
        cells += [
            f"{apart['difference']:+.4f}",
            f"{apart['low']:+.4f} to {apart['high']:+.4f}",
            number(apart["p_value"]),
        ]
        apart = frequent and frequent["to_unmixed"]
        cells += [f"{apart['difference']:+.4f}", f"{apart['low']:+.4f} to {apart['high']:+.4f}"] if apart else ["-"] * 2
        rows.append(cells)
    print(aligned(rows))
    return found


def _predictions(folder: Path) -> dict[str, np.ndarray]:
    """What `--output` kept: `gold` and each way's predictions, (texts, labels), bool."""
    figures = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    labels = len(figures["variants"]["unmixed"]["weights"])
    with np.load(folder / f"{NAME}.npz", allow_pickle=False) as arrays:
        return {name: np.unpackbits(arrays[name], axis=1, count=labels) > 0 for name in arrays}


def _keep(found: dict[str, Any], folder: Path | None, name: str) -> None:
    if folder is not None:
        RunFolder(folder).write_json(name, found)


def scored(method: Method, split: Split, given: dict[str, Any]) -> Scored:
    """The model's scores (texts, labels), the neighbours' (temperatures, texts, labels), and seconds a text of each."""
    documents = method.tokenize(split.texts)
    with Progress(len(documents), f"{split.name} texts") as progress:
        start = time.perf_counter()
        states = slot_states(method, documents, progress.advance)
        encoded = time.perf_counter()
    with Progress(method.slots, f"indices searched for {split.name}") as progress:
        neighbours = neighbour_scores(states.slots, temperatures=TEMPERATURES, on_progress=progress.advance, **given)
    searched = time.perf_counter()
    seconds = {"model": (encoded - start) / len(documents), "neighbours": (searched - encoded) / len(documents)}
    return states.scores, neighbours, seconds


def chosen_on_dev(model: np.ndarray, neighbours: np.ndarray, labels: np.ndarray) -> dict[str, tuple[Mixture, float]]:
    """Each way of mixing to what was chosen for it, and the one threshold for all labels that goes with it."""
    ways = {
        "unmixed": choose_mixing(model, neighbours, labels, grid=np.array([0.0])),
        "neighbours alone": choose_mixing(model, neighbours, labels, grid=np.array([1.0])),
        "mixed": choose_mixing(model, neighbours, labels, grid=WEIGHTS),
        "a weight per label": choose_mixing(model, neighbours, labels, "per-label"),
        "by agreement": choose_mixing(model, neighbours, labels, "agreement"),
    }
    return {
        name: (way, float(global_threshold(scores_of(way, model, neighbours), labels)[0])) for name, way in ways.items()
    }


def scores_of(way: Mixture, model: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """What a way of mixing makes of scores: (texts, labels)."""
    return mixed(model, neighbours[way.temperature], way.weights, way.agreement)


def measured(
    chosen: dict[str, tuple[Mixture, float]],
    guesses: dict[str, np.ndarray],
    seconds: dict[str, float],
    gold: np.ndarray,
) -> dict[str, Any]:
    """Macro F1 on test of each way, its difference to the unmixed scores with an interval, and what it costs."""
    kinds = {"all": np.ones(gold.shape[1], dtype=bool), "frequent": significance.frequent(gold)}
    ways: dict[str, Any] = {}
    for name, (way, threshold) in chosen.items():
        ways[name] = {"temperature": TEMPERATURES[way.temperature], "weights": way.weights.tolist()}
        ways[name] |= {"threshold": threshold, "dev_macro_f1": way.macro_f1}
        for kind, kept in kinds.items():
            ways[name][kind] = against(guesses[name], guesses["unmixed"], gold, kept) if kept.any() else None
    seconds = {**seconds, "ratio": 1 + seconds["neighbours"] / seconds["model"]}
    return {"test_texts": len(gold), "variants": ways, "seconds_per_text": seconds}


def against(guesses: np.ndarray, unmixed: np.ndarray, gold: np.ndarray, kept: np.ndarray) -> dict[str, Any]:
    """Macro F1 over some labels, and the difference that mixing makes."""
    return {
        "macro_f1": significance.macro_f1(guesses, gold, kept),
        "to_unmixed": asdict(significance.paired_bootstrap(guesses, unmixed, gold, kept)),
        "randomisation_p_value": significance.randomisation_test(guesses, unmixed, gold, kept),
    }


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    rows = [["macro F1, one threshold", "T", "weight", "dev", "test", "to unmixed", "95 % interval", "p", "frequent"]]
    rows[0] += ["to unmixed", "95 % interval", "p"]
    for name, way in found["variants"].items():
        cells = [name, f"{way['temperature']:g}", f"{np.mean(way['weights']):.2f}", number(way["dev_macro_f1"])]
        for kind in ("all", "frequent"):
            if figures := way[kind]:
                apart = figures["to_unmixed"]
                cells += [number(figures["macro_f1"]), f"{apart['difference']:+.4f}"]
                cells += [f"{apart['low']:+.4f} to {apart['high']:+.4f}", number(figures["randomisation_p_value"])]
            else:
                cells += ["-"] * 4
        rows.append(cells)
    cost = found["seconds_per_text"]
    return (
        f"{found['run']}: {found['training_texts']:,} training texts, k = {found['k']}, T and weights chosen on "
        f"{found['dev_texts']:,} dev texts, {found['test_texts']:,} test texts\n{aligned(rows)}\n"
        f"(weight: mean over labels; interval: bootstrap; p: randomisation)\n"
        f"A text takes {1000 * cost['model']:.2f} ms without neighbours and {1000 * cost['neighbours']:.2f} ms more "
        f"with them: {cost['ratio']:.2f} times as long."
    )


def _first(split: Split, limit: int | None) -> Split:
    return Split(split.name, split.ids[:limit], split.texts[:limit], split.labels[:limit])


if __name__ == "__main__":
    main()
