"""What is mixed: `MIXERS`, each a way from documents and candidates to scores at every mixing weight."""

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
class Material:
    """What a mixer mixes.

    Attributes:
        method: A trained method, in evaluation mode.
        texts: The documents.
        candidates: Theirs, one at least for each.
        training: Gives the training split, whose rows candidates may be; raises if there is none.
        settings: How to mix.
    """

    method: Method
    texts: list[str]
    candidates: Candidates
    training: Callable[[], Split]
    settings: Mixing


Mixer = Callable[[Material, Sequence[float], Callable[[int], Any]], np.ndarray]
"""(material, weights, on_progress) -> scores (weights, texts, labels), float32; `on_progress` counts the texts done."""


def embeddings(material: Material, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """The paper's (§3.4.2): scores of mixed embeddings."""
    method, (flat, counts) = material.method, _flat(material)
    ids = iter(method.tokenize(flat))
    candidates = [[next(ids) for _ in range(count)] for count in counts]
    return score_mixed(method, method.tokenize(material.texts), candidates, weights, on_progress=on_progress)


def scores(material: Material, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """Scores of the document mixed with the mean of the candidates' own."""
    method, (flat, counts) = material.method, _flat(material)
    other = mean_scores(score_documents(method, method.tokenize(flat)), counts)
    return mix_scores(score_documents(method, method.tokenize(material.texts), on_progress=on_progress), other, weights)


def labels(material: Material, weights: Sequence[float], on_progress: Callable[[int], Any]) -> np.ndarray:
    """Scores of the document mixed with the gold labels of its candidates, which must be training sentences.

    Raises:
        EmograinError: They are not.
    """
    rows, similarities = material.candidates.rows, material.candidates.similarities
    if rows is None:
        raise EmograinError(
            f"candidates {material.settings.candidates!r} are no training sentences, so they have no labels to mix",
            "mix embeddings or scores",
        )
    nearness = np.zeros(rows.shape) if similarities is None else similarities  # unknown: all count alike
    other = neighbour_scores(material.training().labels[rows], nearness, material.settings.temperature)
    own = score_documents(material.method, material.method.tokenize(material.texts), on_progress=on_progress)
    return mix_scores(own, other, weights)


MIXERS: dict[str, Mixer] = {"embeddings": embeddings, "scores": scores, "labels": labels}


def _flat(material: Material) -> tuple[list[str], list[int]]:
    """All candidates, one document's after another's, and how many each document has."""
    texts = material.candidates.texts
    return [text for some in texts for text in some], [len(some) for some in texts]
