"""Encoders of fewer layers: which layers stay, and a run that is trained with them."""

import dataclasses

import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.models import classifier, encoder
from emograin.models.encoder_layers import keep_layers
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train


def deep_encoder(settings, layers):
    """Load the tiny encoder with more layers than it has, copies with other weights, and without dropout."""
    loaded = encoder.load(settings.encoder, dropout=0.0)
    stack = loaded.model.encoder.layer
    torch.manual_seed(1)
    while len(stack) < layers:
        stack.append(type(stack[0])(loaded.model.config))
    loaded.model.config.num_hidden_layers = layers
    return loaded.model.eval()


@pytest.mark.parametrize(
    ("total", "count", "kept"),
    [(6, 4, [0, 2, 3, 5]), (6, 3, [0, 2, 5]), (6, 1, [5]), (12, 6, [0, 2, 4, 7, 9, 11]), (2, 2, [0, 1])],
)
def test_the_layers_that_stay_are_evenly_spaced(settings, total, count, kept):
    model = deep_encoder(settings, total)
    layers = list(model.encoder.layer)
    keep_layers(model, count)
    assert [layers.index(each) for each in model.encoder.layer] == kept
    assert model.config.num_hidden_layers == count


def test_a_smaller_encoder_computes_what_its_layers_compute(settings):
    model = deep_encoder(settings, 3)
    inputs = {"input_ids": torch.tensor([[2, 7, 9, 3]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}
    states = model.embeddings(input_ids=inputs["input_ids"])
    for at in (0, 2):
        states = model.encoder.layer[at](states)
    keep_layers(model, 2)
    assert torch.allclose(model(**inputs).last_hidden_state, states, atol=1e-6)


def test_values_per_layer_follow_the_layers(encoders):
    config = encoder.load(str(encoders["modernbert"])).model.config
    config.num_hidden_layers, config.layer_types = 3, ["full_attention", "full_attention", "sliding_attention"]
    model = type(encoder.load(str(encoders["modernbert"])).model)(config)
    keep_layers(model, 2)
    assert model.config.layer_types == ["full_attention", "sliding_attention"]


def test_more_layers_than_there_are_is_an_error(settings):
    with pytest.raises(EmograinError, match=r"cannot keep 3 layers: the encoder has 2 .layers must be at most 2"):
        encoder.load(settings.encoder, layers=3)


def test_a_first_layer_with_other_weights_than_the_kept_one_is_an_error(encoders):
    """ModernBERT's first layer has no norm before its attention."""
    with pytest.raises(EmograinError, match="a first layer has other weights .layers must be at least 2"):
        encoder.load(str(encoders["modernbert"]), layers=1)


@pytest.mark.parametrize("name", ["bert", "roberta", "mpnet"])
def test_a_run_with_fewer_layers_is_loaded_with_them(name, encoders, settings, corpus, tmp_path):
    run = RunFolder(tmp_path / "small")
    train(dataclasses.replace(settings, encoder=str(encoders[name]), layers=1, epochs=1), corpus, run)
    loaded = classifier.load(run)
    assert loaded.method.encoder.config.num_hidden_layers == len(loaded.method.encoder.encoder.layer) == 1
    tuned = encoder.load(str(run.path)).model.state_dict()
    assert all(torch.equal(tuned[name], each) for name, each in loaded.method.encoder.state_dict().items())
