"""Split a text into words and map each word piece to its word."""

import re
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from .emoji import IGNORED, SYMBOL

# A word is a single Japanese or Chinese character, an emoji, or a maximal run of other characters but white space.
ALONE = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
EMOJI = rf"{SYMBOL}(?:\u200d{SYMBOL}|{IGNORED})*"
WORD = re.compile(rf"{ALONE}|{EMOJI}|(?:(?!{ALONE}|{SYMBOL})\S)+")


def align_words(text: str, pieces: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Find the words of a text that a tokenizer's word pieces cover.

    Args:
        text: Text to split.
        pieces: Span of each word piece, (start, end) in characters.

    Returns:
        Span of each covered word, and the index of each piece's word, (pieces,) int64; -1 for a piece without a word.

    >>> align_words("so terrified!", [(0, 2), (3, 9), (9, 12), (12, 13)])
    ([(0, 2), (3, 13)], array([0, 1, 1, 1]))
    """
    read = max((stop for _, stop in pieces), default=0)  # a truncated text has no pieces beyond
    words = [match.span() for match in WORD.finditer(text[:read])]
    ends = [stop for _, stop in words]
    word_ids = []
    for start, stop in pieces:
        best, overlap = -1, 0  # the word with the largest overlap; ties: the first
        for at in range(bisect_right(ends, start), len(words)):
            word_start, word_stop = words[at]
            if word_start >= stop:
                break
            if min(stop, word_stop) - max(start, word_start) > overlap:
                best, overlap = at, min(stop, word_stop) - max(start, word_start)
        word_ids.append(best)
    covered = sorted(set(word_ids) - {-1})  # a tokenizer may drop a word entirely
    renumbered = {-1: -1} | {word: at for at, word in enumerate(covered)}
    return [words[at] for at in covered], np.array([renumbered[word] for word in word_ids], dtype=int)
