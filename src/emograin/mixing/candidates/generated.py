"""Candidates that a model generates: each batch is kept in a file at once, so that no stop loses what is done."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...common.errors import EmograinError
from ...common.progress import Progress
from ...data.corpus import Split
from .generation_cache import KeptFile
from .identity import unchanged
from .source import Candidates, Request

BATCH = 128  # documents between two writes

Make = Callable[[list[str]], list[list[str]]]


@dataclass(frozen=True)
class Maker:
    """A loaded model that makes candidates.

    Attributes:
        make: Texts -> for each its candidates, `settings.count` of them, the best first. The same texts give the same.
        facts: What it is, as JSON-able values: revision, generation settings, library versions.
    """

    make: Make
    facts: Mapping[str, Any]


def generate(
    request: Request, name: str, settings: Mapping[str, Any], load: Callable[[], Maker], batch_size: int = BATCH
) -> Candidates:
    """Candidates of every document, from the file as far as it goes, else generated and appended to it.

    A finished file needs no model. An unfinished one is continued with the model that began it, from the batch that it
    stops in, so that it ends the same as one that was never interrupted. White space of what is generated is folded,
    and the document stands in for a candidate that came out empty.

    Args:
        request: For which documents, and in which folder the file is: `NAME.SPLIT.jsonl`.
        name: The source's.
        settings: What was asked for besides `count`, JSON-able; a file made with others is refused.
        load: Loads the model; called only if something is left to generate.
        batch_size: Documents that `make` gets at once.

    Raises:
        EmograinError: The file is damaged, or of other settings, another model or other documents; the disk is full.
    """
    documents = request.documents
    asked = {"source": name, "count": request.settings.count, **settings}
    file = KeptFile(request.folder / f"{name}.{documents.name}.jsonl", asked, documents)
    made_with, made = file.read() if file.path.exists() else (None, [])
    if made_with is None or len(made) < len(documents):
        maker = load()
        facts = json.loads(json.dumps(maker.facts))  # as they come back from the file
        if made_with is None:
            file.begin(facts)
        elif made_with != facts:
            raise file.differs(made_with, facts)
        made_with = facts
        _continue(file, documents, made, maker.make, batch_size)
    texts = [[each or text for each in row] for text, row in zip(documents.texts, made, strict=True)]
    counts = {
        "unchanged": unchanged(documents.texts, texts),
        "empty": sum(not each for row in made for each in row),
    }
    return Candidates(texts, facts={**asked, "made_with": made_with, **counts})


def _continue(file: KeptFile, documents: Split, made: list[list[str]], make: Make, size: int) -> None:
    """Generate what `made` lacks, a batch at a time, and append it to the file and to `made`.

    Where a batch is there in part, it is made again as a whole: a model's rounding depends on what is beside a text.
    """
    total = len(documents)
    with Progress(total, "documents", done=len(made)) as progress:
        for start in range(len(made) // size * size, total, size):
            rows = make(documents.texts[start : start + size])
            new = [[" ".join(text.split()) for text in row] for row in rows[len(made) - start :]]
            try:
                file.append(len(made), new)
            except EmograinError as error:
                raise EmograinError(f"stopped; {len(made)} of {total} documents are done and kept: {error}") from error
            made += new
            progress.advance(len(new))
