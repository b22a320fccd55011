"""A scorer without a model, so that tests see what happens around it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class CountingScorer:
    """Scores a text by its length: no model, so that what is tested is the way around it."""

    limit = 5

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        self.calls.append(len(texts))
        on_progress(len(texts))
        lengths = np.array([len(text.split()) for text in texts])
        scores = np.stack([lengths % 2, lengths % 3 / 3, np.full(len(texts), 0.4)], axis=1).astype(np.float32)
        return scores, lengths > self.limit
