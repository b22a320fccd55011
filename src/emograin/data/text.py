"""Equality and validity of texts."""

import re

# UTF-8 cannot encode lone surrogates. Python decodes invalid bytes to them (PEP 383), and JSON can spell them.
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def normalized(text: str) -> str:
    """Return a text without case and surrounding white space; texts that are equal then count as duplicates.

    >>> normalized(" So glad\\n")
    'so glad'
    """
    return text.strip().casefold()
