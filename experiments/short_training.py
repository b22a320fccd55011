"""Short trainings side by side: scores on dev, one file per cell and seed, and the cells' differences.

A cell is a change of the settings, or of the labels' words. Cells whose scores are there are not trained again, so an
interrupted experiment continues where it stopped, on another machine too; scores of other settings are an error.
Differences are means over the seeds that both cells have, paired, with a 95 % interval over texts (bootstrap) and, from
two seeds on, over seeds (Student's t). Test is not read.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import emograin
from emograin.common.errors import EmograinError
from emograin.common.files import read_arrays, write_atomically, write_text
from emograin.data.corpus import Corpus, Split, fingerprint
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.cross_fitting import cross_fit_predictions
from emograin.evaluation.significance import frequent_labels, per_label_f1, resample_f1, summarize

ROOT = Path(__file__).parents[1]
RESAMPLES, HALVINGS = 1000, 5
Words = Callable[[Taxonomy, int, str], Taxonomy]  # (taxonomy, seed, name of the encoder) -> with other words


@dataclass(frozen=True)
class Cell:
    """One kind of training.

    Attributes:
        reference: Name of the cell that it is compared with; its own name for a reference.
        settings: Settings of the training that differ from those of the experiment.
        change: Change of the labels' words; None: none.
        also: Names of further cells that it is compared with.
    """

    reference: str
    settings: dict[str, Any] = field(default_factory=dict)
    change: Words | None = None
    also: tuple[str, ...] = ()


def options_of(description: str | None, cells: Mapping[str, Cell], name: str) -> argparse.Namespace:
    """Parse the command line of an experiment.

    Args:
        description: Text of its help.
        cells: The cells, by name.
        name: Name of the folder of scores in runs/, and of the measurements in results/.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--encoder", default="minilm")
    scores, output = ROOT / "runs" / name, ROOT / "results" / f"{name}.json"
    parser.add_argument("--scores", type=Path, default=scores, help="folder of each cell's scores on dev, per seed")
    parser.add_argument("--cells", nargs="+", choices=cells, default=list(cells), metavar="CELL", help="by default all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--every", type=int, default=4, help="use every Nth training text")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--output", type=Path, default=output)
    return parser.parse_args()


def train_cells(cells: Mapping[str, Cell], options: argparse.Namespace) -> None:
    """Train the cells without scores, and write the measurements of all."""
    corpus = emograin.load_corpus(options.data)
    labels, texts = corpus.split("dev").labels, fingerprints(corpus)
    options.scores.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for name in options.cells:
            path, origin = score_file(options.scores, name, seed), origin_of(cells[name], options, texts)
            if path.exists():
                read_scores(path, origin)  # raises if they are of other settings
            else:
                found = train_cell(cells[name], corpus, options, seed)
                write_atomically(path, partial(save_scores, found, origin=origin))
                precision = average_precisions(found, labels, np.ones((1, len(labels)))).mean()
                print(f"{name}, seed {seed}: average precision {precision:.4f}", flush=True)
    write_results(cells, options, corpus)


def fingerprints(corpus: Corpus) -> list[str]:
    """Return the fingerprints of the training texts and of dev."""
    return [fingerprint(corpus.split(name)) for name in ("train", "dev")]


def origin_of(cell: Cell, options: argparse.Namespace, texts: Sequence[str]) -> str:
    """Describe what the scores of a cell depend on, besides the seed, as JSON; `texts` are from `fingerprints`."""
    change = None if cell.change is None else cell.change.__name__
    common = {"every": options.every, "learning_rate": options.learning_rate, "encoder": Path(options.encoder).name}
    return json.dumps({"cell": cell.settings, "words": change, **common, "texts": list(texts)}, sort_keys=True)


def train_cell(cell: Cell, corpus: Corpus, options: argparse.Namespace, seed: int) -> np.ndarray:
    """Train one cell for one epoch and return its scores on dev, (texts, labels)."""
    taxonomy = corpus.taxonomy if cell.change is None else cell.change(corpus.taxonomy, seed, options.encoder)

    def every_nth() -> Split:
        whole, kept = corpus.split("train"), slice(None, None, options.every)
        return Split("train", whole.ids[kept], whole.texts[kept], whole.labels[kept])

    part = Corpus(corpus.name, taxonomy, {"train": every_nth, "dev": lambda: corpus.split("dev")})
    common = {"epochs": 1, "batch_size": 32, "learning_rate": options.learning_rate, "emoji": False}
    settings = emograin.Training(
        **{**common, **cell.settings}, data=corpus.name, encoder=options.encoder, seed=seed, evaluate_every=10**9
    )
    with TemporaryDirectory() as folder:
        run = emograin.RunFolder(folder)
        emograin.train(settings, part, run)
        return run.read_scores("dev")[2]


def average_precisions(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute average precision of each label on weighted texts, without interpolation, as scikit-learn does.

    Texts with one score are retrieved together.

    Args:
        scores: (texts, labels).
        labels: (texts, labels) of 0 and 1.
        weights: Weight of each text in each resample, (resamples, texts).

    Returns:
        (resamples, labels).
    """
    found = np.zeros((len(weights), labels.shape[1]))
    for label in range(labels.shape[1]):
        order = np.argsort(-scores[:, label], kind="stable")
        positive, descending = labels[order, label] > 0, -scores[order, label]
        last = np.searchsorted(descending, descending, side="right") - 1  # of the texts with the same score
        retrieved = weights[:, order]
        seen, own = retrieved.cumsum(axis=1)[:, last[positive]], retrieved[:, positive]
        correct = (retrieved * positive).cumsum(axis=1)[:, last[positive]]
        precision = np.divide(correct, seen, out=np.zeros(correct.shape), where=seen > 0)
        found[:, label] = (precision * own).sum(axis=1) / np.maximum(own.sum(axis=1), 1)
    return found


def measure(scores: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Measure one training on the texts as they are (row 0) and on resamples: (1 + resamples, labels) per metric."""
    random = np.random.default_rng(0)
    draws = random.integers(0, len(labels), (RESAMPLES, len(labels)))
    weights = np.stack([np.ones(len(labels)), *(np.bincount(draw, minlength=len(labels)) for draw in draws)])
    predictions = list(cross_fit_predictions(scores, labels, halvings=HALVINGS))
    observed = np.mean([per_label_f1(one, labels) for one in predictions], axis=0)
    resampled = resample_f1(predictions, labels, RESAMPLES, 0).mean(axis=1)
    return {
        "average_precision": average_precisions(scores, labels, weights),
        "f1": np.concatenate([observed[None], resampled]),
    }


def compare(
    cells: Mapping[str, Cell], measured: Mapping[str, Mapping[int, dict[str, np.ndarray]]], often: np.ndarray
) -> list[dict[str, Any]]:
    """Compare each cell with its reference.

    Args:
        cells: The cells, by name.
        measured: What `measure` returns, by cell and seed.
        often: Mask of the frequent labels, (labels,).

    Returns:
        One row per cell: its metrics over all and over the frequent labels, means over its seeds, and the differences
        to its reference, with the ends of their intervals, over the seeds of both; under `also`, the same to each
        further cell.
    """
    rows = []
    for name, seeds in measured.items():
        cell = cells[name]
        row: dict[str, Any] = {"cell": name, "seeds": sorted(seeds)}
        if cell.reference != name:
            row["reference"] = cell.reference
        differences = compare_pair(seeds, measured.get(cell.reference, {}), often) if cell.reference != name else {}
        for metric, which, mask in kinds(often):
            own = [float(seeds[seed][metric][0, mask].mean()) for seed in row["seeds"]]
            row[f"{metric}_{which}"] = round(float(np.mean(own)), 4)
            row[f"{metric}_{which}_by_seed"] = [round(each, 4) for each in own]
            if found := differences.get(f"{metric}_{which}"):
                row[f"{metric}_{which}_difference"] = found
        if also := {other: compare_pair(seeds, measured.get(other, {}), often) for other in cell.also}:
            row["also"] = also
        rows.append(row)
    return rows


def compare_pair(
    ours: Mapping[int, Mapping[str, np.ndarray]], theirs: Mapping[int, Mapping[str, np.ndarray]], often: np.ndarray
) -> dict[str, list[float]]:
    """Compare two cells over the seeds of both: metric and labels -> difference and the ends of its interval."""
    both = sorted(ours.keys() & theirs.keys())
    found = {}
    for metric, which, mask in kinds(often) if both else ():
        pairs = [ours[seed][metric] - theirs[seed][metric] for seed in both]
        differences = np.stack([pair[:, mask].mean(axis=1) for pair in pairs])
        observed, resampled = differences[:, 0], differences[:, 1:].mean(axis=0)  # (seeds,), (resamples,)
        change = summarize(float(observed.mean()), resampled, 0, [observed])
        found[f"{metric}_{which}"] = [round(each, 4) for each in (change.difference, change.low, change.high)]
    return found


def kinds(often: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield each metric with each choice of labels: its name and its mask, (labels,)."""
    for metric in ("average_precision", "f1"):
        for which, mask in {"all": np.ones(len(often), dtype=bool), "frequent": often}.items():
            yield metric, which, mask


def write_results(cells: Mapping[str, Cell], options: argparse.Namespace, corpus: Corpus) -> None:
    """Measure the cells whose scores are there, and write the results; a part of them replaces no earlier ones."""
    measured: dict[str, dict[int, dict[str, np.ndarray]]] = {}
    labels, texts = corpus.split("dev").labels, fingerprints(corpus)
    for name, cell in cells.items():
        for seed in options.seeds:
            if (file := score_file(options.scores, name, seed)).exists():
                scores = read_scores(file, origin_of(cell, options, texts))
                measured.setdefault(name, {})[seed] = measure(scores, labels)
    before = json.loads(options.output.read_text(encoding="utf-8"))["rows"] if options.output.exists() else []
    done = {(row["cell"], seed) for row in before for seed in row["seeds"] if row["cell"] in cells}
    if missing := sorted(done - {(name, seed) for name, seeds in measured.items() for seed in seeds}):
        lacking = "; ".join(f"{name}, seed {seed}" for name, seed in missing)
        print(f"{options.output} stays as it is, without scores of: {lacking}")
        return
    rows = compare(cells, measured, frequent_labels(labels))
    settings = {"every": options.every, "learning_rate": options.learning_rate, "encoder": Path(options.encoder).name}
    content = {"settings": settings, "texts": len(labels), "rows": rows}
    write_text(options.output, json.dumps(content, indent=1) + "\n")


def score_file(folder: Path, cell: str, seed: int) -> Path:
    """Return the file of the scores of a cell and seed."""
    return folder / f"{cell.replace(' ', '-').replace(',', '')}-seed{seed}.npz"


def save_scores(scores: np.ndarray, path: Path, origin: str) -> None:
    """Write the scores of a cell, (texts, labels), and what they depend on."""
    with path.open("wb") as file:
        np.savez_compressed(file, scores=scores, origin=np.array(origin))


def read_scores(path: Path, origin: str) -> np.ndarray:
    """Read what `save_scores` wrote, as float32.

    Raises:
        EmograinError: They depend on something else.
    """
    scores, found = read_arrays(path, ("scores", "origin"))
    if str(found) != origin:
        raise EmograinError(f"{str(path)!r} has scores of {found}, expected {origin}", "--scores, another folder")
    return np.asarray(scores, dtype=np.float32)
