"""§3.2, §3.5.1: a second head on the same embeddings, and the joint loss (eq. 1)."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


def joint_loss(main: Tensor, auxiliary: Tensor, temperature: float) -> Tensor:
    """L = T * L_main + (1 - T) * L_auxiliary (eq. 1), element by element.

    >>> import torch
    >>> joint_loss(torch.tensor(1.0), torch.tensor(0.5), temperature=0.8)
    tensor(0.9000)
    """
    return temperature * main + (1 - temperature) * auxiliary


def text_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross entropy of each text, averaged over its labels.

    Args:
        logits: (batch, labels).
        targets: (batch, labels), 0 or 1.

    Returns:
        (batch,), in nats.

    >>> import torch
    >>> text_losses(torch.zeros(1, 2), torch.tensor([[1, 0]]))
    tensor([0.6931])
    """
    return binary_cross_entropy_with_logits(logits.float(), targets.float(), reduction="none").mean(dim=1)


class AuxiliaryHead(nn.Module):
    """One linear layer over all slots; with one slot it is §3.2's head, with a slot a label §3.5.1's.

    Args:
        slots: Embeddings a text.
        hidden: Width of the embeddings.
        groups: Labels of the auxiliary task.
    """

    def __init__(self, slots: int, hidden: int, groups: int):
        super().__init__()
        self.linear = nn.Linear(slots * hidden, groups)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(batch, slots, hidden) -> logits (batch, groups)."""
        return self.linear(embeddings.flatten(1))


def linear(progress: float, alpha: float) -> float:
    """T rises in equal steps.

    Args:
        progress: Share of training that is done, in [0, 1].
        alpha: T at the start, in [0, 1].

    >>> [round(linear(progress, alpha=0.8), 2) for progress in (0, 0.5, 1)]
    [0.8, 0.9, 1.0]
    """
    return alpha + (1 - alpha) * progress


def constant(progress: float, alpha: float) -> float:  # noqa: ARG001 - every schedule has one signature
    """T stays at alpha: the auxiliary task keeps its weight to the end.

    >>> constant(1, alpha=0.8)
    0.8
    """
    return alpha


SCHEDULES: dict[str, Callable[[float, float], float]] = {"linear": linear, "constant": constant}
