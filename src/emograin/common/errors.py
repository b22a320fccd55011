"""One error for every mistake a user can mend, and the words that help to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches


class EmograinError(Exception):
    """The user's mistake: what is wrong, got and expected. The command line prints one line and exits with 2.

    Args:
        message: What is wrong, with the value that was got and what was expected.
        hint: What to do next, optional.
    """

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(f"{message} ({hint})" if hint else message)
        self.hint = hint


class Interrupted(EmograinError):
    """The user stopped it; what was done is kept. The command line exits with 130."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> EmograinError:
    """An error for a name that is not in a registry, with the nearest valid name.

    >>> print(unknown_name("method", "base-line", ["baseline", "label-embedding"]))
    unknown method 'base-line', did you mean 'baseline'? (valid: baseline, label-embedding)
    """
    names = list(valid)
    near = get_close_matches(str(name), names, n=1)
    guess = f", did you mean {near[0]!r}?" if near else ""
    return EmograinError(f"unknown {kind} {str(name)!r}{guess}", f"valid: {', '.join(names)}")
