"""Losses of the main task: binary cross entropy (the paper's), and losses for rare labels. Targets may be soft."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

Loss = Callable[[Tensor, Tensor], Tensor]

FOCUSING = 2.0  # gamma of the focal loss (Lin et al. 2017, section 5.1)
NEGATIVE_FOCUSING, POSITIVE_FOCUSING, SHIFT = 4.0, 1.0, 0.05  # of the asymmetric loss: its authors' implementation


def bce(targets: Tensor) -> Loss:  # noqa: ARG001 - every loss has one signature
    """Binary cross entropy."""
    return _cross_entropy


def weighted_bce(targets: Tensor) -> Loss:
    """Binary cross entropy in which a label's positives weigh as much as its negatives do in all training texts.

    Args:
        targets: Targets of all training texts, (texts, labels); a label without any has weight 1.
    """
    positive = targets.float().sum(dim=0)
    weight = torch.where(positive > 0, (len(targets) - positive) / positive.clamp(min=1e-9), torch.ones_like(positive))

    def loss(logits: Tensor, batch_targets: Tensor) -> Tensor:
        positive_weight = weight.to(logits.device)
        return binary_cross_entropy_with_logits(logits, batch_targets, reduction="none", pos_weight=positive_weight)

    return loss


def focal(targets: Tensor) -> Loss:  # noqa: ARG001
    """Focal loss (Lin et al. 2017), without alpha: cross entropy times the distance to the target to the power gamma.

    For soft targets, the distance is |target - probability| (Li et al. 2020, "Generalized focal loss").
    """

    def loss(logits: Tensor, batch_targets: Tensor) -> Tensor:
        return (batch_targets - logits.sigmoid()).abs() ** FOCUSING * _cross_entropy(logits, batch_targets)

    return loss


def asymmetric(targets: Tensor) -> Loss:  # noqa: ARG001
    """Asymmetric loss (Ridnik et al. 2021, equation 7): negatives are focused more and their probability is shifted."""

    def loss(logits: Tensor, batch_targets: Tensor) -> Tensor:
        probability = logits.sigmoid()
        shifted = (probability - SHIFT).clamp(min=0)
        positive = batch_targets * (1 - probability) ** POSITIVE_FOCUSING * torch.nn.functional.logsigmoid(logits)
        negative = (1 - batch_targets) * shifted**NEGATIVE_FOCUSING * torch.log1p(-shifted)
        return -(positive + negative)

    return loss


LOSSES: dict[str, Callable[[Tensor], Loss]] = {
    "bce": bce,
    "weighted-bce": weighted_bce,
    "focal": focal,
    "asymmetric": asymmetric,
}


def build_loss(name: str, targets: Tensor) -> Loss:
    """Return a function: logits and targets (batch, labels) -> loss per text, the mean over labels (batch,), float32.

    Args:
        name: A key of `LOSSES`.
        targets: Targets of all training texts, (texts, labels), for losses that depend on how frequent labels are.

    >>> build_loss("bce", torch.zeros(1, 2))(torch.zeros(1, 2), torch.tensor([[1, 0]]))
    tensor([0.6931])
    """
    loss = LOSSES[name](targets)
    return lambda logits, batch_targets: loss(logits.float(), batch_targets.float()).mean(dim=1)


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, targets, reduction="none")
