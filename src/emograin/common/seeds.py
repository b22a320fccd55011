"""Check of the seeds that users give."""

from .errors import EmograinError


def check_seed(seed: int) -> int:
    """Return a seed of NumPy's generators.

    Raises:
        EmograinError: It is negative.
    """
    if seed < 0:
        raise EmograinError(f"seed must be at least 0, got {seed}")
    return seed
