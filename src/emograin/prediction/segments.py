"""Segments: the sentences of a text with their labels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from ..evaluation.thresholds import predicted_labels


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence of a text.

    Attributes:
        start: Start, in characters of the text.
        end: End (exclusive), in characters of the text.
        labels: Labels whose score reaches their threshold, highest score first; may be empty.
        scores: Score of each label.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    scores: Mapping[str, float]


class Segments(Sequence[Segment]):
    """The sentences of one text, in order. They are built when they are read: a text may have very many.

    Args:
        spans: Start and end of each sentence, in characters, (sentences, 2).
        scores: (sentences, labels), float32.
        names: The labels.
        thresholds: (labels,).
    """

    def __init__(self, spans: np.ndarray, scores: np.ndarray, names: Sequence[str], thresholds: np.ndarray):
        self.spans, self.scores, self.names, self.thresholds = spans, scores, names, thresholds

    def __len__(self) -> int:
        return len(self.spans)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> "Segments": ...
    def __getitem__(self, index: int | slice) -> "Segment | Segments":
        if isinstance(index, slice):
            return Segments(self.spans[index], self.scores[index], self.names, self.thresholds)
        (start, end), row = self.spans[index].tolist(), self.scores[index]
        (predicted,) = predicted_labels(row[np.newaxis], self.thresholds)
        return Segment(
            start, end, tuple([self.names[at] for at in predicted]), dict(zip(self.names, row.tolist(), strict=True))
        )

    def __iter__(self) -> Iterator[Segment]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segments) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"
