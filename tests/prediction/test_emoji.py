"""The bundled model reads emoji and emoticons: a hand-checked list of short texts with acceptable labels."""

import csv
from pathlib import Path

import pytest

import emograin

LIST = Path(__file__).with_name("emoji_texts.tsv")


@pytest.fixture(scope="module")
def model():
    return emograin.load()


def test_the_best_label_of_most_texts_is_acceptable(model):
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 200
    scores = model.predict([row["text"] for row in rows]).scores
    best = [model.labels[at] for at in scores.argmax(axis=1)]
    right = sum(label in row["acceptable"].split(",") for label, row in zip(best, rows, strict=True))
    assert right >= 0.85 * len(rows)  # results/emoji.json: 189 of 214, and 49 before emoji were tokens


@pytest.mark.parametrize(
    "forms",
    [
        ["thanks 👍", "thanks 👍🏿", "thanks 👍🏻"],
        ["❤", "❤️"],
        ["no idea 🤷", "no idea 🤷‍♀️", "no idea 🤷🏾‍♂️", r"no idea ¯\_(ツ)_/¯"],
        ["great 🙂", "great :)", "great :-)"],
        ["😂😂", "😂😂😂", "😂😂😂😂😂😂😂😂"],
    ],
)
def test_forms_of_one_emoji_have_the_same_scores(model, forms):
    first, *others = model.predict(forms).scores.tolist()
    assert all(each == first for each in others)


def test_words_that_explain_a_label_are_cut_at_emoji(model):
    text = "so late again😡😡 :("
    (row,) = model.predict([text], explain=True)
    words = row.words["anger"]
    assert [text[word["start"] : word["end"]] for word in words] == ["so", "late", "again", "😡", "😡", ":("]
    assert max(words, key=lambda word: word["weight"])["start"] in (13, 14)
