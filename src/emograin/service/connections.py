"""Connections with deadlines and a limit on their number, which uvicorn does not have.

A connection without a request in progress is idle: it may be new, send a header, or be kept alive. An idle connection
ends after `header_seconds`, and earlier if all connections are in use and another client waits.
"""

import asyncio
import errno
import json
import logging
import socket
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .settings import Limits

LOG = logging.getLogger("emograin.service")
OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
PAUSE = 0.1  # seconds between two attempts to accept a connection, when none is free
LEAST_IDLE = 1.0  # seconds that a connection is idle before another client may replace it
RESERVED_FILES = 32  # that are not connections: the model, logs, pages


class Connection(H11Protocol):
    """A connection that ends if its client sends a header, or reads a response, too slowly.

    `limits` are set by `with_limits`; the other attributes are uvicorn's.
    """

    limits = Limits()
    idle_since: float | None = None  # time of the event loop; None while a request is in progress
    _idle_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None

    @classmethod
    def with_limits(cls, limits: Limits) -> type["Connection"]:
        """Return the class for uvicorn's configuration, with the limits of a service."""
        return type(cls.__name__, (cls,), {"limits": limits})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first header."""
        super().connection_made(transport)
        self._watch_header()

    def data_received(self, data: bytes) -> None:
        """Read a part of a request; stop the deadline at the end of a header."""
        super().data_received(data)
        self._watch_header()

    def on_response_complete(self) -> None:
        """Start the deadline of the next header, unless that is here already."""
        super().on_response_complete()
        self._watch_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        super().connection_lost(exc)
        for timer in (self._idle_timer, self._reading_timer, self.timeout_keep_alive_task):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        """Watch whether the client reads the response, of which too much is in memory."""
        super().pause_writing()
        self._watch_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop watching."""
        super().resume_writing()
        if self._reading_timer is not None:
            self._reading_timer.cancel()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Answer a request that is not HTTP with an error like the others."""
        self._close_with_error(400, "bad_request", "the request is not valid HTTP")

    def _watch_header(self) -> None:
        # After a response, the client may still send the rest of the body; that must not keep the connection open.
        idle = self.conn.their_state is h11.IDLE or (self.cycle is not None and self.cycle.response_complete)
        if idle and self.idle_since is None:
            self.idle_since = self.loop.time()
            self._idle_timer = self.loop.call_later(self.limits.header_seconds, self._header_too_slow)
        elif not idle and self.idle_since is not None:
            self.idle_since = None
            assert self._idle_timer is not None
            self._idle_timer.cancel()

    def _header_too_slow(self) -> None:
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0] and not self.transport.is_closing():
            reason = f"the header of a request must be sent within {self.limits.header_seconds} s"
            self._close_with_error(408, "too_slow", reason)
        self.transport.abort() if self.transport.get_write_buffer_size() else self.transport.close()

    def _watch_reading(self, before: int) -> None:
        def check() -> None:
            left = self.transport.get_write_buffer_size()
            if left < before:
                self._watch_reading(left)
            else:
                self.transport.abort()

        self._reading_timer = self.loop.call_later(self.limits.body_seconds, check)

    def _close_with_error(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"error": {"code": code, "message": message}}, separators=(",", ":")).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        events = (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()


async def accept_connections(
    listening: socket.socket, make: Callable[[], Any], connections: set[Any], most: int
) -> None:
    """Accept connections until cancelled, at most `most` at a time. The others wait in the backlog of the socket.

    asyncio's own server accepts without a limit, and logs thousands of tracebacks per second without a free descriptor.

    Args:
        listening: Listening socket.
        make: Makes the protocol of a connection.
        connections: Open connections; the protocols add and discard themselves.
        most: Maximum number of open connections.
    """
    loop = asyncio.get_running_loop()
    listening.setblocking(False)
    while True:
        while len(connections) >= most:
            LOG.warning("all connections are in use", extra={"fields": {"connections": len(connections)}})
            await _free_one(connections)
        try:
            accepted, _ = await loop.sock_accept(listening)
        except OSError as error:  # also of a client that is gone already
            if error.errno in OUT_OF_RESOURCES:
                LOG.warning("cannot accept a connection", extra={"fields": {"reason": error.strerror}})
                await _free_one(connections)
            continue
        try:
            await loop.connect_accepted_socket(make, accepted)
        except OSError:
            accepted.close()


async def _free_one(connections: set[Any]) -> None:
    """Close the connection that is idle the longest, if there is one, and give others time to end."""
    now = asyncio.get_running_loop().time()
    idle = [each for each in connections if each.idle_since is not None and now - each.idle_since >= LEAST_IDLE]
    if idle:
        min(idle, key=lambda each: each.idle_since).transport.abort()
        await asyncio.sleep(0)
    else:
        await asyncio.sleep(PAUSE)


def possible_connections(wanted: int, listening: socket.socket) -> int:
    """Return how many connections the process can have open, with the files that it has open and needs.

    Args:
        wanted: Maximum number.
        listening: Listening socket, opened after most other files: its descriptor is their number.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, files - listening.fileno() - RESERVED_FILES))
