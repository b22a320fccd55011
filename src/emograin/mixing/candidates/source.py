"""The contract of every candidate source: documents -> candidate sentences."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...data.corpus import Split
from ..config import Mixing


@dataclass(frozen=True)
class CandidateRequest:
    """A request for candidates of some documents.

    Attributes:
        documents: Ids and texts of the documents; a source does not read their labels.
        training: Returns the training split, for sources that take candidates from it; raises if the corpus has none.
        encoder: The run's encoder before fine-tuning, as `emograin.models.encoder.load` reads it.
        settings: Settings of mixing: the number of candidates and how to find or generate them.
        folder: Folder for the files of the source.
        on_progress: Called with the number of texts embedded, searched or generated since the last call.
    """

    documents: Split
    training: Callable[[], Split]
    encoder: str
    settings: Mixing
    folder: Path
    on_progress: Callable[[int], Any] = lambda _: None


@dataclass(frozen=True)
class Candidates:
    """Candidate sentences of some documents.

    Attributes:
        texts: The candidates of each document, the best first; at least one.
        rows: (documents, top) int64, the candidates' rows in the training split; None if they are not from it.
        similarities: (documents, top) float32, similarity of each candidate to its document, or None.
        metadata: Provenance of the candidates and counts, for the result's JSON.
    """

    texts: list[list[str]]
    rows: np.ndarray | None = None
    similarities: np.ndarray | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


CandidateSource = Callable[[CandidateRequest], Candidates]
