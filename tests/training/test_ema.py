"""The EMA of the weights: its recurrence and the warm-up of its decay."""

import dataclasses

import pytest
import torch

from emograin.models.classifier import build
from emograin.training.ema import build_ema, warmed_up_decay


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_the_ema_follows_its_recurrence(decay, settings, taxonomy):
    classifier = build(dataclasses.replace(settings, auxiliary="tone"), taxonomy)
    ema = build_ema(classifier, decay)
    expected = None
    for step in range(5):
        with torch.no_grad():
            for parameter in classifier.parameters():
                parameter.add_(torch.randn_like(parameter))
        ema.update_parameters(classifier)
        weights = {name: parameter.detach().clone() for name, parameter in classifier.named_parameters()}
        if expected is None:
            expected = weights  # nothing to average yet
        else:
            step_decay = warmed_up_decay(step, decay)
            expected = {name: step_decay * expected[name] + (1 - step_decay) * weights[name] for name in weights}
    for name, parameter in ema.module.named_parameters():
        torch.testing.assert_close(parameter, expected[name], rtol=1e-5, atol=1e-5)
        assert not parameter.requires_grad


def test_the_decay_rises_to_its_limit():
    decays = [warmed_up_decay(updates, 0.9) for updates in range(200)]
    assert decays == sorted(decays)
    assert decays[0] == 0.1
    assert decays[-1] == 0.9
