"""Turns Ctrl-C and SIGTERM into a flag that a loop checks between steps."""

import signal
import threading
from types import FrameType
from typing import Any


class StopRequest:
    """A context in which Ctrl-C or SIGTERM requests a stop after the current step; a second signal stops at once.

    Only the main thread may handle signals: in other threads `requested` stays False.

    Attributes:
        requested: True after the first signal.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous_handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            signals = (signal.SIGINT, signal.SIGTERM)
            self._previous_handlers = {number: signal.signal(number, self._handle) for number in signals}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of handlers
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
