"""Paraphrases of sequence-to-sequence models."""

import sys

import pytest
from helpers.candidate_sources import TEXTS, WORDS, candidates, kept, refused, split
from helpers.tiny_seq2seq import hub_in, one_by_one, or_document, save, t5_in, tiny_t5, word_tokenizer


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return t5_in(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return hub_in(tmp_path_factory.mktemp("hub"))


@pytest.mark.parametrize(("beams", "count"), [(1, 1), (5, 1), (4, 3)])
def test_paraphrases_are_those_of_each_document_alone_prefixed_for_t5(tmp_path, t5, beams, count):
    found = candidates(tmp_path, "paraphrase", model=t5, beams=beams, count=count)
    expected = one_by_one(t5, [f"paraphrase: {text}" for text in TEXTS], beams, count)
    assert found.texts == or_document(expected)
    assert len({tuple(row) for row in found.texts}) > 3  # else the order would not be tested
    assert found.texts != or_document(one_by_one(t5, TEXTS, beams, count))
    facts = found.facts
    assert (facts["source"], facts["model"], facts["beams"], facts["count"]) == ("paraphrase", t5, beams, count)
    assert facts["made_with"]["prefix"] == "paraphrase: "
    assert facts["made_with"]["model_type"] == "t5"
    assert {"torch", "transformers", "tokenizers", "generation_config", "tokens"} <= facts["made_with"].keys()


def test_models_of_other_types_have_no_prefix(tmp_path, hub):
    model = str(hub / "Helsinki-NLP" / "opus-mt-en-fr")
    found = candidates(tmp_path, "paraphrase", model=model)
    assert found.texts == or_document(one_by_one(model, TEXTS, 5, 1))
    assert found.facts["made_with"]["prefix"] == ""


def test_many_paraphrases_keep_their_order_and_a_cut_file_is_continued_to_the_same(tmp_path, t5):
    texts = [" ".join(WORDS[at % 17 : at % 17 + at % 5 + 1]) for at in range(150)]  # two batches of the file
    found = candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2)
    assert found.texts == or_document(one_by_one(t5, [f"paraphrase: {text}" for text in texts], 2, 1), texts)
    content = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(content[: int(len(content) * 0.4)])
    assert candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2) == found
    assert kept(tmp_path).read_bytes() == content


def test_a_folder_whose_weights_have_changed_is_another_model(tmp_path):
    model = tmp_path / "model"
    save(tiny_t5(0), word_tokenizer(), model)
    candidates(tmp_path, "paraphrase", model=str(model))
    tiny_t5(1).save_pretrained(model)
    refused("was made otherwise: sha256", tmp_path, "paraphrase", model=str(model))


def test_what_is_no_model_or_not_of_this_kind_is_refused(tmp_path, encoders, monkeypatch):
    refused("beams must be at least count, got 2 beams for 3 candidates", tmp_path, "paraphrase", beams=2, count=3)
    refused("cannot load sequence-to-sequence model 'Vamsi/T5_Paraphrase_Paws'", tmp_path, "paraphrase")
    refused("cannot load .*'nowhere'", tmp_path, "paraphrase", model="nowhere")
    refused("cannot load .*bert", tmp_path, "paraphrase", model=str(encoders["bert"]))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "transformers", None)
    refused(r"needs transformers, .*emograin\[train\]", tmp_path, "paraphrase")


def test_damaged_and_pickled_weights_are_refused(tmp_path):
    import torch

    model = tmp_path / "model"
    save(tiny_t5(0), word_tokenizer(), model)
    (model / "model.safetensors").write_bytes(b"junk")
    refused("cannot load sequence-to-sequence model", tmp_path, "paraphrase", model=str(model))
    (model / "model.safetensors").unlink()
    torch.save(tiny_t5(0).state_dict(), model / "pytorch_model.bin")
    refused("cannot load .*safetensors", tmp_path, "paraphrase", model=str(model))
