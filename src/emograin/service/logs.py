"""Logs on stderr, one JSON object per event. They never contain user texts, not even in error messages."""

import logging
import sys
import time
import traceback
from collections import deque
from datetime import UTC, datetime
from typing import Any

from ..common.json_text import to_json

LOG = logging.getLogger("emograin.service")
MOST_REPEATED = 10  # warnings or errors with the same text, per period
PERIOD = 60.0  # seconds


class JsonLines(logging.Formatter):
    """Formats a record as {"time", "level", "event", ...} with the fields of `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line. An exception is logged as type and traceback; its message may quote the request."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            line |= {
                "error": type(error).__name__,
                "traceback": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        return to_json(line)


class RateLimit(logging.Filter):
    """Drops a warning or error that was logged `MOST_REPEATED` times in the last `PERIOD` seconds.

    The next one that is not dropped has their number as the field `dropped`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[tuple[str, str], deque[float]] = {}
        self.dropped: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the record."""
        if record.levelno < logging.WARNING:
            return True
        now, kind = time.monotonic(), (record.name, str(record.msg))  # the template: a few, whatever clients send
        times = self.times.setdefault(kind, deque(maxlen=MOST_REPEATED))
        if len(times) == MOST_REPEATED and now - times[0] < PERIOD:
            self.dropped[kind] = self.dropped.get(kind, 0) + 1
            return False
        times.append(now)
        if dropped := self.dropped.pop(kind, 0):
            record.fields = {**getattr(record, "fields", {}), "dropped": dropped}
        return True


def log_to_stderr() -> None:
    """Write the logs of the service, of uvicorn and of asyncio to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(RateLimit())
    for name, level in [("emograin.service", logging.INFO), ("uvicorn", logging.WARNING), ("asyncio", logging.WARNING)]:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
