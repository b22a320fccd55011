"""Run the app under uvicorn, with a graceful shutdown."""

import asyncio
import logging
import signal
import socket
from time import monotonic
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ..common.errors import EmograinError
from .allowed_hosts import AllowedHosts
from .connections import Connection, accept_connections, possible_connections
from .logs import log_to_stderr
from .settings import Settings

LOG = logging.getLogger("emograin.service")
BACKLOG = 1024


class DrainingServer(uvicorn.Server):
    """A server that keeps listening while it finishes accepted requests, so that new ones get 503, not a closed port.

    SIGTERM or Ctrl-C starts the shutdown, Ctrl-C during it stops at once; another SIGTERM changes nothing.

    Args:
        app: The app.
        connections: Maximum number of open connections.
    """

    def __init__(self, app: FastAPI, connections: int):
        settings = app.state.settings
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=settings.drain_seconds,
            proxy_headers=False,  # a client could choose its address with X-Forwarded-For, and with it its share
        )
        super().__init__(config)
        self.queue, self.seconds, self.connections = app.state.queue, settings.drain_seconds, connections
        self.connection = Connection.with_limits(settings)
        self.accepting: list[asyncio.Task[None]] = []
        self.deadline: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's signature)
        """Start the shutdown at the first signal, stop at Ctrl-C during it."""
        if sig == signal.SIGINT and sig not in self._captured_signals:
            self._captured_signals.append(sig)  # uvicorn raises it again at the end, for the exit status of Ctrl-C
        if self.deadline is None:
            self.deadline = monotonic() + self.seconds
        elif sig == signal.SIGINT:
            self.deadline, self.should_exit, self.force_exit = 0.0, True, True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app, then accept connections here instead of in asyncio's server."""
        await super().startup(sockets=[])

        def make() -> asyncio.Protocol:
            return self.connection(self.config, self.server_state, self.lifespan.state)

        for each in sockets or []:
            accepting = accept_connections(each, make, self.server_state.connections, self.connections)
            self.accepting.append(asyncio.create_task(accepting))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, then close the connections."""
        for task in self.accepting:
            task.cancel()
        await asyncio.wait(self.accepting)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop listening. uvicorn calls this ten times per second."""
        if self.deadline is not None and not self.queue.shutting_down:
            self.queue.refuse()
            LOG.info("stopping", extra={"fields": {"waiting_texts": self.queue.waiting}})
        if self.deadline is not None and monotonic() > self.deadline:
            self.queue.fail_pending()
        drained = self.deadline is not None and self.queue.idle
        return await super().on_tick(counter) or drained


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises:
        EmograinError: The port is in use or reserved, or the address is not valid.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EmograinError(f"cannot listen on {host}, port {port}: {reason}", "--host, --port") from None
    # Connections inherit TCP_NODELAY. asyncio sets it only on sockets with an explicit protocol, unlike this one.
    # Without it, the second packet of a response waits 40 ms for the client to acknowledge the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def run(app: FastAPI, listening: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the accepted requests."""
    log_to_stderr()
    settings: Settings = app.state.settings
    host, port = listening.getsockname()[:2]
    connections = possible_connections(settings.connections, listening)
    LOG.info("listening", extra={"fields": {"host": host, "port": port, "connections": connections}})
    if settings.api_key is None and host not in ("127.0.0.1", "::1"):
        LOG.warning("no API key is set: anyone who can reach this address can use the service")
    if AllowedHosts(settings.allowed_hosts).any_address:
        LOG.info("requests may be addressed to localhost, to any IP address, and to names given with --allowed-host")
    DrainingServer(app, connections).run([listening])
    LOG.info("stopped")
