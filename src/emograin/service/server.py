"""uvicorn around the app: stops when what was accepted is answered."""

import logging
import signal
import socket
from time import monotonic
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ..common.errors import EmograinError
from .dynamic_batching import BatchingQueue
from .logs import log_to_stderr

LOG = logging.getLogger("emograin.service")
BACKLOG = 1024


class DrainingServer(uvicorn.Server):
    """Goes on listening while accepted requests are computed, so that new ones are told 503 instead of nothing.

    SIGTERM and Ctrl-C start it; Ctrl-C again stops at once.
    """

    def __init__(self, config: uvicorn.Config, queue: BatchingQueue, seconds: float):
        super().__init__(config)
        self.queue, self.seconds = queue, seconds
        self.deadline: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: the first one lets accepted requests finish."""
        if self.deadline is not None:
            super().handle_exit(sig, frame)
            return
        self.deadline = monotonic() + self.seconds
        if sig == signal.SIGINT:
            self._captured_signals.append(sig)  # uvicorn raises it again at the end: Ctrl-C ends as Ctrl-C

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop listening."""
        if self.deadline is not None and not self.queue.closing:
            self.queue.refuse()
            LOG.info("stopping", extra={"fields": {"waiting_texts": self.queue.waiting}})
        if self.deadline is not None and monotonic() > self.deadline:
            self.queue.give_up()
        drained = self.deadline is not None and self.queue.idle
        return await super().on_tick(counter) or drained


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        EmograinError: The port is taken, or not ours to take.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmograinError(f"cannot listen on {host}, port {port}: {reason}", "--host, --port") from None
    # Connections inherit it. asyncio sets it only on sockets that say that their protocol is TCP, which this one does
    # not; without it an answer's second packet waits 40 ms for the client to acknowledge the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def run(app: FastAPI, listening: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what was accepted."""
    log_to_stderr()
    queue, settings = app.state.queue, app.state.settings
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    host, port = listening.getsockname()[:2]
    LOG.info("listening", extra={"fields": {"host": host, "port": port}})
    if settings.api_key is None and host not in ("127.0.0.1", "::1"):
        LOG.warning("everyone who reaches this address may predict: there is no API key")
    DrainingServer(config, queue, settings.drain_seconds).run([listening])
    LOG.info("stopped")
