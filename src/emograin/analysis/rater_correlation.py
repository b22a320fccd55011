"""What each rater said of each comment, and how the emotions correlate in it (§3.2.2, Fig. 9)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError, unknown_name
from ..data.hub import load_from_hub
from ..data.tabular.reader import read_rows
from ..data.taxonomy import GOEMOTIONS, Taxonomy

GOEMOTIONS_ROWS = 211_225  # of the hub's configuration "raw", which is all of it


@dataclass(frozen=True)
class Judgements:
    """Rows of raters, one a comment and rater.

    Attributes:
        source: What they are called.
        taxonomy: Their labels.
        comments: The comment's id of each row.
        labels: (rows, labels), uint8 of 0 and 1. A row of zeros is a comment that its rater found unclear.
        whole: How many rows there are in all, of which these may be a sample; None where that is not known.
    """

    source: str
    taxonomy: Taxonomy
    comments: list[str]
    labels: np.ndarray
    whole: int | None = None


def read_judgements(source: str | Path = "goemotions", taxonomy: Taxonomy = GOEMOTIONS) -> Judgements:
    """Raters' rows from the hub or from a file.

    Args:
        source: `goemotions` for the hub's raw rows, or a CSV, TSV, JSONL or Parquet file, also with .gz, with a
            column `id` of the comments' ids and a column of 0 and 1 for each label.
        taxonomy: The labels.

    Raises:
        EmograinError: No such source, a label without a column, a cell that is not 0 or 1, or no rows.
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
            labels.append([_judgement(row[label]) for label in taxonomy.labels])
        except KeyError as error:
            raise EmograinError(f"{source}: {unknown_name('label column', error.args[0], row)}") from None
        except ValueError as error:
            raise EmograinError(f"{source}, row {number}: {error}") from None
    if not comments:
        raise EmograinError(f"{source}: no rows")
    whole = GOEMOTIONS_ROWS if taxonomy.labels == GOEMOTIONS.labels else None
    return Judgements(Path(source).name, taxonomy, comments, np.array(labels, dtype=np.uint8), whole)


def _file_rows(path: Path) -> Iterable[Mapping[str, Any]]:
    for number, row in enumerate(read_rows(path, column="id"), start=1):
        if row.problem is not None:
            raise EmograinError(f"{path}, row {number}: {row.problem}")
        yield row.fields


def _judgement(cell: Any) -> int:
    if cell not in (0, 1, "0", "1"):  # numbers or truth values of Parquet, or text
        raise ValueError(f"a judgement must be 0 or 1, got {cell!r}")
    return int(cell)


def correlations(judgements: Judgements) -> dict[str, Any]:
    """Correlation of the emotions, as Demszky et al. (2020, §4.3) define it for their Figure 2, the paper's Fig. 9.

    The judgements of a comment's raters are averaged for each label; Pearson's correlation is over the comments. Rows
    without any label, which mark unclear comments, are left out.

    Returns:
        JSON-able values: `labels`, `correlation` (labels, labels) with None where a label is constant, so that the
        correlation is undefined, `groupings` of the labels, and what it was made of.

    Raises:
        EmograinError: Fewer than 2 comments have labels.
    """
    clear = judgements.labels.any(axis=1)
    ids = np.asarray(judgements.comments, dtype=np.str_)[clear]
    comments, positions, raters = np.unique(ids, return_inverse=True, return_counts=True)
    if len(comments) < 2:
        raise EmograinError(f"{judgements.source}: a correlation needs 2 comments with labels, got {len(comments)}")
    sums = np.zeros((len(comments), judgements.labels.shape[1]))
    np.add.at(sums, positions, judgements.labels[clear])
    matrix = pearson(sums / raters[:, None])
    return {
        "source": judgements.source,
        "taxonomy": judgements.taxonomy.name,
        "rows": len(ids),
        "rows_without_labels": len(judgements.comments) - len(ids),
        "whole": judgements.whole,
        "comments": len(comments),
        "labels": list(judgements.taxonomy.labels),
        "groupings": judgements.taxonomy.to_dict()["groupings"],
        "correlation": [[None if math.isnan(each) else each for each in row] for row in matrix.tolist()],
    }


def pearson(values: np.ndarray) -> np.ndarray:
    """Pearson's correlation between columns, NaN where a column is constant.

    Args:
        values: (rows, columns).

    Returns:
        (columns, columns) float64, 1 on the diagonal of the columns that vary.

    >>> pearson(np.array([[0, 0, 1], [1, 0, 0], [1, 0, 1.0]])).round(2).tolist()
    [[1.0, nan, -0.5], [nan, nan, nan], [-0.5, nan, 1.0]]
    """
    centred = values - values.mean(axis=0)
    constant = (values == values[0]).all(axis=0)  # the mean of equal values need not equal them to the last bit
    lengths = np.where(constant, np.nan, np.sqrt((centred**2).sum(axis=0)))
    matrix = (centred.T @ centred) / np.outer(lengths, lengths)
    matrix = np.clip((matrix + matrix.T) / 2, -1, 1)
    matrix[np.diag_indices(len(matrix))] = np.where(constant, np.nan, 1.0)
    return matrix
