"""Exponential moving average (EMA) of the weights over optimizer steps: less noisy than the last step's weights."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from ..models.classifier import Classifier


def build_ema(classifier: Classifier, decay: float) -> AveragedModel:
    """Build the EMA of a classifier: `ema.module`, updated by every `ema.update_parameters(classifier)`.

    Args:
        classifier: The classifier being trained.
        decay: Upper limit of the decay per step, in (0, 1). It is warmed up by `warmed_up_decay`, so that the
            weights from before the training are forgotten soon.
    """

    @torch.no_grad()
    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor | int) -> None:
        torch._foreach_lerp_(list(averages), list(weights), 1 - warmed_up_decay(int(updates), decay))

    return AveragedModel(classifier, multi_avg_fn=update).requires_grad_(False)


def warmed_up_decay(updates: int, decay: float) -> float:
    """Return the decay of the next update: the weight of the old average in the new one.

    Args:
        updates: Number of updates so far.
        decay: Upper limit of the decay, in (0, 1).

    >>> [round(warmed_up_decay(updates, 0.999), 3) for updates in (0, 10, 1000, 100_000)]
    [0.1, 0.55, 0.991, 0.999]
    """
    return min(decay, (1 + updates) / (10 + updates))
