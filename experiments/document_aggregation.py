"""Choose how the scores of the windows of a long text become its scores, and measure it.

    python experiments/document_aggregation.py --data goemotions

A document is made of 2 to 30 texts of one split, joined with blanks; its labels are the union of theirs. There are
two kinds: `any` texts, which rarely agree, and texts of `three` emotions or neutral, as one author would write them. On
dev, sizes of windows and aggregations are compared by macro F1 over the emotions, at the thresholds of the bundled
model, which were chosen on single texts; the highest mean over both kinds is the best. On test, the product as it is
(`Predictor`) is evaluated once, as is reading the first word pieces only: macro F1, and the share of the labels that
are found of the texts in each tenth of a document; 95 % intervals from a bootstrap over documents. Writes
results/long_texts.json.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from aggregations import AGGREGATIONS, PRODUCT, Aggregation

from emograin import data
from emograin.common.files import write_text
from emograin.data.corpus import Split
from emograin.data.taxonomy import GOEMOTIONS
from emograin.evaluation.policies import DEFAULT_POLICY
from emograin.prediction.aggregation import ABSENCE
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.predictor import load
from emograin.prediction.windows import Window, pack, read_sentences

RESULTS = Path(__file__).parents[1] / "results" / "long_texts.json"
SIZES = {"sentences": 1, "16 word pieces": 16, "25 word pieces": 25, "50 word pieces": 50}  # most of packed sentences
KINDS = {"any": 0, "three": 3}  # number of emotions that the texts of a document may have; 0: any
NEUTRAL = GOEMOTIONS.index("neutral")
EMOTIONS = np.array([label not in ABSENCE for label in GOEMOTIONS.labels])
TENTHS = 10
BOOTSTRAP = 2000


class Document(NamedTuple):
    """Texts, joined.

    Attributes:
        text: The text.
        parts: (texts, labels), the labels of each.
        places: Middle of each text, as a share of the document's characters.
    """

    text: str
    parts: np.ndarray
    places: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Union of the labels, (labels,), bool."""
        return np.any(self.parts, axis=0)


class Windows(NamedTuple):
    """Scores (windows, labels) and lengths (windows,) of the windows of one document."""

    scores: np.ndarray
    lengths: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--documents", type=int, default=500, help="of each kind and split")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    predictor = load()
    thresholds, corpus = predictor.thresholds, data.load(options.data)
    compared = {}
    for kind, emotions in KINDS.items():
        documents = make_documents(corpus.split("dev"), options.documents, options.seed, emotions)
        compared[kind] = compare(predictor.scorer, documents, thresholds)
    means = {name: float(np.mean([compared[kind][name]["macro_f1"] for kind in KINDS])) for name in compared["any"]}
    best = max(means, key=lambda name: means[name])
    product = f"sentences, {PRODUCT}"  # chosen with the first bundled model
    print(f"best on dev: {best}; the product: {product}")
    found: dict[str, Any] = {
        "documents": options.documents,
        "seed": options.seed,
        "policy": DEFAULT_POLICY,
        "dev": {
            name: {kind: compared[kind][name] for kind in KINDS} | {"mean": round(means[name], 4)} for name in means
        },
        "best": best,
        "product": product,
        "test": {},
    }
    for kind, emotions in KINDS.items():
        documents = make_documents(corpus.split("test"), options.documents, options.seed, emotions)
        texts = [document.text for document in documents]
        predicted = {
            "whole": predictor.predict(texts).scores >= thresholds,
            "first word pieces": predictor.predict(texts, windows=False).scores >= thresholds,
        }
        found["test"][kind] = evaluate(documents, predicted, options.seed)
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found["test"], indent=1))


def make_documents(split: Split, count: int, seed: int, emotions: int = 0) -> list[Document]:
    """Join 2 to 30 texts per document, all different but for neutral ones besides `emotions`, which may occur twice.

    Args:
        split: The texts.
        count: Number of documents.
        seed: Seed of the choice.
        emotions: Number of emotions that the texts of one document may have; the rest, about half, is neutral. 0: any.
    """
    random = np.random.default_rng(seed)
    labels = np.asarray(split.labels, dtype=bool)
    has_emotion = labels[:, EMOTIONS].any(axis=1)
    documents = []
    for _ in range(count):
        pool = np.arange(len(labels))
        if emotions:
            others = EMOTIONS.copy()
            others[random.choice(np.flatnonzero(EMOTIONS), emotions, replace=False)] = False
            pool = np.flatnonzero(has_emotion & ~labels[:, others].any(axis=1))
            pool = np.concatenate([pool, random.choice(np.flatnonzero(~has_emotion), len(pool))])
        chosen = random.choice(pool, min(len(pool), int(random.integers(2, 31))), replace=False)
        texts = [split.texts[at].strip() for at in chosen]
        ends = np.cumsum([len(text) + 1 for text in texts]) - 1
        middles = ends - np.array([len(text) for text in texts]) / 2
        documents.append(Document(" ".join(texts), labels[chosen], middles / ends[-1]))
    return documents


def score_windows(scorer: OnnxScorer, documents: Sequence[Document], size: int) -> list[Windows]:
    """Score the windows of each document: its sentences, packed up to `size` word pieces."""
    parts: list[list[Window]] = [[] for _ in documents]
    for sentence in read_sentences([each.text for each in documents], scorer.tokenize, scorer.limit):
        parts[sentence.text] += sentence.windows
    windows = [list(pack(each, size)) for each in parts]
    scores = scorer.score([window.ids for each in windows for window in each])
    lengths = np.array([len(window.ids) for each in windows for window in each])
    cuts = np.cumsum([len(each) for each in windows])[:-1]
    return [Windows(*each) for each in zip(np.split(scores, cuts), np.split(lengths, cuts), strict=True)]


def compare(scorer: Any, documents: Sequence[Document], thresholds: np.ndarray) -> dict[str, dict[str, float]]:
    """Return macro F1, precision and recall over the emotions of every size of window with every aggregation."""
    gold = np.array([each.labels for each in documents])
    rows = {}
    for title, size in SIZES.items():
        windows = score_windows(scorer, documents, size)
        for name, aggregate in AGGREGATIONS.items():
            predicted = apply(aggregate, windows) >= thresholds
            rows[f"{title}, {name}"] = macro(predicted[:, EMOTIONS], gold[:, EMOTIONS])
            print(title, name, rows[f"{title}, {name}"], flush=True)
    return rows


def apply(aggregate: Aggregation, windows: Sequence[Windows]) -> np.ndarray:
    """Return the scores of documents, (documents, labels)."""
    return np.array([aggregate(*each) for each in windows])


def macro(predicted: np.ndarray, gold: np.ndarray) -> dict[str, float]:
    """Return macro F1, precision and recall of (documents, labels), bool."""
    hits = (predicted & gold).sum(axis=0)
    given, wanted = predicted.sum(axis=0), gold.sum(axis=0)
    return {
        "macro_f1": round(float((2 * hits / np.maximum(given + wanted, 1)).mean()), 4),
        "macro_precision": round(float((hits / np.maximum(given, 1)).mean()), 4),
        "macro_recall": round(float((hits / np.maximum(wanted, 1)).mean()), 4),
    }


def evaluate(documents: Sequence[Document], predicted: dict[str, np.ndarray], seed: int) -> dict[str, Any]:
    """Return the metrics of each way to read documents, and their differences, with intervals."""
    gold = np.array([each.labels for each in documents])
    rows = np.random.default_rng(seed).integers(0, len(documents), (BOOTSTRAP, len(documents)))
    columns = {"emotions": EMOTIONS, "all_labels": np.ones_like(EMOTIONS)}
    found: dict[str, Any] = {"words": round(float(np.mean([len(each.text.split()) for each in documents])), 1)}
    for way, given in predicted.items():
        found[way] = {}
        for name, chosen in columns.items():
            ours, theirs = given[:, chosen], gold[:, chosen]
            resampled = [macro(ours[each], theirs[each])["macro_f1"] for each in rows]
            found[way][name] = macro(ours, theirs) | {"interval": _interval(resampled)}
        hits, wanted = by_place(documents, given)
        found[way]["recall_by_tenth"] = [
            {
                "recall": round(float(hits[:, tenth].sum() / wanted[:, tenth].sum()), 4),
                "interval": _interval([hits[each, tenth].sum() / wanted[each, tenth].sum() for each in rows]),
            }
            for tenth in range(TENTHS)
        ]
        found[way]["neutral"] = {
            "documents_with_it": round(float(given[:, NEUTRAL].mean()), 4),
            "of_those_without_a_neutral_text": round(float(given[~gold[:, NEUTRAL], NEUTRAL].mean()), 4),
        }
    found["documents_with_a_neutral_text"] = round(float(gold[:, NEUTRAL].mean()), 4)
    return found


def by_place(documents: Sequence[Document], predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many emotions of the texts in each tenth are found, and how many there are, (documents, tenths)."""
    hits, wanted = np.zeros((2, len(documents), TENTHS), dtype=int)
    for at, (document, given) in enumerate(zip(documents, predicted, strict=True)):
        for labels, place in zip(document.parts[:, EMOTIONS], document.places, strict=True):
            tenth = min(int(place * TENTHS), TENTHS - 1)
            wanted[at, tenth] += labels.sum()
            hits[at, tenth] += (labels & given[EMOTIONS]).sum()
    return hits, wanted


def _interval(values: Sequence[float]) -> list[float]:
    return [round(float(each), 4) for each in np.percentile(values, [2.5, 97.5])]


if __name__ == "__main__":
    main()
