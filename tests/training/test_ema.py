"""The average of the weights: the recurrence it follows."""

import dataclasses

import pytest
import torch

from emograin.models.classifier import build
from emograin.training.ema import average_of, decay_at


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_the_average_follows_the_weights_by_its_recurrence(decay, settings, taxonomy):
    classifier = build(dataclasses.replace(settings, auxiliary="tone"), taxonomy)
    average = average_of(classifier, decay)
    expected = None
    for step in range(5):
        with torch.no_grad():
            for parameter in classifier.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.update_parameters(classifier)
        weights = {name: parameter.detach().clone() for name, parameter in classifier.named_parameters()}
        if expected is None:
            expected = weights  # nothing to average yet
        else:
            keep = decay_at(step, decay)
            expected = {name: keep * expected[name] + (1 - keep) * weights[name] for name in weights}
    for name, parameter in average.module.named_parameters():
        torch.testing.assert_close(parameter, expected[name], rtol=1e-5, atol=1e-5)
        assert not parameter.requires_grad


def test_the_decay_rises_to_its_limit():
    decays = [decay_at(updates, 0.9) for updates in range(200)]
    assert decays == sorted(decays)
    assert decays[0] == 0.1
    assert decays[-1] == 0.9
