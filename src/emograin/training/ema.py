"""An exponential moving average of the weights over optimizer steps: steadier than the last step's."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from ..models.classifier import Classifier


def average_of(classifier: Classifier, decay: float) -> AveragedModel:
    """A second classifier, `average.module`, that follows the first at every `average.update_parameters(classifier)`.

    Args:
        classifier: The one that is trained.
        decay: Share of the average that a step keeps, in (0, 1). Early steps keep less, `decay_at`, so that the
            weights from before the training are soon forgotten.
    """

    @torch.no_grad()
    def follow(averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor | int) -> None:
        torch._foreach_lerp_(list(averages), list(weights), 1 - decay_at(int(updates), decay))

    return AveragedModel(classifier, multi_avg_fn=follow).requires_grad_(False)


def decay_at(updates: int, decay: float) -> float:
    """Share of the average that the next step keeps, after so many.

    >>> [round(decay_at(updates, 0.999), 3) for updates in (0, 10, 1000, 100_000)]
    [0.1, 0.55, 0.991, 0.999]
    """
    return min(decay, (1 + updates) / (10 + updates))
