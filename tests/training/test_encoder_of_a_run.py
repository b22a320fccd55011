"""Training from the fine-tuned encoder of a run, on its own corpus or on another one."""

import dataclasses

import numpy as np
import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import Taxonomy
from emograin.models import encoder
from emograin.models.classifier import load as load_classifier
from emograin.models.run_folder import RunFolder
from emograin.models.settings_check import check_encoder
from emograin.training.loop import train


def test_the_encoder_of_a_run_is_its_fine_tuned_one(settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "tuned")
    train(dataclasses.replace(settings, epochs=1), corpus, run)
    tuned = encoder.load(str(run.path), ["[NEW]"], dropout=0.3)
    method = load_classifier(run).method
    expected, found = method.encoder.state_dict(), tuned.model.state_dict()
    assert expected.keys() == found.keys()
    rows = len(method.tokenizer)
    for name, tensor in expected.items():
        part = found[name][:rows] if name.endswith("word_embeddings.weight") else found[name]
        assert torch.equal(part, tensor), name
    assert len(tuned.tokenizer) == rows + 1
    assert tuned.model.config.hidden_dropout_prob == 0.3
    plain = encoder.load(settings.encoder).model.state_dict()
    assert not torch.equal(plain["encoder.layer.0.output.dense.weight"], found["encoder.layer.0.output.dense.weight"])


def test_a_run_starts_from_the_encoder_of_another_corpus(settings, corpus, tmp_path):
    run, other = RunFolder(tmp_path / "tuned"), RunFolder(tmp_path / "other")
    train(dataclasses.replace(settings, epochs=1), corpus, run)
    tones = Taxonomy("tones", ("good", "bad"), placeholders=("[PERSON]",))
    rows = np.array([[each[0], each[1] | each[2]] for each in corpus.split("train").labels])
    parts = {
        name: Split(name, [str(at) for at in range(60)], corpus.split("train").texts, rows) for name in ("train", "dev")
    }
    own = Corpus("tones", tones, {name: lambda name=name: parts[name] for name in parts})
    train(dataclasses.replace(settings, method="label-embedding", encoder=str(run.path), epochs=1), own, other)
    assert load_classifier(other).method.taxonomy == tones


def test_an_encoder_of_an_unfinished_run_is_an_error(settings, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(EmograinError, match="run of format None"):
        check_encoder(dataclasses.replace(settings, encoder=str(tmp_path)))
    (tmp_path / "run.json").unlink()
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(EmograinError, match="is an exported model .give the run it was made of"):
        check_encoder(dataclasses.replace(settings, encoder=str(tmp_path)))
