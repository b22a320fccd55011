"""Paraphrases of the document by a T5 paraphraser, or any other sequence-to-sequence model (§3.4.2)."""

from . import seq2seq
from .generated import Generator, generate_candidates
from .source import CandidateRequest, Candidates

MODEL = "Vamsi/T5_Paraphrase_Paws"
PREFIXES = {"t5": "paraphrase: "}  # model type -> prefix of the text it was trained with


def paraphrase_documents(request: CandidateRequest) -> Candidates:
    """Generate the `settings.top` likeliest paraphrases of each document by beam search.

    Raises:
        EmograinError: The model cannot be loaded; fewer beams than candidates; the file of earlier candidates is
            damaged or of other settings.
    """
    settings = request.settings
    seq2seq.check_beams(settings)
    name = settings.model or MODEL

    def load() -> Generator:
        model = seq2seq.load(name, PREFIXES)
        return Generator(lambda texts: model.generate(texts, settings.beams, settings.top), model.metadata)

    return generate_candidates(request, "paraphrase", {**seq2seq.identify(name), "beams": settings.beams}, load)
