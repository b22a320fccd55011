"""bf16 is chosen where it is faster, and choosing it changes no random numbers."""

import pytest
import torch

from emograin.training import precision
from emograin.training.precision import autocast, is_faster_in_bf16


@pytest.mark.skipif(torch.cpu._is_amx_tile_supported(), reason="AMX is taken unmeasured")
@pytest.mark.parametrize(("ratio", "expected"), [(0.5, False), (1.2, False), (3.0, True)])
def test_avx_512_products_are_measured(monkeypatch, ratio, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "_seconds_per_product", lambda dtype: ratio if dtype == torch.float32 else 1.0)
    precision._cpu_products_are_faster_in_bf16.cache_clear()
    try:
        assert is_faster_in_bf16("cpu") is expected
        assert torch.is_autocast_enabled("cpu") is False
        with autocast("auto", "cpu"):
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
