"""Losses of the main task: values by their formulas, gradients that are finite, and what they do to rare labels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch.nn.functional import binary_cross_entropy_with_logits

from emograin.common.errors import EmograinError
from emograin.models import config
from emograin.models.config import Training
from emograin.models.losses import LOSSES, build_loss
from emograin.models.settings_check import check_names

SHAPE = (4, 3)
LOGITS = arrays.arrays(np.float64, SHAPE, elements=st.floats(-8, 8))
TARGETS = arrays.arrays(np.float64, SHAPE, elements=st.sampled_from([0.0, 0.25, 1.0]))


def reference(name, logits, targets, of_all):
    """The formulas in NumPy, averaged over labels."""
    p = 1 / (1 + np.exp(-logits))
    cross_entropy = -(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    if name == "weighted-bce":
        positive = of_all.sum(axis=0)
        weight = np.where(positive > 0, (len(of_all) - positive) / np.maximum(positive, 1e-9), 1)
        return -(weight * targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean(axis=1)
    if name == "focal":
        return (np.abs(targets - p) ** 2 * cross_entropy).mean(axis=1)
    if name == "asymmetric":
        shifted = np.maximum(p - 0.05, 0)
        return -(targets * (1 - p) * np.log(p) + (1 - targets) * shifted**4 * np.log(1 - shifted)).mean(axis=1)
    return cross_entropy.mean(axis=1)


@pytest.mark.parametrize("name", LOSSES)
@given(LOGITS, TARGETS)
def test_losses_are_those_of_their_formulas(name, logits, targets):
    of_all = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0]], dtype=float)
    found = build_loss(name, torch.tensor(of_all))(torch.tensor(logits), torch.tensor(targets))
    np.testing.assert_allclose(found.numpy(), reference(name, logits, targets, of_all), rtol=1e-4, atol=1e-6)


@given(texts=st.integers(1, 6), labels=st.integers(1, 8), seed=st.integers(0, 1000), scale=st.sampled_from([1, 100]))
def test_the_mean_of_binary_cross_entropy_is_the_reduction_of_torch(texts, labels, seed, scale):
    random = np.random.default_rng(seed)
    logits = torch.from_numpy(random.normal(size=(texts, labels)) * scale).float()
    targets = torch.from_numpy(random.integers(0, 2, (texts, labels)).astype(np.uint8))
    each = build_loss("bce", targets)(logits, targets)
    assert each.shape == (texts,)
    torch.testing.assert_close(each.mean(), binary_cross_entropy_with_logits(logits, targets.float()))
    for text in range(texts):
        torch.testing.assert_close(each[text], binary_cross_entropy_with_logits(logits[text], targets[text].float()))


def test_losses_are_computed_in_float32():
    logits = torch.full((1, 3), 0.1, dtype=torch.bfloat16)
    each = build_loss("bce", torch.ones(1, 3))(logits, torch.ones(1, 3))
    assert each.dtype == torch.float32
    torch.testing.assert_close(each, binary_cross_entropy_with_logits(logits.float(), torch.ones(1, 3)).reshape(1))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1.0, 200.0])
def test_gradients_are_finite_and_point_to_the_target(name, size):
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    logits = (size * torch.tensor([[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])).requires_grad_()
    build_loss(name, targets)(logits, targets).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[targets > 0] < 0).all()
    assert (logits.grad[targets == 0] >= 0).all()


@pytest.mark.parametrize("name", ["weighted-bce", "asymmetric"])
def test_a_rare_label_pulls_more_than_with_cross_entropy(name):
    targets = torch.zeros(100, 1)
    targets[0] = 1

    def pull(loss):  # of all texts on a constant logit
        logit = torch.full((1,), -2.0, requires_grad=True)
        build_loss(loss, targets)(logit.expand(100, 1), targets).sum().backward()
        return -float(logit.grad)

    assert pull(name) > 0 > pull("bce")


def test_the_names_without_torch_are_those_with_it():
    assert tuple(LOSSES) == config.LOSSES
    with pytest.raises(EmograinError, match="unknown loss 'focall', did you mean 'focal'"):
        check_names(Training(loss="focall"))
