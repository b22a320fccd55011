"""Candidate sources (§3.4): one file per source, registered in `CANDIDATES`.

Belongs here: everything that turns documents into candidate sentences, generated, searched or read from a file. How a
candidate is mixed with its document is decided in `mixing.embedding_mixing`, `mixing.score_mixing` and `mixing.mixers`;
the BERTScore search is in `mixing.bertscore`.
"""

from .back_translation import back_translate
from .file import read_candidates
from .identity import repeat_documents
from .nearest_training_sentence import find_nearest_training_sentences
from .paraphrase import paraphrase_documents
from .source import CandidateRequest, Candidates, CandidateSource

CANDIDATES: dict[str, CandidateSource] = {
    "nearest-training-sentence": find_nearest_training_sentences,
    "paraphrase": paraphrase_documents,
    "back-translation": back_translate,
    "file": read_candidates,
    "self": repeat_documents,
}

__all__ = ["CANDIDATES", "CandidateRequest", "CandidateSource", "Candidates"]
