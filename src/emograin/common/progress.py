"""What a person sees while something long runs: a bar on a terminal, a line now and then in a log; on stderr."""

import io
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from tqdm import tqdm

PAUSE = 30.0  # seconds between lines where there is no terminal to draw a bar on


class Progress:
    """A bar with rate and time left; where standard error is no terminal, such a line twice a minute.

    Args:
        total: Units of work; None if unknown.
        unit: What a unit is called.
        done: Units done before.
        show: False shows nothing, for processes other than the first.
    """

    def __init__(self, total: int | None, unit: str, done: int = 0, show: bool = True):
        self.show = show
        self.terminal = sys.stderr.isatty()
        self.bar = tqdm(
            total=total,
            initial=done,
            unit=f" {unit}",
            disable=not show,
            file=sys.stderr if self.terminal else io.StringIO(),  # there it only counts
            mininterval=0.1 if self.terminal else float("inf"),
            delay=1,  # what takes less needs no bar
            dynamic_ncols=self.terminal,
            smoothing=0.05,
        )
        self.last = time.monotonic()

    def advance(self, units: int, values: Mapping[str, str] | None = None) -> None:
        """Move on, with values to show behind the bar."""
        if values:
            self.bar.set_postfix(values, refresh=False)
        self.bar.update(units)
        if self.show and not self.terminal and time.monotonic() - self.last >= PAUSE:
            self.last = time.monotonic()
            self.note(str(self.bar))

    def note(self, text: str) -> None:
        """A line that stays."""
        if self.show and self.terminal:
            self.bar.write(text, file=sys.stderr)
        elif self.show:
            print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()
