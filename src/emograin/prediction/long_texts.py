"""Scores of texts of any length: texts that fit are read whole, longer ones sentence by sentence, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, pairwise
from operator import attrgetter
from typing import Any

import numpy as np

from ..evaluation.mapping.score_map import ScoreMap
from .aggregation import aggregate
from .attributions import WordWeights
from .scorers import Explaining, Scorer
from .sentences import sentence_spans
from .windows import Window, read_from, read_sentences

WINDOWS_PER_BLOCK = 4096  # windows that are scored at once
# A text with more characters per word piece of the limit is split into sentences without tokenizing it whole.
MAX_CHARACTERS = 20


@dataclass
class Reading:
    """The scores of texts.

    Attributes:
        scores: (texts, labels), float32.
        truncated: Whether only the beginning of a text was read, (texts,), bool.
        words: Index of a text -> contributions of its words, if they were requested.
        sentences: Index of a text -> its sentences, if they were requested.
    """

    scores: np.ndarray
    truncated: np.ndarray
    words: dict[int, WordWeights] = field(default_factory=dict)
    sentences: dict[int, "SentenceScores"] = field(default_factory=dict)

    def mapped(self, score_map: ScoreMap) -> "Reading":
        """Return the scores of other labels, and the contributions to them."""
        words = {at: each.united(score_map.derivatives(self.scores[at])) for at, each in self.words.items()}
        sentences = {at: SentenceScores(each.spans, score_map(each.scores)) for at, each in self.sentences.items()}
        return Reading(score_map(self.scores), self.truncated, words, sentences)


@dataclass(frozen=True, slots=True)
class SentenceScores:
    """The sentences of one text.

    Attributes:
        spans: Start and end of each sentence, in characters, (sentences, 2).
        scores: (sentences, labels), float32.
    """

    spans: np.ndarray
    scores: np.ndarray


def score_long_texts(
    texts: Sequence[str],
    scorer: Scorer,
    labels: Sequence[str],
    windows: bool = True,
    segments: bool = False,
    explaining: Explaining | None = None,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> Reading:
    """Score texts of any length.

    Args:
        texts: Texts, none of them blank.
        scorer: The model.
        labels: Labels of the model.
        windows: Read long texts sentence by sentence, instead of their first word pieces only.
        segments: Score the sentences of every text.
        explaining: The scorer, to compute the contributions of words.
        on_progress: Called with the number of texts that were just finished.
    """
    reading = Reading(np.zeros((len(texts), len(labels)), dtype=np.float32), np.zeros(len(texts), dtype=bool))
    max_length = MAX_CHARACTERS * scorer.limit
    whole = [row for row, text in enumerate(texts) if not windows or len(text) <= max_length]
    _read_whole(reading, texts, whole, scorer, windows, explaining, on_progress)
    if not windows and not segments:
        return reading
    long = {row for row, text in enumerate(texts) if windows and (len(text) > max_length or reading.truncated[row])}
    cut = sorted(long)
    if segments:
        spans = {row: list(islice(sentence_spans(text), 2)) for row, text in enumerate(texts) if row not in long}
        cut = [row for row in range(len(texts)) if row in long or len(spans[row]) > 1 or reading.truncated[row]]
        for row in spans.keys() - set(cut):
            reading.sentences[row] = SentenceScores(np.array(spans[row]), reading.scores[row : row + 1])
    for row, each in zip(cut, _read_sentences([texts[row] for row in cut], scorer, labels, explaining), strict=True):
        if segments:
            reading.sentences[row] = each.sentences
        if row in long:
            reading.scores[row] = each.scores
            reading.truncated[row] = False
            if each.words is not None:
                reading.words[row] = each.words
            if each.pieces <= scorer.limit:  # it has many characters, yet fits
                _read_whole(reading, texts, [row], scorer, windows, explaining, lambda _: None)
            on_progress(1)
    return reading


@dataclass(frozen=True, slots=True)
class _LongText:
    """What was read of a text, sentence by sentence: as in `Reading`, and the number of its word pieces."""

    scores: np.ndarray
    sentences: SentenceScores
    words: WordWeights | None
    pieces: int


def _read_whole(
    reading: Reading,
    texts: Sequence[str],
    selected: Sequence[int],
    scorer: Scorer,
    windows: bool,
    explaining: Explaining | None,
    on_progress: Callable[[int], Any],
) -> None:
    """Read the selected texts as one window each; with `windows`, those that do not fit are only marked truncated."""
    if not selected:
        return
    chosen = [texts[row] for row in selected]
    if explaining is not None:
        scores, truncated, words = explaining.explain(chosen, lambda _: None)
        on_progress(int((~truncated).sum()) if windows else len(chosen))
        reading.truncated[selected] = truncated
        reading.scores[selected] = scores
        reading.words.update(zip(selected, words, strict=True))
        return
    documents, truncated = scorer.tokenize(chosen)
    reading.truncated[selected] = truncated
    read = np.flatnonzero(~truncated) if windows else np.arange(len(selected))
    if len(read):
        scores = scorer.score([documents[row] for row in read.tolist()], on_progress)
        reading.scores[np.asarray(selected)[read]] = scores


def _read_sentences(
    texts: Sequence[str], scorer: Scorer, labels: Sequence[str], explaining: Explaining | None
) -> Iterator[_LongText]:
    """Yield what is read of each text, sentence by sentence."""
    windows = (
        (sentence.text, number, window)
        for number, sentence in enumerate(read_sentences(texts, scorer.tokenize, scorer.limit))
        for window in sentence.windows
    )
    for _, of_text in groupby(_read_windows(texts, windows, scorer, explaining), attrgetter("text")):
        yield _join(list(of_text), labels)


@dataclass(frozen=True, slots=True)
class _ReadWindow:
    """A window with the indices of its text and its sentence, its number of word pieces, its scores and its words."""

    text: int
    sentence: int
    start: int
    end: int
    pieces: int
    scores: np.ndarray
    words: WordWeights | None


def _read_windows(
    texts: Sequence[str],
    windows: Iterator[tuple[int, int, Window]],
    scorer: Scorer,
    explaining: Explaining | None,
) -> Iterator[_ReadWindow]:
    """Score windows, `WINDOWS_PER_BLOCK` at a time."""
    while block := list(islice(windows, WINDOWS_PER_BLOCK)):
        words: Sequence[WordWeights | None] = [None] * len(block)
        if explaining is None:
            scores = scorer.score([window.ids for _, _, window in block])
        else:
            starts = [read_from(texts[text], window.start) for text, _, window in block]
            slices = [texts[text][start : window.end] for start, (text, _, window) in zip(starts, block, strict=True)]
            scores, _, found = explaining.explain(slices, lambda _: None)
            words = [each.shifted(start) for start, each in zip(starts, found, strict=True)]
        for (text, sentence, window), row, of_window in zip(block, scores, words, strict=True):
            yield _ReadWindow(text, sentence, window.start, window.end, len(window.ids), row, of_window)


def _join(windows: Sequence[_ReadWindow], labels: Sequence[str]) -> _LongText:
    """Join the windows of one text."""
    scores = np.array([each.scores for each in windows])
    lengths = np.array([each.pieces for each in windows])
    firsts = [at for at, each in enumerate(windows) if at == 0 or each.sentence != windows[at - 1].sentence]
    sentences = list(pairwise([*firsts, len(windows)]))
    spans = [(windows[first].start, windows[last - 1].end) for first, last in sentences]
    of_sentences = [aggregate(scores[first:last], lengths[first:last], labels) for first, last in sentences]
    of_windows = [each.words for each in windows if each.words is not None]
    words = None
    if of_windows:
        joined = [span for each in of_windows for span in each.spans]
        words = WordWeights(joined, np.concatenate([each.weights for each in of_windows], axis=1))
    text_scores = aggregate(scores, lengths, labels)
    return _LongText(text_scores, SentenceScores(np.array(spans), np.array(of_sentences)), words, int(lengths.sum()))
