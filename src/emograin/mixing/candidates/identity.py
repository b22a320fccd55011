"""The document as its own candidate: the second check of §3.4.2, under which mixing changes nothing at any weight."""

from collections.abc import Sequence

from .source import CandidateRequest, Candidates


def repeat_documents(request: CandidateRequest) -> Candidates:
    """Return each document `settings.top` times as its own candidates."""
    top = request.settings.top
    return Candidates([[text] * top for text in request.documents.texts], metadata={"source": "self", "top": top})


def count_unchanged(documents: Sequence[str], candidates: Sequence[Sequence[str]]) -> int:
    """Count documents that equal their best candidate, ignoring white space: mixing has no effect on them.

    >>> count_unchanged(["so  glad", "so sad"], [["so glad"], ["very sad"]])
    1
    """
    return sum(text.split() == best.split() for text, (best, *_) in zip(documents, candidates, strict=True))
