"""Predict the labels of texts, for lists and for streams of any length."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError, shortened, unknown_name
from ..data.tabular.reader import Row
from ..data.taxonomy import Taxonomy
from ..data.text import LONE_SURROGATE
from ..evaluation.label_mapping import LabelMapping
from ..evaluation.policies import DEFAULT_POLICY
from ..evaluation.score_map import ScoreMap
from .attributions import Word, WordWeights
from .model_source import open_source
from .scorers import Explaining, Scorer

WINDOW = 4096  # rows of a stream that are in memory, and sorted by length, at once


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for one text.

    Attributes:
        labels: Labels whose score reaches their threshold, highest score first; may be empty.
        scores: Score of each label, in the taxonomy's order; empty if `error` is set.
        error: Reason for the missing prediction, or None.
        note: Remark on the prediction, such as that the text was truncated, or None.
        words: Contribution of each word to each label in `labels`; None unless requested with `explain`.
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
        rows: One prediction per text, in order.
        scores: (texts, labels), float32; NaN for texts with an error.
    """

    rows: list[Prediction]
    scores: np.ndarray

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Prediction:
        return self.rows[index]


class Predictor:
    """A trained model with its thresholds.

    Args:
        taxonomy: The labels.
        thresholds: One threshold per label.
        scorer: The model.
        score_map: From the scorer's scores to those of the labels; None if they are the same.
    """

    def __init__(
        self, taxonomy: Taxonomy, thresholds: Sequence[float], scorer: Scorer, score_map: ScoreMap | None = None
    ):
        self.taxonomy = taxonomy
        self.thresholds = np.asarray(thresholds, dtype=np.float32)
        self.scorer = scorer
        self.score_map = score_map

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
        texts: Sequence[str | None],
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
    ) -> Predictions:
        """Predict the labels and scores of texts. An unreadable text gives a row with an error, not an exception.

        Args:
            texts: Any number of texts; None and other values that are not strings give an error.
            on_progress: Called with the number of texts that were just finished.
            explain: Compute the contributions of words in the same pass.

        Returns:
            One prediction per text, in the same order.

        Raises:
            EmograinError: `texts` is a single string, a table or a mapping, or not iterable; or `explain` is set and
                the model cannot explain.
        """
        texts = _listed(texts)
        problems = [_find_problem(text) for text in texts]
        readable = [index for index, problem in enumerate(problems) if problem is None]
        columns = len(self.labels if self.score_map is None else self.score_map.inputs)
        scores = np.full((len(texts), columns), np.nan, dtype=np.float32)
        truncated = np.zeros(len(texts), dtype=bool)
        weights: dict[int, WordWeights] = {}
        explaining = self._explaining_scorer() if explain else None
        on_progress(len(texts) - len(readable))
        if readable:
            selected = [str(texts[index]) for index in readable]
            if explaining is None:
                scores[readable], truncated[readable] = self.scorer(selected, on_progress)
            else:
                scores[readable], truncated[readable], found = explaining.explain(selected, on_progress)
                weights = dict(zip(readable, found, strict=True))
        if self.score_map is not None:
            weights = {at: each.united(self.score_map.derivatives(scores[at])) for at, each in weights.items()}
            scores = self.score_map(scores)
        note = f"only the first {self.scorer.limit} word pieces were read"
        rows = self._apply_thresholds(scores, problems)
        for index in np.flatnonzero(truncated).tolist():
            rows[index] = replace(rows[index], note=note)
        for index, each in weights.items():
            words = {label: each.for_label(self.labels.index(label)) for label in rows[index].labels}
            rows[index] = replace(rows[index], words=words)
        return Predictions(rows, scores)

    def explain(self, texts: Sequence[str | None]) -> list[dict[str, list[Word]]]:
        """Attribute the predicted labels of each text to its words, in one pass (`predict` returns scores as well).

        In every layer, the attention output that a label is scored from is a sum over words. Each word's term is
        projected on the direction in which the label's logit rises: the mean gradient over texts of the label,
        computed once at export. This is the decomposition of attention by Kobayashi et al. 2020 (arXiv:2004.10102),
        with projections on a gradient instead of norms.

        Args:
            texts: Texts as for `predict`.

        Returns:
            For each text, predicted label -> words as {"start", "end", "weight"}. Start and end are characters of the
            text; the weight is the word's first-order contribution to the label's logit, relative to the average
            word, and negative if it is evidence against the label. Empty for a text with an error; truncated words
            are left out.

        Raises:
            EmograinError: `texts` is not a list of texts, see `predict`, or the model cannot explain.
        """
        return [row.words or {} for row in self.predict(texts, explain=True)]

    def predict_rows(
        self,
        rows: Iterable[Row],
        window: int = WINDOW,
        on_progress: Callable[[int], Any] = lambda _: None,
        explain: bool = False,
    ) -> Iterator[tuple[Row, Prediction]]:
        """Yield the rows of a file with their predictions, in order, with `window` rows in memory at a time.

        Args:
            rows: Rows of a file.
            window: Number of rows that are predicted together.
            on_progress: Called with the number of texts that were just finished.
            explain: Compute the contributions of words.
        """
        source = iter(rows)
        while block := list(islice(source, window)):
            predictions = self.predict([row.text for row in block], on_progress, explain)
            for row, prediction in zip(block, predictions, strict=True):
                yield row, _add_row_problem(prediction, row)

    def _explaining_scorer(self) -> Explaining:
        if not self.explains or not isinstance(self.scorer, Explaining):
            raise EmograinError(
                "this model cannot explain its predictions",
                "export the run, which adds explanations: emograin export RUN FOLDER; then --model FOLDER",
            )
        return self.scorer

    def _apply_thresholds(self, scores: np.ndarray, problems: Sequence[str | None]) -> list[Prediction]:
        """Turn scores (texts, labels) into one prediction per text, or its problem as the error."""
        names, rows = self.labels, []
        order = np.argsort(-scores, axis=1, kind="stable").tolist()
        reached = (scores >= self.thresholds).tolist()
        for problem, ranked, above, values in zip(problems, order, reached, scores.tolist(), strict=True):
            if problem is None:
                labels = tuple([names[index] for index in ranked if above[index]])
                rows.append(Prediction(labels, dict(zip(names, values, strict=True))))
            else:
                rows.append(Prediction((), {}, error=problem))
        return rows


def load(
    path: str | Path | None = None,
    policy: str = DEFAULT_POLICY,
    threads: int = 0,
    mapping: str | Path | Mapping[str, Any] | LabelMapping | None = None,
    group: str | None = None,
) -> Predictor:
    """Load a predictor. The bundled model and exported models need no torch, run folders do.

    Args:
        path: Folder written by `emograin export`, `emograin calibrate` or `emograin train`; None: the bundled model.
        policy: Threshold policy: fixed, global or per-label.
        threads: Number of threads of an exported model; 0: all cores. Run folders use torch's own (OMP_NUM_THREADS).
        mapping: Labels to predict instead of the model's, each a union of those: {"anger": ["anger", "annoyance"]}, or
            a TOML file with such a table `[labels]`.
        group: Grouping of the model's taxonomy whose groups are predicted instead: sentiment or ekman.

    Raises:
        EmograinError: The folder holds neither an exported model nor a finished run, it is a run and torch is not
            installed, the policy is unknown, or the mapping does not fit the model.
    """
    source = open_source(path, mapping, group)
    if policy not in source.thresholds:
        raise unknown_name("threshold policy", policy, source.thresholds)
    return Predictor(source.taxonomy, source.thresholds[policy], source.scorer(threads), source.score_map)


def _listed(texts: Any) -> list[Any]:
    """Return texts as a list, and say what to pass instead of a string, a table or a mapping.

    Iterating over a table or a mapping would give the names of its columns.
    """
    kind = type(texts)
    if isinstance(texts, str | bytes):
        raise EmograinError("expected a list of texts, got one string", "predict([text])")
    # pandas, Polars and Arrow tables, and data sets; none of these packages is needed to tell.
    columns = next((list(getattr(texts, name)) for name in ("column_names", "columns") if hasattr(kind, name)), None)
    columns = list(texts) if columns is None and isinstance(texts, Mapping) else columns
    if columns is not None:
        names = shortened(", ".join(map(str, columns)))
        raise EmograinError(
            f"expected a list of texts, got a {kind.__name__} with the columns {names}",
            f"pass one of them, such as model.predict(data[{str(columns[0] if columns else 'text')!r}])",
        )
    if not isinstance(texts, Iterable) and not hasattr(kind, "__getitem__"):
        raise EmograinError(f"expected a list of texts, got {kind.__name__}", "predict([text])")
    return list(texts)


def _find_problem(text: Any) -> str | None:
    if not isinstance(text, str):
        return f"the text must be a string, got {type(text).__name__}"
    if not text.isascii() and LONE_SURROGATE.search(text):
        return "the text is not valid Unicode: it has half of a surrogate pair"
    return None if text.strip() else "the text is empty"


def _add_row_problem(prediction: Prediction, row: Row) -> Prediction:
    """Add the problem that the file's reader reported for a row: as the error, or as a note if the text is readable."""
    if row.problem is None:
        return prediction
    if prediction.error is not None:
        return Prediction((), {}, error=row.problem)
    note = f"{row.problem}; {prediction.note}" if prediction.note else row.problem
    return replace(prediction, note=note)
