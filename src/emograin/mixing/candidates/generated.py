"""Generate candidates with a model. Each batch is saved at once, so an interruption loses nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...common.errors import EmograinError
from ...data.corpus import Split
from .generation_cache import GenerationCache
from .identity import count_unchanged
from .source import CandidateRequest, Candidates

BATCH = 128  # documents per write


@dataclass(frozen=True)
class Generator:
    """A loaded model that generates candidates.

    Attributes:
        generate: Texts -> `settings.top` candidates of each, the best first; deterministic.
        metadata: Revision, generation settings and library versions, as JSON values.
    """

    generate: Callable[[list[str]], list[list[str]]]
    metadata: Mapping[str, Any]


def generate_candidates(
    request: CandidateRequest,
    name: str,
    settings: Mapping[str, Any],
    load: Callable[[], Generator],
    batch_size: int = BATCH,
) -> Candidates:
    """Read the candidates generated so far, and generate and append the others.

    A complete file needs no model. A partial file is resumed with the model that started it, from the batch it stops
    in, so that it ends the same as without interruption. White space in generated texts is normalized, and the document
    replaces a candidate that is empty.

    Args:
        request: The documents, and the folder of the file `NAME.SPLIT.jsonl`.
        name: Name of the source.
        settings: Settings besides `top`, as JSON values; a file of other settings is refused.
        load: Loads the model; called only if candidates are missing.
        batch_size: Number of documents per call of the generator.

    Raises:
        EmograinError: The file is damaged, or of other settings, another model or other documents; the disk is full.
    """
    documents = request.documents
    all_settings = {"source": name, "top": request.settings.top, **settings}
    cache = GenerationCache(request.folder / f"{name}.{documents.name}.jsonl", all_settings, documents)
    made_with, rows = cache.read() if cache.path.exists() else (None, [])
    request.on_progress(len(rows))
    if made_with is None or len(rows) < len(documents):
        generator = load()
        metadata = json.loads(json.dumps(generator.metadata))  # as read back from the file
        if made_with is None:
            cache.create(metadata)
        elif made_with != metadata:
            raise cache.mismatch_error(made_with, metadata)
        made_with = metadata
        _resume(cache, documents, rows, generator, batch_size, request.on_progress)
    texts = [[each or text for each in row] for text, row in zip(documents.texts, rows, strict=True)]
    counts = {
        "unchanged": count_unchanged(documents.texts, texts),
        "empty": sum(not each for row in rows for each in row),
    }
    return Candidates(texts, metadata={**all_settings, "made_with": made_with, **counts})


def _resume(
    cache: GenerationCache,
    documents: Split,
    rows: list[list[str]],
    generator: Generator,
    batch_size: int,
    on_progress: Callable[[int], Any],
) -> None:
    """Generate the candidates that `rows` lacks, in batches, and append them to the file and to `rows`.

    A partial batch is generated again as a whole: a model's rounding depends on the other texts of the batch.
    """
    total = len(documents)
    for start in range(len(rows) // batch_size * batch_size, total, batch_size):
        generated = generator.generate(documents.texts[start : start + batch_size])
        new = [[" ".join(text.split()) for text in row] for row in generated[len(rows) - start :]]
        try:
            cache.append(len(rows), new)
        except EmograinError as error:
            raise EmograinError(f"stopped; {len(rows)} of {total} documents are done and saved: {error}") from error
        rows += new
        on_progress(len(new))
