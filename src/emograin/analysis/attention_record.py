"""The attention of one document as arrays: what is read from where, kept in a file, shown without the model."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..common.errors import EmograinError
from ..common.files import write_atomically


@dataclass(frozen=True)
class Attention:
    """How a model read one document (§5.2).

    Attributes:
        weights: (layers, heads, tokens, tokens): how much a row's token reads from a column's; rows sum to 1.
        tokens: The tokens as they are shown.
        parts: "special", "prefix" or "document", one a token.
        reading: (labels, tokens): from which tokens' outputs a label's score is computed; rows sum to 1. [CLS] for the
            baseline, the label's own word pieces for label embeddings.
        slots: Embeddings a text.
        labels: The labels' names.
        scores: (labels,), probabilities.
        predicted: Labels that reach their threshold, highest score first.
        words: The document's words, as far as they were read.
        word_of: (tokens,): to which word a token belongs; -1 to none.
        model: What the model is, for captions.
        text_id: Of the document in its corpus; empty without one.
        gold: Its gold labels; empty where they are not known.
        cut: Whether the document is longer than what was read.
    """

    weights: np.ndarray
    tokens: list[str]
    parts: list[str]
    reading: np.ndarray
    slots: int
    labels: list[str]
    scores: np.ndarray
    predicted: list[str]
    words: list[str]
    word_of: np.ndarray
    model: str
    text_id: str
    gold: list[str]
    cut: bool

    @property
    def document(self) -> np.ndarray:
        """Positions of the document's tokens."""
        return np.flatnonzero(np.array(self.parts) == "document")

    @property
    def layers(self) -> int:
        """How many layers."""
        return self.weights.shape[0]

    @property
    def heads(self) -> int:
        """How many heads a layer has."""
        return self.weights.shape[1]

    def check(self, layer: int | None, head: int | None) -> None:
        """Whether there is such a layer and head; both count from 0, as in the paper.

        Raises:
            EmograinError: There is not.
        """
        for name, given, count in (("layer", layer, self.layers), ("head", head, self.heads)):
            if given is not None and not 0 <= given < count:
                raise EmograinError(f"{name} must lie in 0 to {count - 1}, got {given}")

    def read_by_labels(self, layer: int | None = None, head: int | None = None) -> np.ndarray:
        """How much each label's slot reads from each token: (labels, tokens), rows sum to 1.

        Args:
            layer: By default the last.
            head: By default the mean over heads.
        """
        self.check(layer, head)
        return read_by_labels(self.weights, self.reading, layer, head)

    def word_shares(self, layer: int | None = None, head: int | None = None) -> np.ndarray:
        """Each label's attention to the document's words: (labels, words), rows sum to 1."""
        return word_shares(self.read_by_labels(layer, head), self.word_of, len(self.words))


def read_by_labels(
    weights: np.ndarray, reading: np.ndarray, layer: int | None = None, head: int | None = None
) -> np.ndarray:
    """Attention of the tokens that labels are scored from.

    Args:
        weights: (layers, heads, tokens, tokens).
        reading: (labels, tokens).
        layer: By default the last.
        head: By default the mean over heads.

    Returns:
        (labels, tokens).

    >>> weights = np.array([[[[0.25, 0.75], [0.5, 0.5]], [[0.75, 0.25], [1.0, 0.0]]]])  # a layer, two heads, two tokens
    >>> read_by_labels(weights, reading=np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [[0.5, 0.5], [0.75, 0.25]]
    """
    chosen = weights[-1 if layer is None else layer]
    return reading @ (chosen.mean(axis=0) if head is None else chosen[head])


def word_shares(read: np.ndarray, word_of: np.ndarray, words: int) -> np.ndarray:
    """Attention to tokens (labels, tokens) -> to words (labels, words): pieces added up, rows sum to 1.

    What goes to tokens of no word is left out; a row without attention to any word is even.

    >>> word_shares(np.array([[0.5, 0.125, 0.25, 0.125]]), np.array([-1, 0, 1, 1]), 2).tolist()
    [[0.25, 0.75]]
    """
    total = read @ (word_of[:, None] == np.arange(words))
    whole = total.sum(axis=1, keepdims=True)
    return np.divide(total, whole, out=np.full(total.shape, 1 / max(words, 1)), where=whole > 0)


def write_attention(path: Path, attention: Attention) -> Path:
    """Keep a document's attention in a compressed .npz file, weights as float16, so that figures need no model."""
    arrays = {field.name: np.asarray(getattr(attention, field.name)) for field in fields(Attention)}
    for name, value in arrays.items():
        if not value.size:
            arrays[name] = value.astype(np.str_)
        elif value.ndim > 1:
            arrays[name] = value.astype(np.float16)

    def save(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    return write_atomically(path, save)


def read_attention(path: Path) -> Attention:
    """What `write_attention` kept.

    Raises:
        EmograinError: The file is missing, damaged, or another one.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Attention(**{field.name: _plain(field.type, arrays[field.name]) for field in fields(Attention)})
    except FileNotFoundError:
        raise EmograinError(f"there is no {str(path)!r}", "emograin attend RUN TEXT makes one") from None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}") from None


def _plain(kind: Any, value: np.ndarray) -> Any:
    """An array as the type that `Attention` declares."""
    if kind is np.ndarray:
        return value.astype(np.float32) if value.dtype.kind == "f" else value
    return value.tolist()
