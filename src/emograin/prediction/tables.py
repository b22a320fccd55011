"""Predictions as columns, in files and as tables of pandas, Polars and Arrow. The packages are imported when used."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..common.optional import import_package

DIGITS = 6  # of scores


class Predicted(Protocol):
    """The part of a `Prediction` that is written as columns."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Predicted labels."""

    @property
    def scores(self) -> Mapping[str, float]:
        """Score of each label; empty if there is an error."""

    @property
    def error(self) -> str | None:
        """Reason for the missing prediction."""

    @property
    def note(self) -> str | None:
        """Remark on the prediction."""


def score_columns(prediction: Predicted, labels: Sequence[str], all_scores: bool, flat: bool = True) -> dict[str, Any]:
    """Return the labels and scores of a prediction by column.

    Args:
        prediction: The prediction.
        labels: All labels of the model.
        all_scores: Include the scores of all labels, not only of the predicted ones.
        flat: Scores as a list or, with `all_scores`, one column `score_LABEL` per label. Otherwise they are a mapping.
    """
    shown = prediction.scores if all_scores else {label: prediction.scores[label] for label in prediction.labels}
    rounded = {label: round(score, DIGITS) for label, score in shown.items()}
    columns: dict[str, Any] = {"labels": list(prediction.labels)}
    if flat and all_scores:
        return columns | {f"score_{label}": rounded.get(label) for label in labels}
    return columns | {"scores": list(rounded.values()) if flat else rounded}


class Tables:
    """Conversions of predictions to tables, with the columns of a Parquet file of `emograin predict`.

    These are `labels`, a list; `scores`, those of these labels or, with `all_scores`, a column `score_LABEL` for each
    label of the model; `error` and `note`, text or missing. There is one row per text, in order.
    """

    __slots__ = ()

    rows: Any
    labels: tuple[str, ...]
    index: Any

    def to_arrow(self, all_scores: bool = False) -> Any:
        """Return a `pyarrow.Table`.

        Args:
            all_scores: A column of scores for each label, instead of one with the scores of the predicted labels.

        Raises:
            EmograinError: pyarrow is not installed.
        """
        arrow = import_package("pyarrow")
        text, number = arrow.string(), arrow.float64()
        types = {"labels": arrow.list_(text), "scores": arrow.list_(number), "error": text, "note": text}
        columns = self._columns(all_scores)
        return arrow.table({name: arrow.array(each, types.get(name, number)) for name, each in columns.items()})

    def to_pandas(self, all_scores: bool = False) -> Any:
        """Return a `pandas.DataFrame` with the index of the Series that held the texts, else their positions from 0.

        Args:
            all_scores: A column of scores for each label, instead of one with the scores of the predicted labels.

        Raises:
            EmograinError: pandas is not installed.
        """
        pandas = import_package("pandas")
        columns = self._columns(all_scores)
        types = {name: "object" if name in ("labels", "scores", "error", "note") else "float64" for name in columns}
        table = pandas.DataFrame({name: pandas.Series(each, dtype=types[name]) for name, each in columns.items()})
        return table if self.index is None else table.set_axis(self.index)

    def to_polars(self, all_scores: bool = False) -> Any:
        """Return a `polars.DataFrame`.

        Args:
            all_scores: A column of scores for each label, instead of one with the scores of the predicted labels.

        Raises:
            EmograinError: Polars is not installed.
        """
        polars = import_package("polars")
        text, number = polars.String, polars.Float64
        types = {"labels": polars.List(text), "scores": polars.List(number), "error": text, "note": text}
        columns = self._columns(all_scores)
        return polars.DataFrame(columns, schema={name: types.get(name, number) for name in columns})

    def _columns(self, all_scores: bool) -> dict[str, list[Any]]:
        """Return the values of each column, one per text."""
        names = ["labels", *([f"score_{label}" for label in self.labels] if all_scores else ["scores"])]
        records = [score_columns(row, self.labels, all_scores) for row in self.rows]
        columns = {name: [record[name] for record in records] for name in names}
        return columns | {name: [getattr(row, name) for row in self.rows] for name in ("error", "note")}
