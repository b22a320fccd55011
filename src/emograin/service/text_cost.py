"""The estimated cost of a text, in tokens of the model's input, before it is tokenized."""

import re

from .options import Options

CHARACTERS_PER_TOKEN = 4  # of English text
SPECIAL_TOKENS = 2  # around each text, and around each sentence of a long one
CHARACTERS_TO_CUT = 400  # tokenizing this many characters takes the time of one token in the model
EXPLAINING = 4  # a text that is explained costs this many times as much: 3 to 5, measured
END = re.compile(r"[.!?](?=\s)|(?<![.!?])\n")  # of a sentence, roughly; without repetition, which is quadratic


def estimate_cost(text: str, options: Options, max_document_tokens: int) -> float:
    """Estimate the time that a text takes, as a number of tokens.

    Args:
        text: The text.
        options: What is computed.
        max_document_tokens: Number of word pieces that the model reads at once. A longer text is read sentence by
            sentence, or without windows cut: the rest is only tokenized.

    >>> estimate_cost("You made my week!", Options(), 50), estimate_cost("a" * 5000, Options(windows=False), 50)
    (6.2925, 64.5)
    >>> estimate_cost("a" * 400, Options(explain=True, windows=False), 50)
    209.0
    >>> estimate_cost("No! " * 100, Options(), 50)
    303.0
    """
    tokens = len(text) / CHARACTERS_PER_TOKEN
    by_sentence = tokens + SPECIAL_TOKENS * (1 + sum(1 for _ in END.finditer(text)))
    read = min(tokens, max_document_tokens) + SPECIAL_TOKENS
    if options.windows and tokens > max_document_tokens:
        read = by_sentence
    if options.explain:
        read *= EXPLAINING
    if options.segments and not (options.windows and tokens > max_document_tokens):
        read += by_sentence
    return read + len(text) / CHARACTERS_TO_CUT
