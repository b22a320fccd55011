"""A scorer without a model, for tests of the code around a scorer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class CountingScorer:
    """Scores a text by its number of words, and records the number of texts of each call."""

    limit = 5

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        self.calls.append(len(texts))
        on_progress(len(texts))
        lengths = np.array([len(text.split()) for text in texts])
        scores = np.stack([lengths % 2, lengths % 3 / 3, np.full(len(texts), 0.4)], axis=1).astype(np.float32)
        return scores, lengths > self.limit
