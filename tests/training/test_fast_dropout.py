"""Dropout from random bits: rate, scale, gradient and seed; attention beside torch's; every encoder uses it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from emograin.models import encoder
from emograin.training import fast_dropout as fast


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.5, 0.9])
def test_the_rate_and_the_scale_are_those_of_dropout(rate):
    torch.manual_seed(0)
    entries = torch.full((400, 1003), 2.0)
    found = fast.dropout(entries, rate)
    dropped = float((found == 0).float().mean())
    spread = (rate * (1 - rate) / entries.numel()) ** 0.5
    assert abs(dropped - rate) < 5 * spread + 2**-17  # the rate is a multiple of 2**-16
    kept = found[found != 0]
    assert torch.allclose(kept, torch.full_like(kept, 2 / (1 - rate)), rtol=1e-4)
    rows = (found == 0).float().mean(dim=1)  # entries are independent: rows have binomial counts
    assert float(rows.std()) == pytest.approx((rate * (1 - rate) / 1003) ** 0.5, rel=0.25)


@given(st.floats(0, 1), st.integers(1, 9), st.booleans(), st.sampled_from([torch.float32, torch.bfloat16]))
@settings(max_examples=40, deadline=None)
def test_what_stays_is_scaled_and_gradients_are_those_of_what_stays(rate, size, inplace, dtype):
    entries = torch.rand(size, 3).add(1).to(dtype).requires_grad_()
    given_entries = entries.clone() if inplace else entries
    found = fast.dropout(given_entries, rate, inplace=inplace)
    assert found.dtype == dtype
    found.sum().backward()
    factors = (found / entries).detach()
    assert torch.allclose(entries.grad, factors, rtol=1e-2)
    assert torch.isfinite(found).all()
    if inplace:
        assert found is given_entries


def test_the_limits_of_the_rate():
    entries = torch.ones(1000)
    assert fast.dropout(entries, 0.0) is entries
    assert fast.dropout(entries, 0.5, training=False) is entries
    assert not fast.dropout(entries, 1.0).any()


def test_the_seed_of_torch_decides():
    torch.manual_seed(3)
    first, second = fast.dropout(torch.ones(500), 0.3), fast.dropout(torch.ones(500), 0.3)
    torch.manual_seed(3)
    assert torch.equal(fast.dropout(torch.ones(500), 0.3), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("masked", [None, "bool", "float"])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_attention_is_that_of_torch(masked, scale):
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, 3, 7, 4, requires_grad=True) for _ in range(3))
    mask = torch.rand(2, 1, 7, 7) > 0.4
    mask[..., 0] = True
    given_mask = {None: None, "bool": mask, "float": torch.zeros(2, 1, 7, 7).masked_fill(~mask, -1e9)}[masked]
    weights, grads = torch.randn(2, 3, 7, 4), []
    for function in (functional.scaled_dot_product_attention, fast.attention):
        found = function(query, key, value, given_mask, scale=scale)
        grads.append([found.detach(), *torch.autograd.grad((found * weights).sum(), (query, key, value))])
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("is_bool", [True, False])
def test_a_query_without_keys_does_no_harm(is_bool):
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, 3, 7, 4, requires_grad=True) for _ in range(3))
    mask = torch.rand(2, 1, 7, 7) > 0.4
    mask[..., 0], mask[:, :, 5] = True, False
    additive = torch.zeros(2, 1, 7, 7).masked_fill(~mask, -torch.inf)
    found = fast.attention(query, key, value, mask if is_bool else additive, dropout_p=0.3)
    grads = torch.autograd.grad(found.sum(), (query, key, value))
    assert all(torch.isfinite(each).all() for each in (found, *grads))
    found = fast.attention(query, key, value, mask if is_bool else additive)
    expected = functional.scaled_dot_product_attention(query, key, value, mask)
    rows = [0, 1, 2, 3, 4, 6]
    torch.testing.assert_close(found[:, :, rows], expected[:, :, rows], rtol=1e-4, atol=1e-6)


def test_attention_in_bf16_is_computed_in_bf16():
    query = torch.randn(1, 2, 5, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = fast.attention(query, query, query)
        expected = functional.scaled_dot_product_attention(query, query, query)
    assert found.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.02)


def test_causal_attention_is_left_to_torch():
    query = torch.randn(1, 2, 5, 4)
    found = fast.attention(query, query, query, is_causal=True)
    torch.testing.assert_close(found, functional.scaled_dot_product_attention(query, query, query, is_causal=True))


def test_every_encoder_drops_out_by_it_and_is_the_same_without_dropout(any_encoder, monkeypatch):
    inputs = {
        "input_ids": torch.tensor([[2, *range(5, 15), 3], [2, 8, 3, *[0] * 9]]),
        "attention_mask": torch.tensor([[1] * 12, [1] * 3 + [0] * 9]),  # padding beyond any local attention
    }
    calls, original = [], fast.dropout

    def counted(*arguments, **options):
        calls.append(options)
        return original(*arguments, **options)

    monkeypatch.setitem(fast.REPLACEMENTS, functional.dropout, counted)
    model = encoder.load(str(any_encoder), dropout=0.1).model.train()
    with fast.fast_dropout("cpu"):
        one, other = (model(**inputs).last_hidden_state for _ in range(2))
    assert calls
    assert not torch.equal(one, other)
    one[:, 0].sum().backward()
    assert all(torch.isfinite(each.grad).all() for each in model.parameters() if each.grad is not None)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.eval()
    with fast.fast_dropout("cpu"):
        found = model(**inputs).last_hidden_state
    expected = model(**inputs).last_hidden_state
    real = inputs["attention_mask"] > 0
    torch.testing.assert_close(found[real], expected[real], rtol=1e-4, atol=1e-5)


def test_other_devices_keep_their_own():
    with fast.fast_dropout("cuda") as mode:
        assert mode is None
