"""Middleware for every request: allowed hosts, authentication, size limits, logging."""

import asyncio
import hmac
import logging
import re
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .allowed_hosts import AllowedHosts
from .dynamic_batching import BatchingQueue
from .errors import ServiceError, shutting_down
from .metrics import Metrics
from .refusals import Refusals
from .settings import Settings

LOG = logging.getLogger("emograin.service")
GUARDED = ("/v1/", "/metrics")  # prefixes of paths that need the API key
PREDICT = "/v1/predict"
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")  # clients may send any other word
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # valid request ids of clients and proxies
REFUSED = 429
CLIENT_CLOSED_REQUEST = 499  # nginx's status
MAX_DISCARDED_BODIES = 4  # size, in bodies at the limit, that is read and discarded before an error response


class RequestLimits:
    """ASGI middleware around the whole app.

    Args:
        app: The app.
        settings: Limits and API key.
        queue: Queue of texts.
        metrics: Metrics.
        paths: Known paths; others are logged as "-", as they may contain anything.
    """

    def __init__(self, app: ASGIApp, settings: Settings, queue: BatchingQueue, metrics: Metrics, paths: frozenset[str]):
        self.app, self.settings, self.queue, self.metrics, self.paths = app, settings, queue, metrics, paths
        self.in_flight_bytes = 0
        self.refusals = Refusals()
        self.hosts = AllowedHosts(settings.allowed_hosts)
        self.key = settings.api_key.strip().encode() if settings.api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit or reject a request; log and count it either way."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        identity = given if ID.fullmatch(given) else uuid4().hex
        scope["state"] = state = {**scope.get("state", {}), "texts": 0}
        started, status = perf_counter(), CLIENT_CLOSED_REQUEST

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == REFUSED:
                    seconds = float(Headers(raw=message["headers"]).get("retry-after", "1"))
                    self.refusals.add(_client(scope), self._announced_size(headers), seconds)
                MutableHeaders(scope=message).append("x-request-id", identity)
            await send(message)

        try:
            await self._admit(scope, path, headers, receive, answer)
        except asyncio.CancelledError:
            if status != CLIENT_CLOSED_REQUEST or not self.queue.shutting_down:
                raise
            await shutting_down().response()(scope, receive, answer)  # the time to finish requests is over
        except Exception as error:
            LOG.error("failed", exc_info=error, extra={"fields": {"request_id": identity}})
            if status != CLIENT_CLOSED_REQUEST:  # part of a response was sent: uvicorn closes the connection
                raise
            message = "internal error of the service; its log has details"
            await ServiceError(500, "internal", message).response()(scope, receive, answer)
        finally:
            seconds = perf_counter() - started
            path = path if path in self.paths else "-"
            self.metrics.requests.labels(path, str(status)).inc()
            self.metrics.seconds.labels(path).observe(seconds)
            fields = {
                "method": scope["method"] if scope["method"] in HTTP_METHODS else "-",
                "path": path,
                "status": status,
                "texts": state["texts"],
                "milliseconds": round(seconds * 1000, 2),
                "request_id": identity,
            }
            LOG.info("request", extra={"fields": fields})

    async def _admit(self, scope: Scope, path: str, headers: Headers, receive: Receive, send: Send) -> None:
        size = 0
        try:
            if headers.get("host", "") not in self.hosts:
                message = "the Host header names a host that is not allowed (--allowed-host)"
                raise ServiceError(400, "host_not_allowed", message)
            self._check_key(path, headers)
            if path == PREDICT and scope["method"] == "POST":
                await asyncio.sleep(self.refusals.seconds_left(_client(scope), self._announced_size(headers)))
                if self.queue.shutting_down:
                    raise shutting_down()
                size = self._check_size(headers)
        except ServiceError as error:
            if "expect" not in headers:  # otherwise the client waits before it sends the body
                await self._discard_body(receive)
            await error.response()(scope, receive, send)
            return
        self.in_flight_bytes += size
        try:
            await self.app(scope, self._limited(receive), send)
        finally:
            self.in_flight_bytes -= size

    def _check_key(self, path: str, headers: Headers) -> None:
        if self.key is None or not path.startswith(GUARDED):
            return
        kind, _, token = headers.get("authorization", "").partition(" ")
        given = token if kind.lower() == "bearer" else headers.get("x-api-key", "")
        if not hmac.compare_digest(given.strip().encode("latin-1"), self.key):
            message = "expected the API key of the service as Authorization: Bearer KEY or X-API-Key: KEY"
            raise ServiceError(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})

    def _announced_size(self, headers: Headers) -> int:
        """Return the size of a request in bytes: its Content-Length, or the maximum without one.

        In a chunked body, a Content-Length beside it says nothing (RFC 9112, section 6.3).
        """
        given = "" if "transfer-encoding" in headers else headers.get("content-length", "")
        return int(given) if given.isdecimal() else self.settings.body_bytes

    def _check_size(self, headers: Headers) -> int:
        """Return the announced size of a request, if there is space for it."""
        size = self._announced_size(headers)
        if size > self.settings.body_bytes:
            raise self._too_large()
        if self.in_flight_bytes + size > self.settings.held_bytes:
            message = f"requests in flight may hold at most {self.settings.held_bytes} bytes; retry later"
            raise ServiceError(429, "queue_full", message, {"Retry-After": str(self.queue.retry_after())})
        return size

    def _too_large(self) -> ServiceError:
        return ServiceError(413, "body_too_large", f"a request may have at most {self.settings.body_bytes} bytes")

    def _limited(self, receive: Receive) -> Receive:
        """Return a `receive` that rejects a body that is too large or arrives too slowly."""
        size, complete = 0, False
        deadline = asyncio.get_running_loop().time() + self.settings.body_seconds

        async def limited() -> Message:
            nonlocal size, complete
            if complete:  # the next message is the disconnection of the client, at any time
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                reason = f"a request must be sent within {self.settings.body_seconds} s"
                raise ServiceError(408, "too_slow", reason, {"Connection": "close"}) from None
            size += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if size > self.settings.body_bytes:
                if not complete:
                    await self._discard_body(receive)
                raise self._too_large()
            return message

        return limited

    async def _discard_body(self, receive: Receive) -> None:
        """Read the rest of a rejected request: a client that is cut off while sending may never read the response."""
        size = 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while size < MAX_DISCARDED_BODIES * self.settings.body_bytes:
                    message = await receive()
                    size += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return


def route_path(scope: Scope) -> str:
    """Return the path that routes are matched with: without the prefix under which the app is mounted.

    >>> route_path({"path": "/emotions/v1/model", "root_path": "/emotions"}), route_path({"path": "/v1/model"})
    ('/v1/model', '/v1/model')
    """
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if path == prefix or path.startswith(f"{prefix}/") else path


def _client(scope: Scope) -> str | None:
    """Return the address of a client: there is one API key, so clients differ by their address."""
    client = scope.get("client")
    return client[0] if client else None
