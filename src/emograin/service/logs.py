"""Logs as JSON, a line an event, on standard error. Never a text of a user, not even within an error's message."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

LOG = logging.getLogger("emograin.service")


class JsonLines(logging.Formatter):
    """A record -> {"time", "level", "event", and the fields given as `extra={"fields": {...}}`}."""

    def format(self, record: logging.LogRecord) -> str:
        """One line. Of an error its kind and places are told, not its message: that may quote what was sent."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            places = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]
            line |= {"error": type(error).__name__, "places": places}
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Ours and uvicorn's logs as JSON lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in [("emograin.service", logging.INFO), ("uvicorn", logging.WARNING)]:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
