"""Agreement of attributions with occlusion, and their cost.

    emograin export RUN MODEL --int8
    python benchmarks/attribution_fidelity.py --data DIR --run RUN --model MODEL --output FILE

Occlusion masks one word at a time and measures the drop in the logit of the text's best predicted label, with one pass
per word. Removing the words instead of masking them ranks them differently; no method can be expected to agree with
occlusion much better than these two agree. Attributions are compared with attention alone, from the label's slot, in
the layer that agrees best on dev or in the mean of all layers, and with random weights. The texts are test texts of at
least three words with a predicted label.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import kendalltau, spearmanr

import emograin
from emograin import data
from emograin.analysis.attention import align_word_ids, attend_documents, split_words
from emograin.analysis.attention_record import label_attention, word_attention
from emograin.data.words import align_words
from emograin.evaluation.significance import RESAMPLES
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.model import ExportedModel
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.predictor import Predictor

WORDS = 3  # minimum number per text
MASKS = ("[MASK]", "<mask>")
EDGE = 1e-7  # probabilities are clipped here: nearer to 0 or 1, a float32 logit is rounding error
PAUSE = 0.3  # seconds before each measurement: idle threads of the previous one spin for a while
EVERY_LAYER = "mean of all layers"


class Case(NamedTuple):
    """A text, its word pieces, the word number of each (pieces,), and the number of the label to explain."""

    text: str
    document: list[int]
    word_of: np.ndarray
    label: int

    @property
    def words(self) -> int:
        """Number of words."""
        return int(self.word_of.max()) + 1


def select_cases(predictor: Predictor, scorer: OnnxScorer, texts: Sequence[str], count: int) -> list[Case]:
    """Select the first texts with enough words and a predicted label that are not truncated; take their best label."""
    found = []
    for text, prediction in zip(texts, predictor.predict(texts), strict=True):
        encoded = scorer.tokenizer.encode(text, add_special_tokens=False)
        words, word_of = align_words(text, encoded.offsets)
        if prediction.labels and prediction.note is None and len(words) >= WORDS:
            found.append(Case(text, encoded.ids, word_of, predictor.labels.index(prediction.labels[0])))
    return found[:count]


def logits(scorer: OnnxScorer, documents: Sequence[Sequence[int]]) -> np.ndarray:
    """Return logits (documents, labels)."""
    scores = np.clip(scorer.score(documents).astype(np.float64), EDGE, 1 - EDGE)
    return np.log(scores) - np.log1p(-scores)


def occluded(scorer: OnnxScorer, cases: Sequence[Case], mask: int | None) -> list[np.ndarray]:
    """Return the drop in the label's logit without each word (words,), for each case.

    Args:
        scorer: An exported model.
        cases: The cases.
        mask: Id of the mask token; None removes the words.
    """
    documents: list[list[int]] = []
    owners: list[int] = []
    for at, case in enumerate(cases):
        documents.append(case.document)
        owners += [at] * (1 + case.words)
        for word in range(case.words):
            pieces = zip(case.document, case.word_of.tolist(), strict=True)
            without = [mask if of == word else piece for piece, of in pieces]
            documents.append([piece for piece in without if piece is not None])
    found, places = logits(scorer, documents), np.array(owners)
    columns = [found[places == at, case.label] for at, case in enumerate(cases)]
    return [column[0] - column[1:] for column in columns]


def explained(predictor: Predictor, cases: Sequence[Case]) -> list[np.ndarray]:
    """Return the attributions of each case (words,)."""
    found = predictor.explain([case.text for case in cases])
    names = [predictor.labels[case.label] for case in cases]
    return [np.array([word["weight"] for word in words[name]]) for words, name in zip(found, names, strict=True)]


def attended(run: Path, cases: Sequence[Case]) -> dict[str, list[np.ndarray]]:
    """Return attention from the label's slot to words (words,), mean over heads, for each layer and their mean."""
    method = load_classifier(RunFolder(run)).method
    documents = [split_words(method, case.text) for case in cases]
    found: dict[str, list[np.ndarray]] = {}
    for at, attention in attend_documents(method, [document.pieces for document in documents]):
        word_ids, words = align_word_ids(method, documents[at]), len(documents[at].words)
        by_label = [
            label_attention(attention.weights, attention.readout, layer) for layer in range(len(attention.weights))
        ]
        layers = [word_attention(tokens, word_ids, words)[cases[at].label] for tokens in by_label]
        ways = {f"layer {number}": shares for number, shares in enumerate(layers)} | {
            EVERY_LAYER: np.mean(layers, axis=0)
        }
        for name, shares in ways.items():
            found.setdefault(name, [np.zeros(0)] * len(cases))[at] = shares
    return found


def agreement(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return mean correlations over texts; for Spearman's, also the 95 % interval by bootstrap."""
    pairs = list(zip(found, expected, strict=True))
    ranks = np.nan_to_num([spearmanr(*pair)[0] for pair in pairs])  # constant values have no rank correlation
    drawn = np.random.default_rng(0).integers(0, len(ranks), (RESAMPLES, len(ranks)))
    low, high = np.percentile(ranks[drawn].mean(axis=1), (2.5, 97.5))
    return {
        "spearman": round(float(ranks.mean()), 3),
        "interval": [round(float(low), 3), round(float(high), 3)],
        "kendall": round(float(np.nan_to_num([kendalltau(*pair)[0] for pair in pairs]).mean()), 3),
        "same_first_word": round(float(np.mean([one.argmax() == other.argmax() for one, other in pairs])), 3),
    }


def timed(run: Callable[[], Any]) -> float:
    """Return the seconds that a call takes."""
    time.sleep(PAUSE)
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def costs(
    predictor: Predictor, scorer: OnnxScorer, cases: Sequence[Case], mask: int | None, rounds: int
) -> dict[str, Any]:
    """Measure texts per second of prediction, prediction with attributions, and occlusion, in interleaved rounds."""
    texts = [case.text for case in cases]
    ways: dict[str, Callable[[], Any]] = {
        "predict": partial(predictor.predict, texts),
        "predict, explain": partial(predictor.predict, texts, explain=True),
        "occlusion": partial(occluded, scorer, cases, mask),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(timed(way))
    ratios = {
        name: [each / plain for each, plain in zip(seconds[name], seconds["predict"], strict=True)] for name in ways
    }
    return {
        "rounds": rounds,
        "texts_per_second": {name: round(len(texts) / statistics.median(each), 1) for name, each in seconds.items()},
        "times_the_cost_of_predict": {
            name: {"median": round(statistics.median(each), 2), "min": round(min(each), 2), "max": round(max(each), 2)}
            for name, each in ratios.items()
            if name != "predict"
        },
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure one model."""
    model = ExportedModel(options.model)
    predictor, scorer = emograin.load(options.model), model.scorer()
    mask = next((found for each in MASKS if (found := scorer.tokenizer.token_to_id(each)) is not None), None)
    corpus = data.load(options.data, model.taxonomy)
    drawn = {}
    for split in ("dev", "test"):
        texts = corpus.split(split).texts
        some = [texts[at] for at in np.random.default_rng(0).permutation(len(texts))[: 4 * options.texts]]
        drawn[split] = select_cases(predictor, scorer, some, options.texts)
    reference = {split: occluded(scorer, cases, mask) for split, cases in drawn.items()}
    on_dev = {name: agreement(found, reference["dev"]) for name, found in attended(options.run, drawn["dev"]).items()}
    layer = max(on_dev, key=lambda name: on_dev[name]["spearman"])
    cases, random = drawn["test"], np.random.default_rng(1)
    ways = {
        "ours": explained(predictor, cases),
        f"attention alone, {layer}": attended(options.run, cases)[layer],
        "random": [random.random(case.words) for case in cases],
    }
    if mask is not None:
        ways["occlusion, words removed"] = occluded(scorer, cases, None)
    return {
        "method": model.description["settings"]["method"],
        "weights": model.description["weights"],
        "reference": "occlusion, words removed" if mask is None else "occlusion, words masked",
        "texts": len(cases),
        "words_per_text": round(float(np.mean([case.words for case in cases])), 1),
        "versions": {name: version(name) for name in ("onnxruntime", "torch")},
        "agreement": {name: agreement(found, reference["test"]) for name, found in ways.items()},
        "on_dev": {"ours": agreement(explained(predictor, drawn["dev"]), reference["dev"]), **on_dev},
        "cost": costs(predictor, scorer, cases[: options.timed], mask, options.rounds),
    }


def table(name: str, found: dict[str, Any]) -> str:
    """Format one model's measurements as a table."""
    lines = [f"{name}: {found['texts']} test texts of {found['words_per_text']} words; reference: {found['reference']}"]
    lines.append(f"  {'':<36} Spearman (95 % interval)  Kendall  same first word")
    for way, row in found["agreement"].items():
        low, high = row["interval"]
        spread = f"{row['spearman']:.3f} ({low:.3f} to {high:.3f})"
        lines.append(f"  {way:<36} {spread:>24}  {row['kendall']:>7.3f}  {row['same_first_word']:>15.0%}")
    for way, row in found["cost"]["times_the_cost_of_predict"].items():
        lines.append(f"  {way}: {row['median']:.2f} ({row['min']:.2f} to {row['max']:.2f}) times the time of predict")
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="quickstart", help="corpus with dev and test")
    parser.add_argument("--run", type=Path, required=True, help="run that the model was exported from, for attention")
    parser.add_argument("--model", type=Path, required=True, help="exported model")
    parser.add_argument("--texts", type=int, default=300, help="number of dev texts, and of test texts")
    parser.add_argument("--timed", type=int, default=200, help="number of texts for measuring the time")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="JSON file to add the measurements to, under the run's name")
    options = parser.parse_args()
    found = measure(options)
    name = PurePath(str(options.run)).name
    print(table(name, found))
    if options.output:
        before = json.loads(options.output.read_text(encoding="utf-8")) if options.output.exists() else {}
        options.output.write_text(json.dumps(before | {name: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
