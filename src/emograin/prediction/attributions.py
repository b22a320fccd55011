"""How much each word of a text carried each label."""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

import numpy as np

from ..data.words import words_at


class Word(TypedDict):
    """Characters of the text, from `start` up to but without `end`, and what they add to the label's logit."""

    start: int
    end: int
    weight: float


class WordWeights(NamedTuple):
    """The words of one text.

    Attributes:
        places: Where each begins and ends, in characters.
        weights: (labels, words), what each adds to each label's logit; negative where it speaks against the label.
    """

    places: list[tuple[int, int]]
    weights: np.ndarray

    def of(self, label: int) -> list[Word]:
        """The words, in the text's order, for the label of this number."""
        weights = self.weights[label].tolist()
        return [
            Word(start=start, end=end, weight=weight) for (start, end), weight in zip(self.places, weights, strict=True)
        ]


def word_weights(text: str, pieces: Sequence[tuple[int, int]], contributions: np.ndarray) -> WordWeights:
    """Contributions of word pieces -> of words: those of a word's pieces added up.

    Args:
        text: A text.
        pieces: Where in it each word piece begins and ends, in characters.
        contributions: (labels, pieces).

    >>> word_weights("so terrified", [(0, 2), (3, 9), (9, 12)], np.array([[0.5, 1.0, 2.0]])).of(0)[1]
    {'start': 3, 'end': 12, 'weight': 3.0}
    """
    places, word_of = words_at(text, pieces)
    return WordWeights(places, contributions @ (word_of[:, None] == np.arange(len(places))))


def strongest(text: str, words: Sequence[Word], count: int = 5, share: float = 0.15) -> list[tuple[str, float]]:
    """The words that weigh most, whatever their sign, heaviest first, and their weights.

    Args:
        text: The text.
        words: Its words.
        count: At most so many.
        share: Of the heaviest word's weight, which each of them has at least.

    >>> strongest("what a glad day", [Word(start=5, end=6, weight=0.1), Word(start=7, end=11, weight=-2.0)])
    [('glad', -2.0)]
    """
    ranked = sorted(words, key=lambda word: -abs(word["weight"]))[:count]
    least = abs(ranked[0]["weight"]) * share if ranked else 0.0
    return [(text[word["start"] : word["end"]], word["weight"]) for word in ranked if abs(word["weight"]) >= least]
