"""How the temperature T of the joint loss rises from alpha to 1 during training (§3.2.1, eq. 1)."""

from collections.abc import Callable


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
