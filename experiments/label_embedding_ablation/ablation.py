"""Ablation of label embeddings: without the words, their order, the slots or their attention; with other losses; and
with the words in the output layer only.

    python experiments/label_embedding_ablation/ablation.py --data goemotions

Every cell is one epoch on every fourth training text at one learning rate, evaluated on dev: macro average precision,
and macro F1 with cross-fitted per-label thresholds, over all labels and over the frequent ones. Differences to the
words of the labels are means over seeds, with a 95 % bootstrap interval over texts. Test is not read. Cells whose
scores are in --scores are not trained again, so an interrupted experiment continues where it stopped, on another
machine too.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from variants import METHODS, definitions, permuted_words, random_words

import emograin
from emograin.common.files import write_atomically, write_text
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.cross_fitting import cross_fit_predictions
from emograin.evaluation.significance import frequent_labels, per_label_f1, resample_f1, summarize
from emograin.models import encoder, methods

RESULTS = Path(__file__).parents[2] / "results/label_embedding_ablation"
RESAMPLES, HALVINGS = 1000, 5
REFERENCE = "label words"


def read_as_random_words(taxonomy: Taxonomy, seed: int, name: str) -> Taxonomy:
    """Return a taxonomy in which every label is read as a random word of an encoder's vocabulary."""
    return random_words(taxonomy, seed, encoder.load(name, taxonomy.placeholders))


# Name -> method, loss, and the change of the labels' words
CELLS: dict[str, tuple[str, str, Callable[[Taxonomy, int, str], Taxonomy] | None]] = {
    REFERENCE: ("label-embedding", "bce", None),
    "baseline": ("baseline", "bce", None),
    "order shuffled in every batch": ("shuffled-labels", "bce", None),
    "words of other labels": ("label-embedding", "bce", lambda labels, seed, _: permuted_words(labels, seed)),
    "random words": ("label-embedding", "bce", read_as_random_words),
    "unused tokens": ("unused-tokens", "bce", None),
    "slots that do not see each other": ("separate-slots", "bce", None),
    "one [CLS], a deep head per label": ("head-per-label", "bce", None),
    "baseline with a pooler": ("pooled-baseline", "bce", None),
    "baseline, weighted BCE": ("baseline", "weighted-bce", None),
    "baseline, focal loss": ("baseline", "focal", None),
    "baseline, asymmetric loss": ("baseline", "asymmetric", None),
    "label words, weighted BCE": ("label-embedding", "weighted-bce", None),
    "definitions": ("label-embedding", "bce", lambda labels, *_: definitions(labels)),
    "output layer from label words, mean of tokens": ("label-initialized", "bce", None),
    "output layer from random words, mean of tokens": ("label-initialized", "bce", read_as_random_words),
    "random output layer, mean of tokens": ("mean-of-tokens", "bce", None),
    "random output layer, mean of tokens, low bias": ("mean-of-tokens-rare-labels", "bce", None),
    "baseline, low bias": ("baseline-rare-labels", "bce", None),
    "label words, low bias": ("label-embedding-rare-labels", "bce", None),
    "output layer from label words, [CLS]": ("initialized-on-cls", "bce", None),
}


def train_cell(name: str, corpus: Corpus, options: argparse.Namespace, seed: int) -> np.ndarray:
    """Train one cell and return its scores on dev, (texts, labels)."""
    method, loss, change = CELLS[name]
    taxonomy = corpus.taxonomy if change is None else change(corpus.taxonomy, seed, options.encoder)

    def every_nth() -> Split:
        whole, kept = corpus.split("train"), slice(None, None, options.every)
        return Split("train", whole.ids[kept], whole.texts[kept], whole.labels[kept])

    part = Corpus(corpus.name, taxonomy, {"train": every_nth, "dev": lambda: corpus.split("dev")})
    settings = emograin.Training(
        method=method,
        data=corpus.name,
        encoder=options.encoder,
        epochs=1,
        batch_size=32,
        learning_rate=options.learning_rate,
        loss=loss,
        emoji=False,
        seed=seed,
        evaluate_every=10**9,
    )
    with TemporaryDirectory() as folder:
        run = emograin.RunFolder(folder)
        emograin.train(settings, part, run)
        return run.read_scores("dev")[2]


def average_precisions(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute average precision of each label on weighted texts, without interpolation, as scikit-learn does.

    Ties of scores are ordered by text, which float scores hardly have.

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
        positive = labels[order, label] > 0
        seen = weights[:, order].cumsum(axis=1)[:, positive]
        own = weights[:, order][:, positive]
        correct = own.cumsum(axis=1)
        precision = np.divide(correct, seen, out=np.zeros(correct.shape), where=seen > 0)
        found[:, label] = (precision * own).sum(axis=1) / np.maximum(own.sum(axis=1), 1)
    return found


def measure(scores: list[np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    """Measure the seeds of a cell on the texts as they are (row 0) and on resamples, (1 + resamples, labels) each."""
    random = np.random.default_rng(0)
    draws = random.integers(0, len(labels), (RESAMPLES, len(labels)))
    weights = np.stack([np.ones(len(labels)), *(np.bincount(draw, minlength=len(labels)) for draw in draws)])
    precision = np.mean([average_precisions(each, labels, weights) for each in scores], axis=0)
    f1 = []
    for each in scores:
        predictions = list(cross_fit_predictions(each, labels, halvings=HALVINGS))
        observed = np.mean([per_label_f1(one, labels) for one in predictions], axis=0)
        resampled = resample_f1(predictions, labels, RESAMPLES, 0).mean(axis=1)
        f1.append(np.concatenate([observed[None], resampled]))
    return {"average_precision": precision, "f1": np.mean(f1, axis=0)}


def compare(measured: dict[str, dict[str, np.ndarray]], often: np.ndarray) -> list[dict[str, Any]]:
    """Return each cell's metrics over all and over the frequent labels, and its differences to the label words."""
    rows = []
    for name, found in measured.items():
        row: dict[str, Any] = {"cell": name}
        for metric in found:
            for which, mask in {"all": np.ones(len(often), dtype=bool), "frequent": often}.items():
                own, other = (each[metric][:, mask].mean(axis=1) for each in (found, measured[REFERENCE]))
                row[f"{metric}_{which}"] = round(float(own[0]), 4)
                if name != REFERENCE:
                    difference = summarize(float(own[0] - other[0]), own[1:] - other[1:], 0)
                    ends = [difference.difference, difference.low, difference.high]
                    row[f"{metric}_{which}_difference"] = [round(each, 4) for each in ends]
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--scores", type=Path, default=RESULTS, help="folder of each cell's scores on dev, per seed")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--every", type=int, default=4, help="use every Nth training text")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--output", type=Path, default=RESULTS.with_suffix(".json"))
    options = parser.parse_args()
    methods.METHODS.update(METHODS)
    corpus = emograin.load_corpus(options.data)
    labels = corpus.split("dev").labels
    options.scores.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for name in options.cells:
            path = options.scores / f"{file_stem(name)}-seed{seed}.npz"
            if not path.exists():
                found = train_cell(name, corpus, options, seed).astype(np.float16)  # for the size of the file
                write_atomically(path, partial(save_scores, found))
                print(f"{name}, seed {seed}: average precision {average_precisions_of(found, labels):.4f}", flush=True)
    write_results(options, labels)


def save_scores(scores: np.ndarray, path: Path) -> None:
    """Write the scores of a cell, (texts, labels)."""
    with path.open("wb") as file:
        np.savez_compressed(file, scores=scores)


def read_scores(path: Path) -> np.ndarray:
    """Read what `save_scores` wrote, as float32."""
    with np.load(path, allow_pickle=False) as found:
        return found["scores"].astype(np.float32)


def file_stem(cell: str) -> str:
    """Return the name of a cell as the beginning of a file name."""
    return cell.replace(" ", "-").replace(",", "")


def average_precisions_of(scores: np.ndarray, labels: np.ndarray) -> float:
    """Macro average precision on the texts as they are."""
    return float(average_precisions(scores, labels, np.ones((1, len(labels)))).mean())


def write_results(options: argparse.Namespace, labels: np.ndarray) -> None:
    """Measure the cells whose scores are there, and write the results; a part of the cells replaces no earlier ones."""
    found: dict[str, list[np.ndarray]] = {}
    for name in CELLS:
        if files := sorted(options.scores.glob(f"{escape(file_stem(name))}-seed*.npz")):
            found[name] = [read_scores(file) for file in files]
    if REFERENCE not in found:
        return
    if (missing := [name for name in CELLS if name not in found]) and options.output.exists():
        print(f"{options.output} stays as it is, without scores of: {'; '.join(missing)}")
        return
    measured = {name: measure(scores, labels) for name, scores in found.items()}
    rows = compare(measured, frequent_labels(labels))
    settings = {"every": options.every, "learning_rate": options.learning_rate, "encoder": Path(options.encoder).name}
    seeds = {name: len(scores) for name, scores in found.items()}
    content = {"settings": settings, "texts": len(labels), "seeds": seeds, "rows": rows}
    write_text(options.output, json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
