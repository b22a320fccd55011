"""Convert scikit-learn's X and y to texts and multi-hot labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_y, check_consistent_length, column_or_1d

from ..common.errors import EmograinError
from ..prediction.text_columns import find_problem, list_texts


def read_texts(X: Any) -> list[str]:
    """Return texts as a list. An empty text is allowed, as in scikit-learn's vectorizers.

    Args:
        X: List or column of texts (texts,), or a table or array with one column (texts, 1).

    Raises:
        ValueError: A value is missing or not a string, or there is more than one column.
    """
    if len(getattr(X, "shape", ())) == 2 and X.shape[1] == 1:
        X = X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
    try:
        texts = list_texts(X)
    except EmograinError as error:
        raise ValueError(str(error)) from None
    for at, text in enumerate(texts):
        problem = find_problem(text)
        if problem is not None and not isinstance(text, str):
            raise ValueError(f"{problem}, at position {at}")
        if problem is not None and text.strip():
            raise ValueError(f"{problem}, at position {at}")
    return [str(text) for text in texts]


def read_targets(y: Any, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return classes and multi-hot labels.

    Args:
        y: One class per text (texts,), or an indicator matrix of labels (texts, labels); a table names its labels.
        texts: The texts.

    Returns:
        The classes (labels,); multi-hot labels (texts, labels), uint8; whether a text may have several labels.

    Raises:
        ValueError: The targets are missing, of another kind or length, or have fewer than two classes.
    """
    if y is None:
        raise ValueError("EmotionClassifier requires y to be passed, but the target y is None")
    names = np.asarray(y.columns, dtype=object) if hasattr(y, "columns") else None
    check_consistent_length(texts, y)
    check_classification_targets(y)
    if type_of_target(y) == "multilabel-indicator":
        values = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
        if not np.isin(values, (0, 1)).all():
            raise ValueError(f"an indicator matrix must hold 0 and 1, got {', '.join(map(str, np.unique(values)))}")
        labels = values.astype(np.uint8)
        classes, several = np.arange(labels.shape[1]) if names is None else names, True
    else:
        values = _check_y(column_or_1d(y, warn=True), estimator="EmotionClassifier")
        classes, places = np.unique(values, return_inverse=True)
        labels, several = np.eye(len(classes), dtype=np.uint8)[places], False
    if len(classes) < 2:
        raise ValueError(f"EmotionClassifier needs at least 2 classes, got {len(classes)} class")
    return classes, labels, several


def split_off(labels: np.ndarray, share: float, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Draw texts for dev; if there are too few to have a label in both parts, both parts are all texts.

    Args:
        labels: Multi-hot labels (texts, labels).
        share: Share of dev.
        random: Source of randomness.

    Returns:
        Indices of the training texts, and of the dev texts, in ascending order.
    """
    order = random.permutation(len(labels))
    count = round(share * len(labels))
    train, dev = np.sort(order[count:]), np.sort(order[:count])
    if not labels[train].any() or not labels[dev].any():
        return np.arange(len(labels)), np.arange(len(labels))
    return train, dev
