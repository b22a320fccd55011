"""Predict the labels of texts, for lists and for streams of any length."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..common.checks import Natural, checked
from ..common.errors import EmograinError, unknown_name
from ..data.tabular.reader import Row
from ..data.taxonomy import Taxonomy
from ..evaluation.mapping.label_mapping import LabelMapping
from ..evaluation.mapping.score_map import ScoreMap
from ..evaluation.policies import DEFAULT_POLICY
from ..evaluation.thresholds import predicted_labels
from ..models.config import BUNDLED
from .attributions import Word, WordWeights
from .long_texts import score_long_texts
from .model_source import ModelSource, open_source
from .scorers import Explaining, Scorer
from .segments import Segments
from .tables import Tables
from .text_columns import find_problem, list_texts, pandas_index

BLOCK_SIZE = 4096  # rows of a stream that are in memory, and sorted by length, at once


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for one text.

    Attributes:
        labels: Labels whose score reaches their threshold, highest score first; may be empty.
        scores: Score of each label, in the taxonomy's order; empty if `error` is set.
        error: Reason for the missing prediction, or None.
        note: Remark on the prediction, such as that the text was truncated, or None.
        words: Contribution of each word to each label in `labels`; None unless requested with `explain`.
        segments: The sentences with their labels; None unless requested with `segments`.
    """

    labels: tuple[str, ...]
    scores: dict[str, float]
    error: str | None = None
    note: str | None = None
    words: Mapping[str, list[Word]] | None = None
    segments: Segments | None = None


@dataclass(frozen=True, slots=True)
class Predictions(Tables):
    """Predictions of a list of texts; iterates over them.

    Attributes:
        rows: One prediction per text, in order.
        scores: (texts, labels), float32; NaN for texts with an error.
        labels: Names of the columns of `scores`.
        index: Index of the pandas Series that held the texts, for `to_pandas`; None for other texts.
    """

    rows: list[Prediction]
    scores: np.ndarray = field(compare=False)  # of arrays, == is no bool; `rows` have the scores
    labels: tuple[str, ...] = ()
    index: Any = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Prediction:
        return self.rows[index]


class Predictor:
    """A trained model with its thresholds.

    A pickle of a predictor from `load` holds where the model is, not its weights: the process that reads it loads them.

    Args:
        taxonomy: The labels.
        thresholds: One threshold per label.
        scorer: The model.
        digest: SHA-256 that identifies the model's files; None: unknown, and not compared.
        score_map: From the scorer's scores to those of the labels; None if they are the same.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        thresholds: Sequence[float],
        scorer: Scorer,
        digest: str | None = None,
        score_map: ScoreMap | None = None,
    ):
        self.taxonomy = taxonomy
        self.thresholds = np.asarray(thresholds, dtype=np.float32)
        self.scorer = scorer
        self.digest = digest
        self.score_map = score_map
        self._loaded_with: dict[str, Any] | None = None  # arguments of `load`

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if self._loaded_with is None:
            raise EmograinError("expected a predictor from emograin.load to pickle, got one made in another way")
        return _load_again, (self._loaded_with, self.digest, self.thresholds)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of `Predictions.scores`."""
        return self.taxonomy.labels

    @property
    def explains(self) -> bool:
        """True if the model supports `explain`: exported models do, run folders do not."""
        return isinstance(self.scorer, Explaining) and self.scorer.explains

    def predict(
        self,
        texts: Iterable[Any],
        *,
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
        at_least_one: bool = False,
        segments: bool = False,
        windows: bool = True,
    ) -> Predictions:
        """Predict the labels and scores of texts. An unreadable text gives a row with an error, not an exception.

        A text with more word pieces than the model reads at once is read sentence by sentence (`aggregation`).

        Args:
            texts: Any number of texts: a list, a column of pandas, Polars or Arrow, or a NumPy array. None, NaN and
                other values that are not strings give a row with an error.
            on_progress: Called with the number of texts that were just finished.
            explain: Compute the contributions of words in the same pass.
            at_least_one: Give a text that reaches no threshold the label with the highest score.
            segments: Predict the labels of each sentence as well.
            windows: Read long texts whole; False: only their first word pieces, with a note.

        Returns:
            One prediction per text, in the same order.

        Raises:
            EmograinError: `texts` is a single string, a table or a mapping, or not iterable; or `explain` is set and
                the model cannot explain.
        """
        texts, index = list_texts(texts), pandas_index(texts)
        problems = [find_problem(text) for text in texts]
        readable = [index for index, problem in enumerate(problems) if problem is None]
        scores = np.full((len(texts), len(self.labels)), np.nan, dtype=np.float32)
        explaining = self._explaining_scorer() if explain else None
        on_progress(len(texts) - len(readable))
        selected = [str(texts[index]) for index in readable]
        inputs = self.labels if self.score_map is None else self.score_map.inputs
        reading = score_long_texts(selected, self.scorer, inputs, windows, segments, explaining, on_progress)
        if self.score_map is not None:
            reading = reading.mapped(self.score_map)
        scores[readable] = reading.scores
        rows = self._apply_thresholds(scores, problems, at_least_one)
        note = f"only the first {self.scorer.limit} word pieces were read"
        for position in np.flatnonzero(reading.truncated).tolist():
            rows[readable[position]] = replace(rows[readable[position]], note=note)
        for position, each in reading.words.items():
            row = rows[readable[position]]
            rows[readable[position]] = replace(row, words=self.words_of(each, row.labels))
        for position, sentences in reading.sentences.items():
            of_text = Segments(sentences.spans, sentences.scores, self.labels, self.thresholds)
            rows[readable[position]] = replace(rows[readable[position]], segments=of_text)
        return Predictions(rows, scores, self.labels, index)

    def explain(self, texts: Iterable[Any], at_least_one: bool = False) -> list[dict[str, list[Word]]]:
        """Attribute the predicted labels of each text to its words, in one pass (`predict` returns scores as well).

        In every layer, the attention output that a label is scored from is a sum over words. Each word's term is
        projected on the direction in which the label's logit rises: the mean gradient over texts of the label,
        computed once at export. This is the decomposition of attention by Kobayashi et al. 2020 (arXiv:2004.10102),
        with projections on a gradient instead of norms.

        Args:
            texts: Texts as for `predict`.
            at_least_one: As for `predict`.

        Returns:
            For each text, predicted label -> words as {"start", "end", "weight"}. Start and end are characters of the
            text; the weight is the word's first-order contribution to the label's logit, relative to the average
            word, and negative if it is evidence against the label. In a text that is read sentence by sentence, it is
            the contribution within the sentence. Empty for a text with an error.

        Raises:
            EmograinError: `texts` is not a list of texts, see `predict`, or the model cannot explain.
        """
        return [dict(row.words or {}) for row in self.predict(texts, explain=True, at_least_one=at_least_one)]

    def predict_rows(
        self,
        rows: Iterable[Row],
        *,
        block_size: int = BLOCK_SIZE,
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
        at_least_one: bool = False,
        segments: bool = False,
        windows: bool = True,
    ) -> Iterator[tuple[Row, Prediction]]:
        """Yield the rows of a file with their predictions, in order, with `block_size` rows in memory at a time.

        Args:
            rows: Rows of a file.
            block_size: Number of rows that are predicted together.
            on_progress: Called with the number of texts that were just finished.
            explain: Compute the contributions of words.
            at_least_one: As for `predict`.
            segments: Predict the labels of each sentence.
            windows: Read long texts whole.
        """
        source = iter(rows)
        while block := list(islice(source, block_size)):
            texts = [row.text for row in block]
            predictions = self.predict(
                texts,
                on_progress=on_progress,
                explain=explain,
                at_least_one=at_least_one,
                segments=segments,
                windows=windows,
            )
            for row, prediction in zip(block, predictions, strict=True):
                yield row, _add_row_problem(prediction, row)

    def words_of(self, weights: WordWeights, labels: Sequence[str]) -> Mapping[str, list[Word]]:
        """Return the words of some labels."""
        return {label: weights.for_label(self.labels.index(label)) for label in labels}

    def _explaining_scorer(self) -> Explaining:
        if not self.explains or not isinstance(self.scorer, Explaining):
            raise EmograinError(
                "this model cannot explain its predictions",
                "export the run, which adds explanations: emograin export RUN FOLDER; then --model FOLDER",
            )
        return self.scorer

    def _apply_thresholds(
        self, scores: np.ndarray, problems: Sequence[str | None], at_least_one: bool
    ) -> list[Prediction]:
        """Turn scores (texts, labels) into one prediction per text, or its problem as the error."""
        names, rows = self.labels, []
        predicted = predicted_labels(scores, self.thresholds, at_least_one)
        for problem, found, values in zip(problems, predicted, scores.tolist(), strict=True):
            if problem is None:
                labels = tuple([names[index] for index in found])
                rows.append(Prediction(labels, dict(zip(names, values, strict=True))))
            else:
                rows.append(Prediction((), {}, error=problem))
        return rows


def load(
    path: str | Path | None = None,
    policy: str = DEFAULT_POLICY,
    *,
    threads: int = 0,
    mapping: str | Path | Mapping[str, Any] | LabelMapping | None = None,
    group: str | None = None,
    device: str = "cpu",
) -> Predictor:
    """Load a predictor. The bundled model and exported models need no torch, run folders do.

    Args:
        path: Folder written by `emograin export`, `emograin calibrate` or `emograin train`; None: the bundled model.
        policy: Threshold policy: fixed, global or per-label.
        threads: Number of threads of an exported model; 0: all cores. Run folders use torch's own (OMP_NUM_THREADS).
        mapping: Labels to predict instead of the model's, each a union of those: {"anger": ["anger", "annoyance"]}, or
            a TOML file with such a table `[labels]`.
        group: Grouping of the model's taxonomy whose groups are predicted instead: sentiment or ekman.
        device: cpu or cuda: with torch for run folders, with onnxruntime-gpu for exported models.

    Raises:
        EmograinError: The folder holds neither an exported model nor a finished run, it is a run and torch is not
            installed, the policy is unknown, the number of threads is not one, the mapping does not fit the model, or
            there is no such device.
    """
    threads = checked(Natural, threads, "threads")
    source = open_source(path, mapping, group, device)
    if policy not in source.thresholds:
        raise unknown_name("threshold policy", policy, source.thresholds)
    digest = source.predictions_digest()
    predictor = Predictor(source.taxonomy, source.thresholds[policy], source.scorer(threads), digest, source.score_map)
    folder = path if path in (None, BUNDLED) else source.path.absolute()
    predictor._loaded_with = {
        "path": folder,
        "policy": policy,
        "threads": threads,
        "mapping": source.mapping,
        "device": device,
    }
    return predictor


def _load_again(arguments: Mapping[str, Any], digest: str | None, thresholds: np.ndarray) -> Predictor:
    """Load the model of a pickled predictor, with the thresholds that it had."""
    predictor = load(**arguments)
    if predictor.digest != digest:
        name = arguments["path"] or "the bundled model"
        raise EmograinError(f"{name}: not the model that was pickled", "load it anew: emograin.load")
    predictor.thresholds = thresholds
    return predictor


def score_texts(
    source: ModelSource,
    texts: Sequence[str | None],
    on_progress: Callable[[int], Any] = lambda _: None,
    windows: bool = True,
) -> np.ndarray:
    """Score texts as `Predictor.predict` does: (texts, labels), float32, NaN for texts that cannot be read.

    Args:
        source: The model.
        texts: The texts.
        on_progress: Called with the number of texts that were just finished.
        windows: Read long texts whole; False: only their first word pieces.
    """
    thresholds = source.thresholds[DEFAULT_POLICY]
    predictor = Predictor(source.taxonomy, thresholds, source.scorer(0), score_map=source.score_map)
    return predictor.predict(texts, on_progress=on_progress, windows=windows).scores


def _add_row_problem(prediction: Prediction, row: Row) -> Prediction:
    """Add the problem that the file's reader reported for a row: as the error, or as a note if the text is readable."""
    if row.problem is None:
        return prediction
    if prediction.error is not None:
        return Prediction((), {}, error=row.problem)
    note = f"{row.problem}; {prediction.note}" if prediction.note else row.problem
    return replace(prediction, note=note)
