"""Paraphrases of the document by a T5 paraphraser, or any other sequence-to-sequence model (§3.4.2)."""

from . import seq2seq
from .generated import Maker, generate
from .source import Candidates, Request

MODEL = "Vamsi/T5_Paraphrase_Paws"
PREFIXES = {"t5": "paraphrase: "}  # what models of a type were trained to see in front of the text


def paraphrases(request: Request) -> Candidates:
    """The `settings.count` likeliest sentences of a beam search, for each document.

    Raises:
        EmograinError: The model cannot be loaded, there are fewer beams than candidates, or the file of what was
            generated before is damaged or of other settings.
    """
    settings = request.settings
    seq2seq.check_beams(settings)
    name = settings.model or MODEL

    def load() -> Maker:
        model = seq2seq.load(name, PREFIXES)
        return Maker(lambda texts: model.generate(texts, settings.beams, settings.count), model.facts)

    return generate(request, "paraphrase", {**seq2seq.identity(name), "beams": settings.beams}, load)
