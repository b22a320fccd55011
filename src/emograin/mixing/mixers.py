"""The registry `MIXERS`: what can be mixed. Each mixer scores documents and candidates at every mixing weight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..data.corpus import Split
from ..models.methods import Method
from ..models.scoring import score_documents
from .candidates import Candidates
from .config import Mixing
from .embedding_mixing import score_mixed
from .score_mixing import mean_scores, mix_scores, neighbour_scores


@dataclass(frozen=True)
class MixingInputs:
    """The inputs of a mixer.

    Attributes:
        method: A trained method, in evaluation mode.
        texts: The documents.
        candidates: Candidates of the documents, at least one each.
        training: Loads the training split, whose rows candidates may be; raises if the corpus has none.
        settings: Settings of the mixing.
    """

    method: Method
    texts: list[str]
    candidates: Candidates
    training: Callable[[], Split]
    settings: Mixing


Mixer = Callable[[MixingInputs, Sequence[float], Callable[[int], Any]], np.ndarray]
"""(inputs, weights, on_progress) -> scores (weights, texts, labels), float32; `on_progress` counts the texts done."""


def embeddings(inputs: MixingInputs, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """Score mixed embeddings, as the paper does (§3.4.2): (weights, texts, labels)."""
    method, (flat, counts) = inputs.method, _flatten(inputs)
    ids = iter(method.tokenize(flat))
    candidates = [[next(ids) for _ in range(count)] for count in counts]
    return score_mixed(method, method.tokenize(inputs.texts), candidates, weights, on_progress=on_progress)


def scores(inputs: MixingInputs, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """Mix the document's scores with the mean of its candidates' scores: (weights, texts, labels)."""
    method, (flat, counts) = inputs.method, _flatten(inputs)
    candidate_scores = mean_scores(score_documents(method, method.tokenize(flat)), counts)
    model_scores = score_documents(method, method.tokenize(inputs.texts), on_progress=on_progress)
    return mix_scores(model_scores, candidate_scores, weights)


def labels(inputs: MixingInputs, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """Mix the document's scores with its candidates' gold labels: (weights, texts, labels).

    Raises:
        EmograinError: The candidates are not training sentences.
    """
    rows, similarities = inputs.candidates.rows, inputs.candidates.similarities
    if rows is None:
        raise EmograinError(
            f"candidates {inputs.settings.candidates!r} are no training sentences, so they have no labels to mix",
            "mix embeddings or scores",
        )
    if similarities is None:  # unknown: all candidates have the same weight
        similarities = np.zeros(rows.shape)
    gold = neighbour_scores(inputs.training().labels[rows], similarities, inputs.settings.temperature)
    model_scores = score_documents(inputs.method, inputs.method.tokenize(inputs.texts), on_progress=on_progress)
    return mix_scores(model_scores, gold, weights)


MIXERS: dict[str, Mixer] = {"embeddings": embeddings, "scores": scores, "labels": labels}


def _flatten(inputs: MixingInputs) -> tuple[list[str], list[int]]:
    """Return all candidates, document by document, and the number of each document's."""
    texts = inputs.candidates.texts
    return [text for of_document in texts for text in of_document], [len(of_document) for of_document in texts]
