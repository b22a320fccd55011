"""Progress on standard error: a bar on a terminal, otherwise a line every 30 s."""

import io
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from tqdm import tqdm

LOG_INTERVAL = 30.0  # seconds between two lines without a terminal


class Progress:
    """A progress bar with rate and remaining time, or log lines if standard error is not a terminal.

    Args:
        total: Number of units of work; None if unknown.
        unit: Name of the units, such as "texts".
        done: Number of units done before.
        show: Whether to print; False for all processes but the first.
    """

    def __init__(self, total: int | None, unit: str, done: int = 0, show: bool = True):
        self.show = show
        self.terminal = sys.stderr.isatty()
        self.bar = tqdm(
            total=total,
            initial=done,
            unit=f" {unit}",
            disable=not show,
            file=sys.stderr if self.terminal else io.StringIO(),  # without a terminal the bar only counts
            mininterval=0.1 if self.terminal else float("inf"),
            delay=1,  # seconds; shorter work needs no bar
            dynamic_ncols=self.terminal,
            smoothing=0.05,
        )
        self.last_line = time.monotonic()

    def advance(self, units: int, values: Mapping[str, str] | None = None) -> None:
        """Add finished units.

        Args:
            units: Number of units finished since the last call.
            values: Current values to show behind the bar, by name.
        """
        if values:
            self.bar.set_postfix(values, refresh=False)
        self.bar.update(units)
        if self.show and not self.terminal and time.monotonic() - self.last_line >= LOG_INTERVAL:
            self.last_line = time.monotonic()
            self.note(str(self.bar))

    def note(self, text: str) -> None:
        """Print a line that stays above the bar."""
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
