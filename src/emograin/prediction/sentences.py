"""Sentences of a text, by the library nupunkt (Bommarito et al. 2025, arXiv:2504.04131), in bounded memory.

nupunkt was chosen among seven libraries by experiments/sentence_splitters.py; docs/log.md has the comparison.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]  # start and end (exclusive), in characters
CHARACTERS_PER_BLOCK = 20_000  # characters that the library reads at once
LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


def sentence_spans(text: str, block: int = CHARACTERS_PER_BLOCK) -> Iterator[Span]:
    """Yield the spans of the sentences of a text, in order, without the white space around them.

    A line break always ends a sentence: people write lists and verses without full stops.

    Args:
        text: The text.
        block: Maximum number of characters of a sentence; a longer one is cut, at a blank if it has one.

    >>> list(sentence_spans("Mr. Smith came. I was so glad!\\nThen he left"))
    [(0, 15), (16, 30), (31, 43)]
    """
    at = 0
    while at < len(text):
        end, whole = _end_of_block(text, at, block)
        spans = _split(text, at, end)
        if not whole and len(spans) > 1:  # the last sentence may be incomplete
            end = spans.pop()[0]
        yield from spans
        at = end


def _end_of_block(text: str, start: int, block: int) -> tuple[int, bool]:
    """Return where a block ends, and whether a sentence ends there for sure."""
    end = start + block
    if end >= len(text):
        return len(text), True
    line = max(text.rfind("\n", start + 1, end), text.rfind("\r", start + 1, end))
    if line > 0:
        return line, True
    blank = text.rfind(" ", start + 1, end)
    return (blank if blank > 0 else end), False


def _split(text: str, start: int, end: int) -> list[Span]:
    """Return the spans of the sentences of a part of a text."""
    import nupunkt  # here, as short texts do not need it

    part = text[start:end]
    found = nupunkt.sentence_spans(part, paragraph_breaks=False)
    lines = [line.span() for first, last in found for line in LINE.finditer(part, first, last)]
    return [span for first, last in lines for span in _stripped(text, start + first, start + last)]


def _stripped(text: str, start: int, end: int) -> list[Span]:
    """Return the span without the white space around it; nothing if nothing remains."""
    part = text[start:end]
    inner = part.strip()
    first = start + len(part) - len(part.lstrip())
    return [(first, first + len(inner))] if inner else []
