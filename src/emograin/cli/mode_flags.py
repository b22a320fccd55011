"""Flags that have an effect in one mode of a command only."""

from ..common.errors import EmograinError


def reject_flags(mode: str, **changed: bool) -> None:
    """Reject flags that would be ignored.

    Args:
        mode: What the flags are for.
        changed: Whether a flag has another value than its default, by its name.

    Raises:
        EmograinError: One has.

    >>> reject_flags("--int8", data=True)
    Traceback (most recent call last):
    emograin.common.errors.EmograinError: --data is for --int8 and would be ignored (leave it out)
    """
    for name, given in changed.items():
        if given:
            raise EmograinError(f"--{name.replace('_', '-')} is for {mode} and would be ignored", "leave it out")
