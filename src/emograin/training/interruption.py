"""Ctrl-C, and what asks a process to end, turned into a wish that a loop grants between two steps."""

import signal
import threading
from types import FrameType
from typing import Any


class StopRequest:
    """Ctrl-C or a termination signal asks for a stop after the step; a second one stops at once.

    Only the main thread may handle signals: elsewhere nothing is ever requested.

    Attributes:
        requested: Whether a signal came.
    """

    def __init__(self) -> None:
        self.requested = False
        self.before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of handlers
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
