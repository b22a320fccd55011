"""Texts of any length are cut into sentences and windows; nothing is lost, added or read twice."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emograin.prediction.aggregation import aggregate, power_mean
from emograin.prediction.sentences import sentence_spans
from emograin.prediction.windows import Window, pack, read_sentences

# Letters, ends of sentences, blanks and line breaks of several kinds, characters of several bytes.
TEXTS = st.text(alphabet="ab.!? \n\r\u2028\u3000é日😀", max_size=120)


def split(text: str, **options: int) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, **options)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Smith left at 5 p.m. on Monday. I cried.", ["Mr. Smith left at 5 p.m. on Monday.", "I cried."]),
        ("  so glad! \n\n\tno end\r\nlast\u2028one ", ["so glad!", "no end", "last", "one"]),
        (
            "Wait... what? 3.5 stars at https://a.b/c?d=e. OK.",
            ["Wait... what?", "3.5 stars at https://a.b/c?d=e.", "OK."],
        ),
        ("no punctuation at all", ["no punctuation at all"]),
        (" \n ", []),
    ],
)
def test_sentences(text, sentences):
    assert split(text) == sentences


@settings(max_examples=200)
@given(TEXTS, st.integers(3, 60))
def test_every_character_but_white_space_is_in_exactly_one_sentence(text, block):
    spans = list(sentence_spans(text, block))
    assert spans == sorted(spans)
    assert all(0 < end - start <= block for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", "".join(text[start:end] for start, end in spans))


def test_sentences_do_not_depend_on_the_size_of_a_block():
    text = " ".join(f"I was so glad number {at} came! Then it left, didn't it?" for at in range(50))
    assert split(text, block=200) == split(text) == split(text, block=333)
    assert len(split(text)) == 100


def pieces(limit: int):
    """Return a tokenizer of at most `limit` pieces: words, each cut into pieces of 3 characters, as numbers."""

    def tokenize(texts):
        found = [[len(part) for word in text.split() for part in re.findall(r".{1,3}", word)] for text in texts]
        return [ids[:limit] for ids in found], np.array([len(ids) > limit for ids in found], dtype=bool)

    return tokenize


@settings(max_examples=200)
@given(st.lists(TEXTS.filter(str.strip), max_size=4), st.integers(1, 8))
def test_windows_hold_every_word_piece_of_every_text_once_and_fit(texts, limit):
    found = list(read_sentences(texts, pieces(limit), limit))
    assert sorted({each.text for each in found}) == list(range(len(texts)))
    for at, text in enumerate(texts):
        windows = [window for each in found if each.text == at for window in each.windows]
        assert all(len(window.ids) <= limit for window in windows)
        covered = "".join(text[window.start : window.end] for window in windows)
        assert re.sub(r"\s", "", covered) == re.sub(r"\s", "", text)


def test_a_sentence_that_is_too_long_is_cut_between_words_and_a_word_within():
    text = "aaa bbb ccc ddd eee\naaabbbcccdddeee"
    sentences = [each.windows for each in read_sentences([text], pieces(3), 3)]
    assert [[text[start:end] for start, end, _ in windows] for windows in sentences] == [
        ["aaa bbb ccc", "ddd eee"],
        ["aaabbbc", "ccdddeee"],
    ]


def test_packed_windows_are_read_whole():
    """Two words that are one word piece together, such as the parts of an emoticon."""

    def tokenize(texts):
        joined = [text.replace(": )", ":)").split() for text in texts]
        return [[len(word) for word in words[:4]] for words in joined], np.array([len(words) > 4 for words in joined])

    (sentence,) = read_sentences(["so very very glad : ) now"], tokenize, 4)
    assert [window.ids for window in sentence.windows] == [[2, 4, 4, 4], [2, 3]]


@given(st.lists(st.integers(1, 6), max_size=20), st.integers(6, 12))
def test_packed_windows_fit_and_keep_the_order(lengths, limit):
    parts = [Window(at, at + 1, [at] * length) for at, length in enumerate(lengths)]
    packed = list(pack(parts, limit))
    assert [piece for each in packed for piece in each.ids] == [piece for each in parts for piece in each.ids]
    assert all(len(each.ids) <= limit for each in packed)
    assert all(len(one.ids) + len(parts[two.start].ids) > limit for one, two in pairwise(packed))


def test_one_window_keeps_its_scores_and_the_absence_of_emotions_is_a_share():
    labels = ("joy", "anger", "neutral")
    scores = np.array([[0.9, 0.1, 0.2], [0.2, 0.1, 0.8]], dtype=np.float32)
    assert aggregate(scores[:1], np.array([4]), labels) is not None
    assert aggregate(scores[:1], np.array([4]), labels).tolist() == scores[0].tolist()
    found = aggregate(scores, np.array([10, 30]), labels)
    assert found[2] == pytest.approx(0.25 * 0.2 + 0.75 * 0.8)
    assert found[:2] == pytest.approx(power_mean(scores)[:2])
