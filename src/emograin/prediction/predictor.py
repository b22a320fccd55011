"""Texts -> labels with scores, for lists in Python and streams of any length."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..common.optional import import_optional
from ..data.tabular.reader import Row
from ..data.taxonomy import Taxonomy
from ..models.run_folder import RunFolder
from .attributions import Word, WordWeights
from .onnx.model import ExportedModel
from .shipped_model import shipped_model

WINDOW = 4096  # rows of a stream that are held, and sorted by length, at once
POLICY = "per-label"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # no tokenizer reads it
OURS = ("labels", "scores", "error", "note")
WORDS = "words"  # ours too where words are asked for


class Scorer(Protocol):
    """What scores texts: onnxruntime on an exported model, torch on a run folder. One that explains is `Explaining`."""

    limit: int

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Texts -> scores (texts, labels), and whether a text was cut at `limit` word pieces (texts,)."""


@runtime_checkable
class Explaining(Protocol):
    """A scorer that tells, where it `explains`, what each word adds to each label's logit."""

    explains: bool

    def explain(
        self, texts: Sequence[str], on_progress: Callable[[int], Any]
    ) -> tuple[np.ndarray, np.ndarray, list[WordWeights]]:
        """Texts -> scores, whether they were cut, and what their words add."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one text expresses.

    Attributes:
        labels: Labels whose score reaches their threshold, highest score first; may be empty.
        scores: The score of every label, in the taxonomy's order; empty where there is an error.
        error: Why there is no prediction; None where there is one.
        note: What to know about the prediction, such as that the text was cut.
        words: What each word adds to each of `labels`, as `Predictor.explain` gives it; None where it was not asked.
    """

    labels: tuple[str, ...]
    scores: dict[str, float]
    error: str | None = None
    note: str | None = None
    words: dict[str, list[Word]] | None = None


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of a list of texts; iterates over them.

    Attributes:
        rows: One prediction a text, in order.
        scores: (texts, labels), float32; NaN where a text has an error.
    """

    rows: list[Prediction]
    scores: np.ndarray

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> Prediction:
        return self.rows[at]


class Predictor:
    """A trained model with its thresholds.

    Args:
        taxonomy: The labels.
        thresholds: One a label.
        scorer: What scores texts.
    """

    def __init__(self, taxonomy: Taxonomy, thresholds: Sequence[float], scorer: Scorer):
        self.taxonomy = taxonomy
        self.thresholds = np.asarray(thresholds, dtype=np.float32)
        self.scorer = scorer

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns of `Predictions.scores`."""
        return self.taxonomy.labels

    @property
    def explains(self) -> bool:
        """Whether `explain` can tell anything: exported models can, run folders cannot."""
        return isinstance(self.scorer, Explaining) and self.scorer.explains

    def predict(
        self,
        texts: Sequence[str | None],
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
    ) -> Predictions:
        """Labels with scores for each text. A text that cannot be read is a row with an error, never an exception.

        Args:
            texts: Any number of texts; None, or anything that is no string, is a text with an error.
            on_progress: Called with a number of texts when they are done.
            explain: Also which words carried the labels, in the same pass.

        Returns:
            As many predictions as texts, in their order.

        Raises:
            EmograinError: `texts` is one string; or the model is to explain and cannot.
        """
        if isinstance(texts, str):
            raise EmograinError("expected a list of texts, got one string", "predict([text])")
        texts = list(texts)
        problems = [_problem(text) for text in texts]
        good = [at for at, problem in enumerate(problems) if problem is None]
        scores = np.full((len(texts), len(self.labels)), np.nan, dtype=np.float32)
        cut = np.zeros(len(texts), dtype=bool)
        weights: dict[int, WordWeights] = {}
        scorer = self._explaining() if explain else None
        on_progress(len(texts) - len(good))
        if good:
            chosen = [str(texts[at]) for at in good]
            if scorer is None:
                scores[good], cut[good] = self.scorer(chosen, on_progress)
            else:
                scores[good], cut[good], found = scorer.explain(chosen, on_progress)
                weights = dict(zip(good, found, strict=True))
        note = f"only the first {self.scorer.limit} word pieces were read"
        rows = self._rows(scores, problems)
        for at in np.flatnonzero(cut).tolist():
            rows[at] = replace(rows[at], note=note)
        for at, each in weights.items():
            words = {label: each.of(self.labels.index(label)) for label in rows[at].labels}
            rows[at] = replace(rows[at], words=words)
        return Predictions(rows, scores)

    def explain(self, texts: Sequence[str | None]) -> list[dict[str, list[Word]]]:
        """Which words carried the labels of each text, by its own pass through the network (`predict` has both in one).

        What attention brings from a word to what the label is scored from is told apart from what it brings from
        others, in every layer, and measured along the direction in which the label's logit rises. The direction is
        the mean gradient over texts of the label, taken once at export: of the parts into which Kobayashi et al. 2020
        (arXiv:2004.10102) take attention apart, the projections on a gradient instead of the lengths.

        Args:
            texts: As for `predict`.

        Returns:
            For each text, for each label that `predict` gives it, its words as {"start", "end", "weight"}: characters
            of the text, and what the word adds to the label's logit, to first order, beyond what is read on average;
            negative where it speaks against the label. Empty for a text with an error; only words that are read are
            there.

        Raises:
            EmograinError: `texts` is one string, or the model cannot explain.
        """
        return [row.words or {} for row in self.predict(texts, explain=True)]

    def predict_rows(
        self,
        rows: Iterable[Row],
        window: int = WINDOW,
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
    ) -> Iterator[tuple[Row, Prediction]]:
        """Rows of a file with their predictions, in order, `window` rows in memory at a time."""
        source = iter(rows)
        while block := list(islice(source, window)):
            predictions = self.predict([row.text for row in block], on_progress, explain)
            for row, prediction in zip(block, predictions, strict=True):
                yield row, _with_problem(prediction, row)

    def _explaining(self) -> Explaining:
        if not self.explains or not isinstance(self.scorer, Explaining):
            raise EmograinError(
                "this model cannot tell which words carried a label",
                "emograin export RUN FOLDER makes one that can of a run; --model FOLDER",
            )
        return self.scorer

    def _rows(self, scores: np.ndarray, problems: Sequence[str | None]) -> list[Prediction]:
        """Scores (texts, labels) -> a prediction a text; one with a problem has that instead."""
        names, rows = self.labels, []
        order = np.argsort(-scores, axis=1, kind="stable").tolist()
        reached = (scores >= self.thresholds).tolist()
        for problem, best, chosen, values in zip(problems, order, reached, scores.tolist(), strict=True):
            if problem is None:
                labels = tuple([names[at] for at in best if chosen[at]])
                rows.append(Prediction(labels, dict(zip(names, values, strict=True))))
            else:
                rows.append(Prediction((), {}, error=problem))
        return rows


def load(path: str | Path | None = None, policy: str = POLICY, threads: int = 0) -> Predictor:
    """A predictor: the shipped model, an exported one, which need no torch, or a run.

    Args:
        path: A folder that `emograin export` or `emograin train` left; None is the model that the package carries.
        policy: Which of the model's thresholds to use: fixed, global or per-label.
        threads: Of an exported model's matrix products; 0 takes all cores. A run's are torch's own (OMP_NUM_THREADS).

    Raises:
        EmograinError: No exported model and no finished run is there, or a run is there and torch is not installed.
    """
    path = shipped_model() if path is None else path
    if ExportedModel.is_at(path):
        model = ExportedModel(path)
        if policy not in model.thresholds:
            raise unknown_name("threshold policy", policy, model.thresholds)
        return Predictor(model.taxonomy, model.thresholds[policy], model.scorer(threads))
    run = RunFolder(path).require()
    thresholds = run.read_json("thresholds.json")
    if policy not in thresholds:
        raise unknown_name("threshold policy", policy, thresholds)
    import_optional("torch", "train")
    import_optional("transformers", "train")
    from ..models.classifier import load as load_classifier
    from ..models.scoring import TorchScorer

    method = load_classifier(run).method
    return Predictor(method.taxonomy, thresholds[policy], TorchScorer(method))


def record(
    row: Row, prediction: Prediction, labels: Sequence[str], all_scores: bool, columns: bool, explain: bool = False
) -> dict[str, Any]:
    """One row of output: the input's fields, then ours. Input fields with our names come out as `input_NAME`.

    Args:
        row: A row of the input.
        prediction: Its prediction.
        labels: All labels of the model.
        all_scores: Scores of all labels, not of the predicted ones only.
        columns: For formats with columns: labels and scores as lists, or, with all_scores, a column `score_LABEL` each;
            words as JSON.
        explain: Also the words of each label.
    """
    fields = dict(row.fields)
    taken = (*OURS, WORDS) if explain else OURS
    for name in [name for name in fields if name in taken or (all_scores and name.startswith("score_"))]:
        other = f"input_{name}"
        while other in fields:
            other = f"input_{other}"
        fields[other] = fields.pop(name)
    shown = prediction.scores if all_scores else {label: prediction.scores[label] for label in prediction.labels}
    rounded = {label: round(score, 6) for label, score in shown.items()}
    ours: dict[str, Any] = {"labels": list(prediction.labels)}
    if columns and all_scores:
        ours |= {f"score_{label}": rounded.get(label) for label in labels}
    else:
        ours["scores"] = list(rounded.values()) if columns else rounded
    if explain:
        found = prediction.words and {
            label: [_rounded(word) for word in each] for label, each in prediction.words.items()
        }
        ours[WORDS] = json.dumps(found) if columns and found is not None else found
    return fields | ours | {"error": prediction.error, "note": prediction.note}


def _rounded(word: Word) -> Word:
    return Word(start=word["start"], end=word["end"], weight=round(word["weight"], 4))


def _problem(text: Any) -> str | None:
    if not isinstance(text, str):
        return f"the text must be a string, got {type(text).__name__}"
    if not text.isascii() and LONE_SURROGATE.search(text):
        return "the text is not valid Unicode: it has half of a surrogate pair"
    return None if text.strip() else "the text is empty"


def _with_problem(prediction: Prediction, row: Row) -> Prediction:
    """What the file's reader had to say about a row, beside its prediction."""
    if row.problem is None:
        return prediction
    if prediction.error is not None:
        return Prediction((), {}, error=row.problem)
    note = f"{row.problem}; {prediction.note}" if prediction.note else row.problem
    return replace(prediction, note=note)
