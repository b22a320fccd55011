"""The words of a text, and which of them each word piece is of."""

import re
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

# A word is what stands between white space; in scripts without it, a character.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def words_at(text: str, pieces: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], np.ndarray]:
    """The words that word pieces spell.

    Args:
        text: A text.
        pieces: Where in it each word piece begins and ends, in characters.

    Returns:
        Where each word begins and ends, as far as there are pieces, and the word of each piece (pieces,), -1 for none.

    >>> words_at("so terrified!", [(0, 2), (3, 9), (9, 12), (12, 13)])
    ([(0, 2), (3, 13)], array([0, 1, 1, 1]))
    """
    end = max((stop for _, stop in pieces), default=0)
    found = [match.span() for match in WORD.finditer(text[:end])]
    ends = [stop for _, stop in found]
    places = []
    for start, stop in pieces:
        best, most = -1, 0  # the first of those that share most with the piece
        for at in range(bisect_right(ends, start), len(found)):
            first, last = found[at]
            if first >= stop:
                break
            if min(stop, last) - max(start, first) > most:
                best, most = at, min(stop, last) - max(start, first)
        places.append(best)
    kept = sorted(set(places) - {-1})  # a word that the tokenizer passes over is none
    renumbered = {-1: -1} | {place: at for at, place in enumerate(kept)}
    return [found[place] for place in kept], np.array([renumbered[place] for place in places], dtype=int)
