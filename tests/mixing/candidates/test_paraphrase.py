"""Paraphrases by sequence-to-sequence models."""

import sys

import pytest
import safetensors.torch
import torch
from helpers.candidate_sources import TEXTS, WORDS, cache_path, candidates, refused, split
from helpers.tiny_seq2seq import generate_one_by_one, or_document, save_marian_pairs, save_t5


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return save_t5(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return save_marian_pairs(tmp_path_factory.mktemp("hub"))


@pytest.mark.parametrize(("beams", "top"), [(1, 1), (5, 1), (4, 3)])
def test_paraphrases_equal_those_of_each_document_alone_with_t5s_prefix(tmp_path, t5, beams, top):
    found = candidates(tmp_path, "paraphrase", model=t5, beams=beams, top=top)
    expected = generate_one_by_one(t5, [f"paraphrase: {text}" for text in TEXTS], beams, top)
    assert found.texts == or_document(expected)
    assert len({tuple(row) for row in found.texts}) > 3  # else the order would not be tested
    assert found.texts != or_document(generate_one_by_one(t5, TEXTS, beams, top))
    metadata = found.metadata
    settings = {"source": "paraphrase", "model": t5, "beams": beams, "top": top}
    assert settings.items() <= metadata.items()
    assert metadata["made_with"]["prefix"] == "paraphrase: "
    assert metadata["made_with"]["model_type"] == "t5"
    assert {"torch", "transformers", "tokenizers", "generation_config", "tokens"} <= metadata["made_with"].keys()


def test_models_of_other_types_have_no_prefix(tmp_path, hub):
    model = str(hub / "Helsinki-NLP" / "opus-mt-en-fr")
    found = candidates(tmp_path, "paraphrase", model=model)
    assert found.texts == or_document(generate_one_by_one(model, TEXTS, 5, 1))
    assert found.metadata["made_with"]["prefix"] == ""


def test_many_paraphrases_keep_their_order_and_a_truncated_file_is_resumed_to_the_same(tmp_path, t5):
    texts = [" ".join(WORDS[at % 17 : at % 17 + at % 5 + 1]) for at in range(150)]  # two batches of the file
    found = candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2)
    distinct = list(dict.fromkeys(texts))
    rows = or_document(generate_one_by_one(t5, [f"paraphrase: {text}" for text in distinct], 2, 1), distinct)
    assert found.texts == [dict(zip(distinct, rows, strict=True))[text] for text in texts]
    content = cache_path(tmp_path).read_bytes()
    cache_path(tmp_path).write_bytes(content[: int(len(content) * 0.4)])
    assert candidates(tmp_path, "paraphrase", split(texts), model=t5, beams=2) == found
    assert cache_path(tmp_path).read_bytes() == content


def test_a_folder_whose_weights_have_changed_is_another_model(tmp_path):
    model = tmp_path / "model"
    candidates(tmp_path, "paraphrase", model=save_t5(model))
    weights = safetensors.torch.load((model / "model.safetensors").read_bytes())
    weights["shared.weight"] += 1
    safetensors.torch.save_file(weights, model / "model.safetensors", {"format": "pt"})
    refused("does not match: sha256", tmp_path, "paraphrase", model=str(model))


def test_unknown_models_and_models_of_another_kind_are_refused(tmp_path, encoders, monkeypatch):
    refused("beams must be at least top, got 2 beams for 3 candidates", tmp_path, "paraphrase", beams=2, top=3)
    refused("cannot load sequence-to-sequence model 'Vamsi/T5_Paraphrase_Paws'", tmp_path, "paraphrase")
    refused("cannot load .*'nowhere'", tmp_path, "paraphrase", model="nowhere")
    refused("cannot load .*bert", tmp_path, "paraphrase", model=str(encoders["bert"]))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setitem(sys.modules, "transformers", None)
    refused(r"needs transformers, .*emograin\[train\]", tmp_path, "paraphrase")


def test_damaged_and_pickled_weights_are_refused(tmp_path):
    model = tmp_path / "model"
    save_t5(model)
    weights = safetensors.torch.load((model / "model.safetensors").read_bytes())
    (model / "model.safetensors").write_bytes(b"junk")
    refused("cannot load sequence-to-sequence model", tmp_path, "paraphrase", model=str(model))
    (model / "model.safetensors").unlink()
    torch.save(weights, model / "pytorch_model.bin")
    refused("cannot load .*safetensors", tmp_path, "paraphrase", model=str(model))
