"""The document as its own candidate: the second check of §3.4.2, under which mixing changes nothing at any weight."""

from collections.abc import Sequence

from .source import Candidates, Request


def document_itself(request: Request) -> Candidates:
    """Every candidate of a document is the document.

    Returns:
        `settings.count` times the document's text, for each document.
    """
    count = request.settings.count
    return Candidates([[text] * count for text in request.documents.texts], facts={"source": "self", "count": count})


def unchanged(documents: Sequence[str], candidates: Sequence[Sequence[str]]) -> int:
    """How many documents have themselves as their best candidate, white space aside: mixing does nothing to them.

    >>> unchanged(["so  glad", "so sad"], [["so glad"], ["very sad"]])
    1
    """
    return sum(text.split() == best.split() for text, (best, *_) in zip(documents, candidates, strict=True))
