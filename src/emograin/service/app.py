"""The ASGI app: routes and error handlers. Apps share no state."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import __version__
from ..evaluation.policies import DEFAULT_POLICY
from ..evaluation.thresholds import predicted_labels
from .dynamic_batching import BatchingQueue, Job
from .errors import ServiceError, shutting_down
from .metrics import Metrics
from .middleware import CLIENT_CLOSED_REQUEST, GUARDED, PREDICT, RequestLimits
from .options import Options
from .pages import add_pages
from .schema import (
    ErrorResponse,
    ModelResponse,
    PredictResponse,
    StatusResponse,
    build_request_model,
    build_request_schema,
    parse_request,
)
from .served_model import Scored, ServedModel
from .settings import Settings

ERROR_CODES = {404: "not_found", 405: "method_not_allowed"}
CHUNK = 16  # texts or segments whose JSON is built at once; in between, the event loop serves other requests
CHARACTERS_PER_BLOCK = 2**18  # characters that are sent at once


def create_app(model: ServedModel, settings: Settings | None = None) -> FastAPI:
    """Create the service as an ASGI app.

    Args:
        model: Model to serve.
        settings: Limits and API key.

    Returns:
        The app; `app.state.queue` is its queue of texts.
    """
    settings = settings or Settings()
    metrics = Metrics(lambda: queue.waiting)
    queue = BatchingQueue(
        model.score,
        settings.batch_texts,
        settings.queue_texts,
        metrics.batches.observe,
        settings.batch_tokens,
        model.cost,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = queue.start(model.warm_up)
        yield
        await queue.close(settings.drain_seconds, worker)

    app = FastAPI(
        title="emograin",
        description="Fine-grained, multi-label emotion classification of texts.",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": ErrorResponse, "description": "An error."}},
    )
    app.state.queue, app.state.settings = queue, settings
    _add_predict(app, model, settings, queue, metrics)
    _add_status(app, model, settings, queue, metrics)
    add_pages(app)
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _client_disconnected)
    paths = frozenset(str(getattr(route, "path", "-")) for route in app.routes)
    app.add_middleware(RequestLimits, settings=settings, queue=queue, metrics=metrics, paths=paths)
    return app


def _security(path: str, settings: Settings) -> list[Any]:
    """Describe the API key for OpenAPI. The middleware checks it before the body is read."""
    if settings.api_key is None or not path.startswith(GUARDED):
        return []
    return [Security(HTTPBearer(auto_error=False)), Security(APIKeyHeader(name="X-API-Key", auto_error=False))]


def _error_responses(settings: Settings, **descriptions: str) -> dict[int | str, dict[str, Any]]:
    """Describe errors for OpenAPI, given as s401="description"."""
    if settings.api_key is not None:
        descriptions["s401"] = "The API key is missing or wrong."
    return {int(status[1:]): {"model": ErrorResponse, "description": text} for status, text in descriptions.items()}


def _add_predict(app: FastAPI, model: ServedModel, settings: Settings, queue: BatchingQueue, metrics: Metrics) -> None:
    default = DEFAULT_POLICY if DEFAULT_POLICY in model.thresholds else next(iter(model.thresholds))
    request_type = build_request_model(model.thresholds, default, settings)
    thresholds = {name: np.asarray(values, dtype=np.float32) for name, values in model.thresholds.items()}
    body = {"required": True, "content": {"application/json": {"schema": build_request_schema(request_type)}}}
    errors = _error_responses(
        settings,
        s408="The request was sent too slowly.",
        s413="The request is too large.",
        s415="The request is not JSON.",
        s422="The request is invalid, or the model does not support it.",
        s429="The queue is full.",
        s503="The service is shutting down.",
    )

    @app.post(
        PREDICT,
        response_model=PredictResponse,
        responses=errors,
        dependencies=_security(PREDICT, settings),
        openapi_extra={"requestBody": body},
        summary="Predict the emotions of texts",
    )
    async def predict(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise ServiceError(415, "not_json", "expected Content-Type: application/json")
        query = parse_request(request_type, await request.body())
        if query.explain and not model.explains:
            raise ServiceError(422, "no_explanations", "this model does not support explain")
        texts = query.all_texts
        request.state.texts = len(texts)
        # There is one API key, so clients differ by their address.
        options = Options(query.explain, query.segments, query.windows)
        queue.start(model.warm_up)  # an app that is mounted in another one is not told of the start
        job = queue.submit(texts, options, request.client.host if request.client else None)
        await _wait(request, job, queue)
        if job.answer.cancelled():
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        results = job.answer.result()
        metrics.texts.inc(len(texts))
        for index, row in enumerate(results):
            if row.error is not None:
                raise ServiceError(422, "invalid_request", f"texts[{index}]: {row.error}")
        policy, values = query.thresholds, thresholds[query.thresholds]
        head = _dumps({"model": model.name, "thresholds": policy})[:-1]
        parts = _prediction_parts(results, model.labels, values, query.all_scores, query.at_least_one)
        return await _respond(_in_blocks(f'{head},"predictions":[', parts, "]}"))


def _prediction_parts(
    results: Sequence[Scored], labels: Sequence[str], thresholds: np.ndarray, all_scores: bool, at_least_one: bool
) -> Iterator[str]:
    """Yield the predictions as JSON, with commas between them, in small parts."""
    for index, row in enumerate(results):
        content = _scores_to_json(row.scores, labels, thresholds, all_scores, at_least_one)
        content |= {"truncated": row.truncated, "words": None}
        if row.words is not None:
            found = (each["label"] for each in content["labels"])
            content["words"] = {label: [dict(word) for word in row.words.get(label, [])] for label in found}
        yield f'{"," if index else ""}{_dumps(content)[:-1]},"segments":'
        if row.segments is None:
            yield "null}"
            continue
        yield "["
        for at, ((start, end), scores) in enumerate(zip(row.segments.spans.tolist(), row.segments.scores, strict=True)):
            segment = {"start": start, "end": end} | _scores_to_json(scores, labels, thresholds, all_scores)
            yield f"{',' if at else ''}{_dumps(segment)}"
        yield "]}"


async def _in_blocks(head: str, parts: Iterable[str], tail: str) -> AsyncIterator[bytes]:
    """Join parts to blocks of some size; between them, the event loop serves other requests."""
    block, size = [head], 0
    for count, part in enumerate(parts, start=1):
        block.append(part)
        size += len(part)
        if size >= CHARACTERS_PER_BLOCK:
            yield "".join(block).encode()
            block, size = [], 0
        if count % CHUNK == 0:
            await asyncio.sleep(0)
    yield "".join([*block, tail]).encode()


async def _respond(blocks: AsyncIterator[bytes]) -> Response:
    """Return a response of known length if there is one block, else one that is built while it is sent."""
    first = await anext(blocks)
    second = await anext(blocks, None)
    if second is None:
        return Response(first, media_type="application/json")

    async def all_blocks() -> AsyncIterator[bytes]:
        yield first
        yield second
        async for block in blocks:
            yield block

    return StreamingResponse(all_blocks(), media_type="application/json")


async def _wait(request: Request, job: Job, queue: BatchingQueue) -> None:
    """Wait for the answer to a request; cancel its texts if the client disconnects or this task is cancelled."""
    disconnect = asyncio.ensure_future(request.receive())
    awaited: list[asyncio.Future[Any]] = [disconnect, job.answer]
    try:
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        disconnect.cancel()
        if not job.answer.done():
            queue.cancel(job)


def _scores_to_json(
    scores: np.ndarray, labels: Sequence[str], thresholds: np.ndarray, all_scores: bool, at_least_one: bool = False
) -> dict[str, Any]:
    """Return the labels that reach their thresholds, with their scores, and on request all scores."""
    (predicted,) = predicted_labels(scores[np.newaxis], thresholds, at_least_one)
    content: dict[str, Any] = {
        "labels": [
            {"label": labels[at], "score": _rounded(scores[at]), "threshold": _rounded(thresholds[at])}
            for at in predicted
        ]
    }
    if all_scores:
        content["scores"] = {label: _rounded(score) for label, score in zip(labels, scores, strict=True)}
    return content


def _dumps(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def _add_status(app: FastAPI, model: ServedModel, settings: Settings, queue: BatchingQueue, metrics: Metrics) -> None:
    @app.get(
        "/v1/model",
        response_model=ModelResponse,
        responses=_error_responses(settings),
        dependencies=_security("/v1/model", settings),
        summary="Describe the model, its card and the limits",
    )
    async def describe_model() -> Response:
        return JSONResponse(model.metadata() | {"limits": settings.public()})

    @app.get("/healthz", response_model=StatusResponse, summary="Liveness check")
    async def check_liveness() -> Response:
        return JSONResponse({"status": "ok"})

    unready: dict[int | str, dict[str, Any]] = {
        503: {"model": ErrorResponse, "description": "Warming up or shutting down."}
    }

    @app.get("/readyz", response_model=StatusResponse, responses=unready, summary="Readiness check")
    async def check_readiness() -> Response:
        queue.start(model.warm_up)
        if queue.shutting_down:
            raise shutting_down()
        if not queue.ready:
            raise ServiceError(503, "warming_up", "the model is warming up", {"Retry-After": "1"})
        return JSONResponse({"status": "ready"})

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **_error_responses(settings)},
        dependencies=_security("/metrics", settings),
        summary="Metrics for Prometheus",
    )
    async def expose_metrics() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return error.response()


async def _http_error(_: Request, error: Exception) -> Response:
    """Convert Starlette's errors: unknown path, wrong method."""
    assert isinstance(error, HTTPException)
    code = ERROR_CODES.get(error.status_code, "bad_request")
    return ServiceError(error.status_code, code, code.replace("_", " "), error.headers).response()


async def _client_disconnected(_: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's signature
    """Handle a client that disconnects while it sends its request."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)
