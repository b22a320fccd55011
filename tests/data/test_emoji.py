"""Emoji and emoticons: every form of an emoji is read as one, and nothing else is read as an emoticon."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.data.emoji import EMOTICONS, all_emoji, fold, read_emoticons
from emograin.data.words import align_words

emoji = pytest.importorskip("emoji", reason="the list of all emoji sequences is in the package emoji")


def test_the_table_has_every_released_sequence() -> None:
    known = {each.text for each in all_emoji()}
    status = emoji.STATUS
    sequences = [
        sequence
        for sequence, entry in emoji.EMOJI_DATA.items()
        if entry["status"] != status["component"] and entry["E"] <= 17
    ]
    assert len(sequences) > 5000
    assert not [sequence for sequence in sequences if fold(sequence) not in known]


def test_every_emoji_has_words() -> None:
    assert all(re.search(r"\w", each.words) for each in all_emoji())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("great:)", "great🙂"),
        ("great :-)", "great 🙂"),
        ("no :( :'( :,(", "no 🙁 😢 😢"),
        ("<3 </3 <333", "❤ 💔 ❤"),
        (r"¯\_(ツ)_/¯ ¯\\\_(ツ)\_/¯", "🤷 🤷"),
        ("xD XD :D", "😆 😆 😃"),
        (">:( :/ :|", "😠 😕 😐"),
        ("T_T -_- ^_^ o_O", "😭 😑 😊 😮"),
        ("(╯°□°）╯︵ ┻━┻", "😡"),
        ("😂😂😂😂 👍🏽 👍🏿 👍", "😂😂 👍 👍"),
        ("👩🏽‍💻 🤷🏻‍♀️ ❤️", "👩💻 🤷 ❤"),
    ],
)
def test_what_is_read(text: str, expected: str) -> None:
    assert read_emoticons(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://a.b/c",
        "at 10:30, a ratio of 4:3",
        "foo (bar): baz",
        "list:(a)",
        "note:Do it",
        "C:/Users and D: drive",
        "x<3y",
        "XDR and maxd",
        "a;Pb",
        "key:value;pair",
        "f(x):=(y)",
        "std::(",
        "1 * 2 # 3",
    ],
)
def test_what_is_no_emoticon(text: str) -> None:
    assert read_emoticons(text) == text


@given(st.text(alphabet="ab :;=()<3/\\DPpoO-_^'xX|>*😂👍🏽\u200d\ufe0f ", max_size=40))
def test_reading_is_idempotent_for_emoji_and_total(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert isinstance(read_emoticons(text), str)


def test_an_emoji_is_a_word_of_its_own() -> None:
    text = "I😂you 👩🏽‍💻!"
    pieces = [(0, 1), (1, 2), (2, 5), (6, 10), (10, 11)]
    spans, words = align_words(text, pieces)
    assert [text[start:stop] for start, stop in spans] == ["I", "😂", "you", "👩🏽‍💻", "!"]
    assert words.tolist() == [0, 1, 2, 3, 4]


def test_every_emoticon_stands_for_an_emoji() -> None:
    assert set(EMOTICONS.values()) <= {each.text for each in all_emoji()}
