"""Gradients are clipped as torch clips them."""

import copy

import pytest
import torch
from torch import nn

from emograin.training.optimization import clip_gradients


@pytest.mark.parametrize("share", [0.5, 0.99999999, 1.0, 1.5], ids=["far above", "just above", "at", "below"])
def test_clipped_gradients_are_those_of_torch(share):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 2))
    model(torch.randn(3, 5)).sum().backward()
    unused = nn.Parameter(torch.ones(2))
    ours, theirs = ([*copy_of.parameters(), unused] for copy_of in (with_gradients(model), with_gradients(model)))
    limit = share * float(nn.utils.get_total_norm([each.grad for each in model.parameters()]))
    norm = clip_gradients(ours, limit)
    assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(theirs, limit)))
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=0, atol=0)
    assert unused.grad is None


def with_gradients(model):
    copied = copy.deepcopy(model)
    for one, other in zip(copied.parameters(), model.parameters(), strict=True):
        one.grad = other.grad.clone()
    return copied


def test_a_gradient_that_is_not_finite_has_no_finite_norm():
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.tensor([1.0, torch.nan])
    assert clip_gradients([weight], 1.0) != clip_gradients([weight], 1.0)
