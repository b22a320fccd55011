"""A scorer without a model, for tests of the code around a scorer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class CountingScorer:
    """Scores a text by its number of words, and records the number of texts of each call."""

    limit = 5

    def __init__(self) -> None:
        self.calls: list[int] = []

    def tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        words = [[len(word) for word in text.split()] for text in texts]
        truncated = np.array([len(ids) > self.limit for ids in words], dtype=bool)
        return [ids[: self.limit] for ids in words], truncated

    def score(self, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = lambda _: None) -> np.ndarray:
        self.calls.append(len(documents))
        on_progress(len(documents))
        lengths = np.array([len(ids) for ids in documents])
        return np.stack([lengths % 2, lengths % 3 / 3, np.full(len(documents), 0.4)], axis=1).astype(np.float32)
