"""Cut texts into windows that a model can read: sentences; one that is too long is cut between words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..data.words import WORD
from .sentences import Span, sentence_spans

# Texts -> the ids of each text's first word pieces, and whether it has more than the model reads (texts,), bool.
Tokenize = Callable[[Sequence[str]], tuple[Sequence[list[int]], np.ndarray]]
CHARACTERS_PER_BLOCK = 100_000  # characters that are tokenized at once


class Window(NamedTuple):
    """A part of a text that the model reads at once.

    Attributes:
        start: Start, in characters of the text.
        end: End (exclusive), in characters of the text.
        ids: Ids of its word pieces.
    """

    start: int
    end: int
    ids: list[int]


class Sentence(NamedTuple):
    """A sentence.

    Attributes:
        text: Index of its text.
        windows: Its windows: one, or several if it is too long.
    """

    text: int
    windows: list[Window]


def read_sentences(texts: Sequence[str], tokenize: Tokenize, limit: int) -> Iterator[Sentence]:
    """Yield the sentences of each text, in order; every text has at least one.

    Args:
        texts: Texts, none of them blank.
        tokenize: The tokenizer of the model.
        limit: Maximum number of word pieces of a window.
    """
    spans = ((at, span) for at, text in enumerate(texts) for span in sentence_spans(text))
    for block in _blocks(spans):
        found = _tokenized([(texts[at], span) for at, span in block], tokenize, limit, _words)
        for (at, _), windows in zip(block, found, strict=True):
            yield Sentence(at, windows)


def pack(windows: Iterable[Window], limit: int) -> Iterator[Window]:
    """Join neighbouring windows as long as they have at most `limit` word pieces together.

    >>> list(pack([Window(0, 2, [7]), Window(3, 5, [8, 8]), Window(6, 9, [9])], limit=3))
    [Window(start=0, end=5, ids=[7, 8, 8]), Window(start=6, end=9, ids=[9])]
    """
    joined: Window | None = None
    for window in windows:
        if joined is not None and len(joined.ids) + len(window.ids) <= limit:
            joined = Window(joined.start, window.end, joined.ids + window.ids)
            continue
        if joined is not None:
            yield joined
        joined = window
    if joined is not None:
        yield joined


def _tokenized(
    spans: Sequence[tuple[str, Span]],
    tokenize: Tokenize,
    limit: int,
    cut: Callable[[str, Span], Sequence[Span]],
) -> Iterator[list[Window]]:
    """Yield the windows of each span of a text: one, or if it has too many word pieces, those of its packed parts."""
    documents, too_long = tokenize([text[read_from(text, start) : end] for text, (start, end) in spans])
    for (text, (start, end)), ids, long in zip(spans, documents, too_long.tolist(), strict=True):
        if not long or end - start == 1:  # a character may have more bytes, which are word pieces, than the limit
            yield [Window(start, end, ids)]
        else:
            parts = _tokenized([(text, part) for part in cut(text, (start, end))], tokenize, limit, _halves)
            yield _read_again(text, list(pack((window for windows in parts for window in windows), limit)), tokenize)


def _read_again(text: str, windows: Sequence[Window], tokenize: Tokenize) -> list[Window]:
    """Tokenize packed windows whole: an emoticon or a run of emoji is read differently than its parts are."""
    found, too_long = tokenize([text[read_from(text, each.start) : each.end] for each in windows])
    return [
        window if long else window._replace(ids=ids)
        for window, ids, long in zip(windows, found, too_long.tolist(), strict=True)
    ]


def read_from(text: str, start: int) -> int:
    """Return where a span is read from: the blank before it, which byte-level tokenizers read as a part of the word."""
    return start - (start > 0 and text[start - 1].isspace())


def _words(text: str, span: Span) -> list[Span]:
    """Return the words of a span; two halves if it is one word."""
    words = [match.span() for match in WORD.finditer(text, *span)]
    return words if len(words) > 1 else _halves(text, span)


def _halves(_: str, span: Span) -> list[Span]:
    middle = sum(span) // 2
    return list(pairwise((span[0], middle, span[1])))


def _blocks(spans: Iterable[tuple[int, Span]]) -> Iterator[list[tuple[int, Span]]]:
    """Group spans into lists of about `CHARACTERS_PER_BLOCK` characters."""
    block, characters = list[tuple[int, Span]](), 0
    for at, (start, end) in spans:
        block.append((at, (start, end)))
        characters += end - start
        if characters >= CHARACTERS_PER_BLOCK:
            yield block
            block, characters = [], 0
    if block:
        yield block
