"""The error raised for mistakes the user can fix, with a hint how."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

MAX_ECHO = 200  # characters of the user's input in a message
MAX_MESSAGE = 600  # characters of a message

# An echo of input: between quotes or brackets, or a word.
_ECHO = re.compile(r"""'[^']*'|"[^"]*"|\[[^\]]*\]|[^\s'"\[\]]+""")
# Control characters, those that reorder or break lines on a terminal, and halves of surrogate pairs.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def shortened(text: str, limit: int = MAX_ECHO) -> str:
    """Return a text of at most `limit` characters, cut in the middle.

    >>> shortened("abcdefghij", 7)
    'abc...j'
    """
    if len(text) <= limit:
        return text
    end = (limit - 3) // 4
    return f"{text[: limit - 3 - end]}...{text[len(text) - end :]}"


def escape_controls(text: str) -> str:
    r"""Return a text fit for a terminal: control characters, and those that reorder or break its lines, are escaped.

    >>> escape_controls("\x1b[31mred\u202e")
    '\\x1b[31mred\\u202e'
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(message: str) -> str:
    r"""Return a message fit for a terminal: one line, control characters escaped, and long echoes of input cut.

    >>> one_line("no such file:\n'\x1b[2Jx'")
    "no such file: '\\x1b[2Jx'"
    """
    message = " ".join(filter(None, map(str.strip, re.split("[\r\n]", message))))
    message = escape_controls(message)
    message = _ECHO.sub(lambda found: shortened(found[0]), message)
    return shortened(message, MAX_MESSAGE)


class EmograinError(Exception):
    """A mistake of the user. The command line prints it as one line and exits with 2.

    The message is made fit for a terminal by `one_line`.

    Args:
        message: Description of the mistake, with the value and what was expected.
        hint: Next step for the user, optional.
    """

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(one_line(f"{message} ({hint})" if hint else message))
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
    return EmograinError(
        f"unknown {kind} {str(name)!r}{suggestion}", f"valid: {shortened(', '.join(names), 2 * MAX_ECHO)}"
    )
