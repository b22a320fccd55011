"""Attribution of each label's logit to the words of a text."""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

import numpy as np

from ..data.words import align_words


class Word(TypedDict):
    """The characters `start` to `end` (exclusive) of a text, and their contribution to a label's logit."""

    start: int
    end: int
    weight: float


class WordWeights(NamedTuple):
    """Contributions of the words of one text.

    Attributes:
        spans: Start and end of each word, in characters.
        weights: (labels, words), contributions to the logits; negative weights are evidence against a label.
    """

    spans: list[tuple[int, int]]
    weights: np.ndarray

    def for_label(self, label: int) -> list[Word]:
        """Return the words in text order with their weights for one label, given by index."""
        weights = self.weights[label].tolist()
        return [
            Word(start=start, end=end, weight=weight) for (start, end), weight in zip(self.spans, weights, strict=True)
        ]

    def shifted(self, start: int) -> "WordWeights":
        """Return the weights of the words in a text in which this text begins at the character `start`."""
        return WordWeights([(first + start, last + start) for first, last in self.spans], self.weights)

    def united(self, derivatives: np.ndarray) -> "WordWeights":
        """Return the weights for other labels.

        Args:
            derivatives: Change of each new label's logit with those of the labels, (new labels, labels).
        """
        return WordWeights(self.spans, derivatives @ self.weights)


def sum_word_pieces(text: str, pieces: Sequence[tuple[int, int]], contributions: np.ndarray) -> WordWeights:
    """Sum the contributions of the word pieces of each word.

    Args:
        text: The text.
        pieces: Start and end of each word piece, in characters.
        contributions: (labels, pieces).

    Returns:
        Weights of shape (labels, words).

    >>> sum_word_pieces("so terrified", [(0, 2), (3, 9), (9, 12)], np.array([[0.5, 1.0, 2.0]])).for_label(0)[1]
    {'start': 3, 'end': 12, 'weight': 3.0}
    """
    spans, word_ids = align_words(text, pieces)
    return WordWeights(spans, contributions @ (word_ids[:, None] == np.arange(len(spans))))


def top_words(text: str, words: Sequence[Word], count: int = 5, min_share: float = 0.15) -> list[tuple[str, float]]:
    """Return the words with the largest absolute weights, in descending order, with their weights.

    Args:
        text: The text.
        words: Words of the text.
        count: Maximum number of words.
        min_share: Minimum absolute weight, as a share of the largest one, in texts of more than `count` words.

    >>> glad = [Word(start=5, end=6, weight=0.1), Word(start=7, end=11, weight=-2.0)]
    >>> top_words("what a glad day", glad), top_words("what a glad day", glad, count=1)
    ([('glad', -2.0), ('a', 0.1)], [('glad', -2.0)])
    """
    ranked = sorted(words, key=lambda word: -abs(word["weight"]))[:count]
    least = abs(ranked[0]["weight"]) * min_share if len(words) > count else 0.0
    return [(text[word["start"] : word["end"]], word["weight"]) for word in ranked if abs(word["weight"]) >= least]
