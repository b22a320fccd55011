"""What every request passes first: who may come in, how much they may send; and what is written down of them."""

import asyncio
import hmac
import logging
import re
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .dynamic_batching import BatchingQueue
from .errors import Refusal, closing
from .metrics import Metrics
from .settings import Settings

LOG = logging.getLogger("emograin.service")
GUARDED = ("/v1/", "/metrics")  # beginnings of paths that need the key
PREDICT = "/v1/predict"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")  # others may spell anything
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # a request id that a proxy gave
UNANSWERED = 499  # nginx's for a client that left
UNREAD = 4  # bodies at their limit that are read and thrown away, so that the client reads why


class Gate:
    """ASGI middleware around the whole app.

    Args:
        app: What is behind.
        settings: The limits.
        queue: Where texts wait.
        metrics: The counts.
        paths: The paths that there are; others are told as "-", as they may hold anything.
    """

    def __init__(self, app: ASGIApp, settings: Settings, queue: BatchingQueue, metrics: Metrics, paths: frozenset[str]):
        self.app, self.settings, self.queue, self.metrics, self.paths = app, settings, queue, metrics, paths
        self.held = 0  # bytes of requests that are read or answered
        self.key = settings.api_key.strip().encode() if settings.api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or refuse it; log and count it either way."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        identity = given if ID.fullmatch(given) else uuid4().hex
        scope["state"] = state = {**scope.get("state", {}), "texts": 0}
        started, status = perf_counter(), UNANSWERED

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).append("x-request-id", identity)
            await send(message)

        try:
            await self._admit(scope, headers, receive, answer)
        except Exception as error:
            LOG.error("failed", exc_info=error, extra={"fields": {"request_id": identity}})
            if status != UNANSWERED:  # half an answer is out: uvicorn cuts the connection
                raise
            message = "this is a fault of the service, not yours; its log says more"
            await Refusal(500, "internal", message).response()(scope, receive, answer)
        finally:
            seconds = perf_counter() - started
            path = scope["path"] if scope["path"] in self.paths else "-"
            self.metrics.requests.labels(path, str(status)).inc()
            self.metrics.seconds.labels(path).observe(seconds)
            fields = {
                "method": scope["method"] if scope["method"] in METHODS else "-",
                "path": path,
                "status": status,
                "texts": state["texts"],
                "milliseconds": round(seconds * 1000, 2),
                "request_id": identity,
            }
            LOG.info("request", extra={"fields": fields})

    async def _admit(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        held = 0
        try:
            self._check_key(scope["path"], headers)
            if scope["path"] == PREDICT and scope["method"] == "POST":
                if self.queue.closing:
                    raise closing()
                held = self._reserve(headers)
        except Refusal as refusal:
            if "expect" not in headers:  # else the client waits with its body
                await self._throw_away(receive)
            await refusal.response()(scope, receive, send)
            return
        self.held += held
        try:
            await self.app(scope, self._limited(receive), send)
        finally:
            self.held -= held

    def _check_key(self, path: str, headers: Headers) -> None:
        if self.key is None or not path.startswith(GUARDED):
            return
        kind, _, token = headers.get("authorization", "").partition(" ")
        given = token if kind.lower() == "bearer" else headers.get("x-api-key", "")
        if not hmac.compare_digest(given.strip().encode("latin-1"), self.key):
            message = "expected the service's API key, as Authorization: Bearer KEY or X-API-Key: KEY"
            raise Refusal(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})

    def _reserve(self, headers: Headers) -> int:
        """Bytes that a request may take up: what it says, or all that it may."""
        said = headers.get("content-length", "")
        size = int(said) if said.isdecimal() else self.settings.body_bytes
        if size > self.settings.body_bytes:
            raise self._too_large()
        if self.held + size > self.settings.held_bytes:
            message = f"requests in flight take up {self.settings.held_bytes} bytes at most; come back later"
            raise Refusal(429, "queue_full", message, {"Retry-After": str(self.queue.retry_after())})
        return size

    def _too_large(self) -> Refusal:
        return Refusal(413, "body_too_large", f"a request has at most {self.settings.body_bytes} bytes")

    def _limited(self, receive: Receive) -> Receive:
        """`receive` that refuses a body which is too long, or takes too long to come."""
        size, whole = 0, False
        deadline = asyncio.get_running_loop().time() + self.settings.body_seconds

        async def limited() -> Message:
            nonlocal size, whole
            if whole:  # what comes next is the client's leaving, whenever that is
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                message_ = f"a request must be sent within {self.settings.body_seconds} s"
                raise Refusal(408, "too_slow", message_, {"Connection": "close"}) from None
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > self.settings.body_bytes:
                if not whole:
                    await self._throw_away(receive)
                raise self._too_large()
            return message

        return limited

    async def _throw_away(self, receive: Receive) -> None:
        """Read what a refused client still sends: one that is cut off while it sends may never read the answer."""
        size = 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while size < UNREAD * self.settings.body_bytes:
                    message = await receive()
                    size += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return
