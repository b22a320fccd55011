"""The contract of every candidate source: documents -> candidate sentences."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...data.corpus import Split
from ..config import Mixing


@dataclass(frozen=True)
class Request:
    """What a source is asked for.

    Attributes:
        documents: Their ids and texts; a source does not read their labels.
        training: Gives the training split, to sources that take candidates from it; raises if there is none.
        encoder: The run's encoder before fine-tuning, as `emograin.models.encoder.load` reads it.
        settings: Which candidates, how many, made how.
        folder: Where a source keeps what it has made.
    """

    documents: Split
    training: Callable[[], Split]
    encoder: str
    settings: Mixing
    folder: Path


@dataclass(frozen=True)
class Candidates:
    """Candidate sentences of some documents.

    Attributes:
        texts: For each document its candidates, the best first; one at least.
        rows: (documents, count) rows of the training split that the candidates are, int64, or None.
        similarities: (documents, count), each candidate's similarity to its document, float32, or None.
        facts: How they were made, and counts worth knowing, for the result's JSON.
    """

    texts: list[list[str]]
    rows: np.ndarray | None = None
    similarities: np.ndarray | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Source = Callable[[Request], Candidates]
