"""AdamW and its learning-rate schedule (§4.3)."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ..models.config import Training

NORM_MARGIN = 1e-5  # clip_grads_with_norm_ adds 1e-6 to the norm


def build_optimizer(model: nn.Module, settings: Training) -> torch.optim.AdamW:
    """Build AdamW with weight decay on matrices. Its learning rate is 0 until `set_learning_rate`."""
    return torch.optim.AdamW(parameter_groups(model, settings.weight_decay), fused=True)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return two groups of parameters: matrices, with weight decay; biases and layer norms, without.

    >>> groups = parameter_groups(nn.Linear(3, 2), weight_decay=0.01)
    >>> [([tuple(parameter.shape) for parameter in group["params"]], group["weight_decay"]) for group in groups]
    [([(2, 3)], 0.01), ([(2,)], 0.0)]
    """
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "lr": 0.0, "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "lr": 0.0, "weight_decay": 0.0},
    ]


def learning_rate_factor(step: int, steps: int, warmup_ratio: float) -> float:
    """Return the fraction of the peak learning rate: linear warm-up, then linear decay to 0.

    Args:
        step: Index of the step, from 0.
        steps: Number of steps of the training.
        warmup_ratio: Fraction of all steps used for warm-up, in [0, 1].

    >>> [round(learning_rate_factor(step, steps=10, warmup_ratio=0.2), 3) for step in (0, 1, 2, 9)]
    [0.5, 1.0, 1.0, 0.125]
    """
    warmup_steps = max(round(warmup_ratio * steps), 1)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return (steps - step) / max(steps - warmup_steps, 1)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of all parameter groups."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def clip_gradients(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Clip the gradients as `torch.nn.utils.clip_grad_norm_` does, which multiplies those below the limit by 1, too.

    Args:
        parameters: The parameters; those without a gradient are left out.
        max_norm: Largest norm of all gradients together.

    Returns:
        The norm before.
    """
    found = [each for each in parameters if each.grad is not None]
    norm = get_total_norm([each.grad for each in found if each.grad is not None])
    if not norm < max_norm - NORM_MARGIN:
        clip_grads_with_norm_(found, max_norm, norm)
    return float(norm)
