"""The error raised for mistakes the user can fix, with a hint how."""

from collections.abc import Iterable
from difflib import get_close_matches


class EmograinError(Exception):
    """A mistake of the user. The command line prints it as one line and exits with 2.

    Args:
        message: Description of the mistake, with the value and what was expected.
        hint: Next step for the user, optional.
    """

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(f"{message} ({hint})" if hint else message)
        self.hint = hint


class Interrupted(EmograinError):
    """An interruption by the user after the work so far was saved. The command line exits with 130."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> EmograinError:
    """Return an error for a name that is not in a registry, with the closest valid name.

    Args:
        kind: Type of the name, such as "method".
        name: Unknown name.
        valid: All valid names.

    >>> print(unknown_name("method", "base-line", ["baseline", "label-embedding"]))
    unknown method 'base-line', did you mean 'baseline'? (valid: baseline, label-embedding)
    """
    names = list(valid)
    close = get_close_matches(str(name), names, n=1)
    suggestion = f", did you mean {close[0]!r}?" if close else ""
    return EmograinError(f"unknown {kind} {str(name)!r}{suggestion}", f"valid: {', '.join(names)}")
