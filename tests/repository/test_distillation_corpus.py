"""scripts/distillation_corpus.py: the training texts stay, texts with emoji follow, test is left out."""

import numpy as np
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
