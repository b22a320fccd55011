"""What a person sees while something long runs: a bar on a terminal, a line now and then in a log; on stderr."""

import sys
from collections.abc import Mapping
from types import TracebackType

from tqdm import tqdm


class Progress:
    """A bar with the time left, or, where standard error is no terminal, only the lines of `note`.

    Args:
        total: Units of work; None if unknown.
        unit: What a unit is called.
        done: Units done before.
        show: False shows nothing, for processes other than the first.
    """

    def __init__(self, total: int | None, unit: str, done: int = 0, show: bool = True):
        self.show = show
        hidden = not (show and sys.stderr.isatty())
        self.bar = tqdm(total=total, initial=done, unit=f" {unit}", disable=hidden, dynamic_ncols=True, smoothing=0.05)

    def advance(self, units: int, values: Mapping[str, str] | None = None) -> None:
        """Move on, with values to show behind the bar."""
        if values:
            self.bar.set_postfix(values, refresh=False)
        self.bar.update(units)

    def note(self, text: str) -> None:
        """A line that stays."""
        if self.show:
            self.bar.write(text, file=sys.stderr)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()
