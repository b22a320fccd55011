"""Where the candidate sentence comes from (§3.4): one file a source."""

from .back_translation import back_translations
from .file import from_file
from .identity import document_itself
from .nearest_training_sentence import nearest_training_sentence
from .paraphrase import paraphrases
from .source import Candidates, Request, Source

CANDIDATES: dict[str, Source] = {
    "nearest-training-sentence": nearest_training_sentence,
    "paraphrase": paraphrases,
    "back-translation": back_translations,
    "file": from_file,
    "self": document_itself,
}

__all__ = ["CANDIDATES", "Candidates", "Request", "Source"]
