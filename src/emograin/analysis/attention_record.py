"""The attention of one document as arrays: saved to a file and read without the model."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import read_arrays, write_atomically


@dataclass(frozen=True)
class Attention:
    """A model's attention on one document (§5.2).

    Attributes:
        weights: Attention weights, (layers, heads, tokens, tokens): how much the row's token attends to the column's;
            rows sum to 1.
        tokens: The tokens in readable form.
        regions: Region of each token: "special", "prefix" or "document".
        readout: Share of each token's output in a label's score, (labels, tokens); rows sum to 1. [CLS] for the
            baseline, the label's own word pieces for label embeddings.
        slots: Number of embeddings per text.
        labels: Names of the labels.
        scores: Probabilities, (labels,).
        predicted: Labels that reach their threshold, highest score first.
        words: The document's words, up to the limit of the model.
        word_ids: Index of each token's word, (tokens,); -1 for tokens outside words.
        model: Description of the model, for captions.
        text_id: Id of the document in its corpus; empty if it has none.
        gold: Gold labels; empty if unknown.
        truncated: Whether the document is longer than the model's limit.
    """

    weights: np.ndarray
    tokens: list[str]
    regions: list[str]
    readout: np.ndarray
    slots: int
    labels: list[str]
    scores: np.ndarray
    predicted: list[str]
    words: list[str]
    word_ids: np.ndarray
    model: str
    text_id: str
    gold: list[str]
    truncated: bool

    @property
    def document(self) -> np.ndarray:
        """Positions of the document's tokens, (document tokens,)."""
        return np.flatnonzero(np.array(self.regions) == "document")

    @property
    def layers(self) -> int:
        """Number of layers."""
        return self.weights.shape[0]

    @property
    def heads(self) -> int:
        """Number of heads per layer."""
        return self.weights.shape[1]

    @property
    def top_label(self) -> str:
        """The predicted label with the highest score; if none is predicted, the label with the highest score."""
        return self.predicted[0] if self.predicted else self.labels[int(np.argmax(self.scores))]

    def check(self, layer: int | None, head: int | None) -> None:
        """Check that a layer and a head exist; both count from 0, as in the paper.

        Raises:
            EmograinError: The layer or the head does not exist.
        """
        check_layer_and_head(self.weights, layer, head)

    def label_attention(self, layer: int | None = None, head: int | None = None) -> np.ndarray:
        """Return how much each label's readout attends to each token: (labels, tokens), rows sum to 1.

        Args:
            layer: Layer, counted from 0; None: the last.
            head: Head, counted from 0; None: the mean over heads.

        Raises:
            EmograinError: The layer or the head does not exist.
        """
        return label_attention(self.weights, self.readout, layer, head)

    def word_attention(self, layer: int | None = None, head: int | None = None) -> np.ndarray:
        """Return each label's attention to the document's words: (labels, words), rows sum to 1.

        Args:
            layer: Layer, counted from 0; None: the last.
            head: Head, counted from 0; None: the mean over heads.

        Raises:
            EmograinError: The layer or the head does not exist.
        """
        return word_attention(self.label_attention(layer, head), self.word_ids, len(self.words))


def check_layer_and_head(weights: np.ndarray, layer: int | None, head: int | None) -> None:
    """Check that a layer and a head exist; both count from 0, as in the paper.

    Args:
        weights: Attention weights, (layers, heads, tokens, tokens).
        layer: Layer to check, if any.
        head: Head to check, if any.

    Raises:
        EmograinError: The layer or the head does not exist.
    """
    for name, given, count in (("layer", layer, weights.shape[0]), ("head", head, weights.shape[1])):
        if given is not None and not 0 <= given < count:
            raise EmograinError(f"{name} must lie in 0 to {count - 1}, got {given}")


def label_attention(
    weights: np.ndarray, readout: np.ndarray, layer: int | None = None, head: int | None = None
) -> np.ndarray:
    """Compute the attention of the tokens from which labels are scored.

    Args:
        weights: Attention weights, (layers, heads, tokens, tokens).
        readout: Share of each token's output in a label's score, (labels, tokens).
        layer: Layer, counted from 0; None: the last.
        head: Head, counted from 0; None: the mean over heads.

    Returns:
        (labels, tokens).

    Raises:
        EmograinError: The layer or the head does not exist.

    >>> weights = np.array([[[[0.25, 0.75], [0.5, 0.5]], [[0.75, 0.25], [1.0, 0.0]]]])  # one layer, two heads
    >>> label_attention(weights, readout=np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [[0.5, 0.5], [0.75, 0.25]]
    """
    check_layer_and_head(weights, layer, head)
    in_layer = weights[-1 if layer is None else layer]  # (heads, tokens, tokens)
    return readout @ (in_layer.mean(axis=0) if head is None else in_layer[head])


def word_attention(token_attention: np.ndarray, word_ids: np.ndarray, words: int) -> np.ndarray:
    """Sum attention to tokens over the word pieces of each word, and renormalise over the words.

    Tokens outside words are left out; a row without attention to any word becomes uniform.

    Args:
        token_attention: Attention to tokens, (labels, tokens).
        word_ids: Index of each token's word, (tokens,); -1 for tokens outside words.
        words: Number of words.

    Returns:
        (labels, words), rows sum to 1.

    >>> word_attention(np.array([[0.5, 0.125, 0.25, 0.125]]), np.array([-1, 0, 1, 1]), 2).tolist()
    [[0.25, 0.75]]
    """
    per_word = token_attention @ (word_ids[:, None] == np.arange(words))
    total = per_word.sum(axis=1, keepdims=True)
    return np.divide(per_word, total, out=np.full(per_word.shape, 1 / max(words, 1)), where=total > 0)


def write_attention(path: Path, attention: Attention) -> Path:
    """Save a document's attention as a compressed .npz file, matrices as float16.

    Raises:
        EmograinError: The disk is full, or the folder cannot be written to.
    """
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
    """Read a file of `write_attention`.

    Raises:
        EmograinError: The file is missing, damaged, or of another kind.
    """
    try:
        arrays = read_arrays(path, [field.name for field in fields(Attention)])
    except FileNotFoundError:
        raise EmograinError(f"there is no {str(path)!r}", "emograin attend RUN TEXT makes one") from None
    values = zip(fields(Attention), arrays, strict=True)
    return Attention(**{field.name: _to_type(field.type, value) for field, value in values})


def _to_type(kind: Any, value: np.ndarray) -> Any:
    """Convert an array to the type that `Attention` declares."""
    if kind is np.ndarray:
        return value.astype(np.float32) if value.dtype.kind == "f" else value
    return value.tolist()
