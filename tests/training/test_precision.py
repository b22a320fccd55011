"""bf16 is chosen where it is faster, and choosing it changes no random numbers."""

import dataclasses
import json

import pytest
import torch

from emograin.models.run_folder import RunFolder
from emograin.models.tensor_files import read_tensors, save_tensors
from emograin.training import loop, precision
from emograin.training.precision import autocast, is_faster_in_bf16, resolve_precision


@pytest.mark.skipif(torch.cpu._is_amx_tile_supported(), reason="AMX is taken unmeasured")
@pytest.mark.parametrize(("ratio", "expected"), [(0.5, False), (1.2, False), (3.0, True)])
def test_avx_512_products_are_measured(monkeypatch, ratio, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "_seconds_per_product", lambda dtype: ratio if dtype == torch.float32 else 1.0)
    precision._cpu_products_are_faster_in_bf16.cache_clear()
    try:
        assert is_faster_in_bf16("cpu") is expected
        assert torch.is_autocast_enabled("cpu") is False
        with autocast(resolve_precision("auto", "cpu"), "cpu"):
            assert torch.is_autocast_enabled("cpu") is expected
    finally:
        precision._cpu_products_are_faster_in_bf16.cache_clear()


def test_the_choice_leaves_random_numbers_and_threads_as_they_were():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    precision._cpu_products_are_faster_in_bf16.cache_clear()
    is_faster_in_bf16("cpu")
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_a_processor_without_bf16_takes_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert not is_faster_in_bf16("cpu")


@pytest.fixture
def stopped(settings, corpus, tmp_path, monkeypatch):
    """Settings and folder of a training in bf16 that was stopped after its first checkpoint."""
    chosen, run, save = dataclasses.replace(settings, precision="auto"), RunFolder(tmp_path / "run"), loop.save

    def save_and_stop(prepared):
        save(prepared)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(precision, "is_faster_in_bf16", lambda _: True)
        patch.setattr(loop, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            loop.train(chosen, corpus, run)
    return chosen, run


def test_a_resumed_training_keeps_the_precision_that_it_began_with(stopped, corpus, tmp_path, monkeypatch):
    chosen, run = stopped
    monkeypatch.setattr(precision, "is_faster_in_bf16", lambda _: False)
    loop.train(chosen, corpus, run, resume=True)
    whole, other = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "other")
    loop.train(dataclasses.replace(chosen, precision="bf16"), corpus, whole)
    loop.train(chosen, corpus, other)
    weights = [read_tensors(each.checkpoint)[0] for each in (run, whole, other)]
    same = [all(torch.equal(each[name], weights[0][name]) for name in weights[0]) for each in weights]
    assert same == [True, True, False]


def test_a_checkpoint_without_a_precision_is_resumed(stopped, corpus):
    chosen, run = stopped
    tensors, metadata = read_tensors(run.checkpoint)
    state = {name: value for name, value in json.loads(metadata["state"]).items() if name != "precision"}
    save_tensors(run.checkpoint, tensors, metadata | {"state": json.dumps(state)})
    assert loop.train(chosen, corpus, run, resume=True)["texts"] == 20
