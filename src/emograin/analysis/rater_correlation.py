"""Labels of individual raters, and the correlation of the emotions in them (§3.2.2, Fig. 9)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..data.hub import load_from_hub
from ..data.label_cells import parse_indicator
from ..data.tabular.reader import read_rows
from ..data.taxonomy import GOEMOTIONS, Taxonomy

GOEMOTIONS_ROWS = 211_225  # all rows of the hub's configuration "raw"


@dataclass(frozen=True)
class RaterLabels:
    """Labels of individual raters, one row per comment and rater.

    Attributes:
        source: Name of the source.
        taxonomy: The labels.
        comments: Id of each row's comment.
        labels: (rows, labels), uint8 of 0 and 1. A row of zeros is a comment that its rater found unclear.
        total_rows: Number of rows of the complete data, of which these may be a sample; None if unknown.
    """

    source: str
    taxonomy: Taxonomy
    comments: list[str]
    labels: np.ndarray
    total_rows: int | None = None


def read_rater_labels(source: str | Path = "goemotions", taxonomy: Taxonomy = GOEMOTIONS) -> RaterLabels:
    """Read raters' labels from the hub or from a file.

    Args:
        source: `goemotions` for the hub's raw rows, or a CSV, TSV, JSONL or Parquet file, also with .gz, with a
            column `id` of the comments' ids and a column of 0 and 1 per label.
        taxonomy: The labels.

    Raises:
        EmograinError: The source is unknown, a label has no column, a cell is not 0 or 1, or the source has no rows.
    """
    if str(source) == "goemotions":
        hint = "load it once with a network, or give a file of raters' rows"
        rows: Iterable[Mapping[str, Any]] = load_from_hub("raw", "train", hint)
    else:
        rows = _file_rows(Path(source))
    comments, labels = [], []
    for number, row in enumerate(rows, start=1):
        comments.append(str(row["id"]))
        try:
            labels.append([parse_indicator(row[label]) for label in taxonomy.labels])
        except KeyError as error:
            raise EmograinError(f"{source}: {unknown_name('label column', error.args[0], row)}") from None
        except EmograinError as error:
            raise EmograinError(f"{source}, row {number}: a rater's label {error}") from None
    if not comments:
        raise EmograinError(f"{source}: no rows")
    total = GOEMOTIONS_ROWS if taxonomy.labels == GOEMOTIONS.labels else None
    return RaterLabels(Path(source).name, taxonomy, comments, np.array(labels, dtype=np.uint8), total)


def _file_rows(path: Path) -> Iterable[Mapping[str, Any]]:
    for number, row in enumerate(read_rows(path, column="id"), start=1):
        if row.problem is not None:
            raise EmograinError(f"{path}, row {number}: {row.problem}")
        yield row.fields


def correlate_labels(raters: RaterLabels) -> dict[str, Any]:
    """Correlate the emotions, as Demszky et al. (2020, §4.3) define it for their Figure 2, the paper's Fig. 9.

    Labels are averaged over the raters of each comment; Pearson's correlation is over the comments. Rows without
    labels, which mark unclear comments, are left out.

    Args:
        raters: Labels of individual raters.

    Returns:
        Plain values: `labels`, `correlation` (labels, labels) with None for constant labels, whose correlation is
        undefined, `groupings` of the labels, and counts of rows and comments.

    Raises:
        EmograinError: Fewer than 2 comments have labels.
    """
    clear = raters.labels.any(axis=1)
    ids = np.asarray(raters.comments, dtype=np.str_)[clear]
    comments, positions, rows_per_comment = np.unique(ids, return_inverse=True, return_counts=True)
    if len(comments) < 2:
        raise EmograinError(f"{raters.source}: a correlation needs 2 comments with labels, got {len(comments)}")
    sums = np.zeros((len(comments), raters.labels.shape[1]))
    np.add.at(sums, positions, raters.labels[clear])
    matrix = pearson(sums / rows_per_comment[:, None])
    return {
        "source": raters.source,
        "taxonomy": raters.taxonomy.name,
        "rows": len(ids),
        "rows_without_labels": len(raters.comments) - len(ids),
        "total_rows": raters.total_rows,
        "comments": len(comments),
        "labels": list(raters.taxonomy.labels),
        "groupings": raters.taxonomy.to_dict()["groupings"],
        "correlation": [[None if math.isnan(value) else value for value in row] for row in matrix.tolist()],
    }


def pearson(values: np.ndarray) -> np.ndarray:
    """Compute Pearson's correlation between columns, NaN for constant columns.

    Args:
        values: (rows, columns).

    Returns:
        (columns, columns) float64, symmetric, 1 on the diagonal of the columns that vary.

    >>> pearson(np.array([[0, 0, 1], [1, 0, 0], [1, 0, 1.0]])).round(2).tolist()
    [[1.0, nan, -0.5], [nan, nan, nan], [-0.5, nan, 1.0]]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = np.atleast_2d(np.corrcoef(values, rowvar=False))
    matrix = (matrix + matrix.T) / 2  # rounding leaves it not quite symmetric
    constant = (values == values[0]).all(axis=0)  # rounding may leave such a column a variance above 0
    matrix[constant] = matrix[:, constant] = np.nan
    matrix[np.diag_indices(len(matrix))] = np.where(constant, np.nan, 1.0)
    return matrix
