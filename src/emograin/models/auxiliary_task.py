"""The auxiliary task (§3.2, §3.5.1): a second head on the same embeddings, the joint loss (eq. 1), and its T."""

from collections.abc import Callable

from torch import Tensor, nn

# The second head (§3.2.2, §3.5.1)


class AuxiliaryHead(nn.Module):
    """One linear layer over all embeddings of a text: over [CLS] in §3.2, over all labels' embeddings in §3.5.1.

    Args:
        slots: Embeddings per text.
        hidden: Width of the embeddings.
        groups: Number of labels of the auxiliary task.
    """

    def __init__(self, slots: int, hidden: int, groups: int):
        super().__init__()
        self.linear = nn.Linear(slots * hidden, groups)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(batch, slots, hidden) -> logits (batch, groups)."""
        return self.linear(embeddings.flatten(1))


# The joint loss (§3.2.1, eq. 1)


def joint_loss(main: Tensor, auxiliary: Tensor, temperature: float) -> Tensor:
    """Compute L = T * L_main + (1 - T) * L_auxiliary (eq. 1), element by element.

    Args:
        main: Loss of the main task per text, (batch,).
        auxiliary: Loss of the auxiliary task per text, (batch,).
        temperature: T, in [0, 1].

    Returns:
        (batch,).

    >>> import torch
    >>> joint_loss(torch.tensor(1.0), torch.tensor(0.5), temperature=0.8)
    tensor(0.9000)
    """
    return temperature * main + (1 - temperature) * auxiliary


# Schedules of the temperature T (§3.2.1)


def linear(progress: float, alpha: float) -> float:
    """Increase T linearly from alpha to 1.

    Args:
        progress: Fraction of the training that is done, in [0, 1].
        alpha: T at the start, in [0, 1].

    >>> [round(linear(progress, alpha=0.8), 2) for progress in (0, 0.5, 1)]
    [0.8, 0.9, 1.0]
    """
    return alpha + (1 - alpha) * progress


def constant(progress: float, alpha: float) -> float:  # noqa: ARG001 - every schedule has one signature
    """Hold T at alpha: the auxiliary task has the same weight throughout.

    >>> constant(1, alpha=0.8)
    0.8
    """
    return alpha


SCHEDULES: dict[str, Callable[[float, float], float]] = {"linear": linear, "constant": constant}


def temperature_at(step: int, steps: int, schedule: str, alpha: float) -> float:
    """Compute T at a step of a training: its progress is 0 at the first step and 1 at the last.

    Args:
        step: Index of the step, from 0.
        steps: Number of steps of the training.
        schedule: A key of `SCHEDULES`.
        alpha: T at the first step, in [0, 1].

    >>> [round(temperature_at(step, steps=5, schedule="linear", alpha=0.8), 2) for step in range(5)]
    [0.8, 0.85, 0.9, 0.95, 1.0]
    """
    return SCHEDULES[schedule](min(step / max(steps - 1, 1), 1.0), alpha)
