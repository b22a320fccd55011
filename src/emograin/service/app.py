"""The app: routes, and the errors of what lies behind them. Nothing is shared between two apps."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import APIKeyHeader, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import __version__
from ..prediction.predictor import POLICY
from .dynamic_batching import BatchingQueue, Job
from .errors import Refusal, closing
from .metrics import Metrics
from .middleware import GUARDED, PREDICT, UNANSWERED, Gate
from .pages import add_pages
from .schema import ErrorResponse, ModelResponse, PredictResponse, StatusResponse, parse, request_model, request_schema
from .served_model import Scored, ServedModel
from .settings import Settings

CODES = {404: "not_found", 405: "method_not_allowed"}
SLICE = 64  # predictions that are written at once; the loop serves others in between


def create_app(model: ServedModel, settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI app.

    Args:
        model: What predicts.
        settings: The limits.

    Returns:
        The app; `app.state.queue` is where texts wait.
    """
    settings = settings or Settings()
    metrics = Metrics(lambda: queue.waiting)
    queue = BatchingQueue(model.score, settings.batch_texts, settings.queue_texts, metrics.batches.observe)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = asyncio.create_task(queue.work(model.warm_up))
        yield
        await queue.close(settings.drain_seconds, work)

    app = FastAPI(
        title="emograin",
        description="Fine-grained emotions in text, several at once.",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": ErrorResponse, "description": "Not done, and why."}},
    )
    app.state.queue, app.state.settings = queue, settings
    _add_predict(app, model, settings, queue, metrics)
    _add_about(app, model, settings, queue, metrics)
    add_pages(app)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _no_such)
    app.add_exception_handler(ClientDisconnect, _left)
    paths = frozenset(str(getattr(route, "path", "-")) for route in app.routes)
    app.add_middleware(Gate, settings=settings, queue=queue, metrics=metrics, paths=paths)
    return app


def _security(path: str, settings: Settings) -> list[Any]:
    """What OpenAPI says of the key; the gate is what checks it, before anything is read."""
    if settings.api_key is None or not path.startswith(GUARDED):
        return []
    return [Security(HTTPBearer(auto_error=False)), Security(APIKeyHeader(name="X-API-Key", auto_error=False))]


def _errors(settings: Settings, **what: str) -> dict[int | str, dict[str, Any]]:
    """Errors for OpenAPI, by status as s401="why"."""
    if settings.api_key is not None:
        what["s401"] = "The API key is missing or wrong."
    return {int(status[1:]): {"model": ErrorResponse, "description": text} for status, text in what.items()}


def _add_predict(app: FastAPI, model: ServedModel, settings: Settings, queue: BatchingQueue, metrics: Metrics) -> None:
    default = POLICY if POLICY in model.thresholds else next(iter(model.thresholds))
    asked = request_model(model.thresholds, default, settings)
    thresholds = {name: np.asarray(values, dtype=np.float32) for name, values in model.thresholds.items()}
    body = {"required": True, "content": {"application/json": {"schema": request_schema(asked)}}}
    errors = _errors(
        settings,
        s408="The request was sent too slowly.",
        s413="The request is too large.",
        s415="The request is not JSON.",
        s422="The request is not what it must be, or the model cannot do it.",
        s429="The queue is full.",
        s503="The service is stopping.",
    )

    @app.post(
        PREDICT,
        response_model=PredictResponse,
        responses=errors,
        dependencies=_security(PREDICT, settings),
        openapi_extra={"requestBody": body},
        summary="The emotions of one text or many",
    )
    async def predict(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "not_json", "expected Content-Type: application/json")
        wanted = parse(asked, await request.body())
        if wanted.explain and not model.explains:
            raise Refusal(422, "no_explanations", "this model gives no explanations")
        texts = wanted.all_texts
        request.state.texts = len(texts)
        job = queue.submit(texts, wanted.explain)
        await _answered(request, job, queue)
        if job.answer.cancelled():
            return Response(status_code=UNANSWERED)  # nobody reads it
        results = job.answer.result()
        metrics.texts.inc(len(texts))
        policy, values = wanted.thresholds, thresholds[wanted.thresholds]
        predictions: list[dict[str, Any]] = []
        for start in range(0, len(results), SLICE):
            rows = results[start : start + SLICE]
            predictions += [
                _prediction(row, at, model.labels, values, wanted.all_scores) for at, row in enumerate(rows, start)
            ]
            await asyncio.sleep(0)
        return JSONResponse({"model": model.name, "thresholds": policy, "predictions": predictions})


async def _answered(request: Request, job: Job, queue: BatchingQueue) -> None:
    """Wait for a request's answer; where its client leaves before, or we are cancelled, its texts are dropped."""
    leaving = asyncio.ensure_future(request.receive())
    awaited: list[asyncio.Future[Any]] = [leaving, job.answer]
    try:
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not job.answer.done():
            queue.drop(job)


def _prediction(
    row: Scored, at: int, labels: Sequence[str], thresholds: np.ndarray, all_scores: bool
) -> dict[str, Any]:
    """What is answered of one text.

    Raises:
        Refusal: The text cannot be read.
    """
    if row.error is not None:
        raise Refusal(422, "invalid_request", f"texts[{at}]: {row.error}")
    order = [place for place in np.argsort(-row.scores, kind="stable") if row.scores[place] >= thresholds[place]]
    found = [
        {"label": labels[at], "score": _rounded(row.scores[at]), "threshold": _rounded(thresholds[at])} for at in order
    ]
    made: dict[str, Any] = {"labels": found, "cut": row.cut, "words": None}
    if all_scores:
        made["scores"] = {label: _rounded(score) for label, score in zip(labels, row.scores, strict=True)}
    if row.words is not None:
        made["words"] = {labels[at]: [dict(word) for word in row.words.get(labels[at], [])] for at in order}
    return made


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def _add_about(app: FastAPI, model: ServedModel, settings: Settings, queue: BatchingQueue, metrics: Metrics) -> None:
    @app.get(
        "/v1/model",
        response_model=ModelResponse,
        responses=_errors(settings),
        dependencies=_security("/v1/model", settings),
        summary="The model and its card",
    )
    async def about() -> Response:
        return JSONResponse(model.describe() | {"limits": settings.told()})

    @app.get("/healthz", response_model=StatusResponse, summary="Whether the process lives")
    async def healthy() -> Response:
        return JSONResponse({"status": "ok"})

    unready: dict[int | str, dict[str, Any]] = {503: {"model": ErrorResponse, "description": "Not yet, or no more."}}

    @app.get("/readyz", response_model=StatusResponse, responses=unready, summary="Whether to send requests")
    async def ready() -> Response:
        if queue.closing:
            raise closing()
        if not queue.ready:
            raise Refusal(503, "warming_up", "the model is being warmed up", {"Retry-After": "1"})
        return JSONResponse({"status": "ready"})

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **_errors(settings)},
        dependencies=_security("/metrics", settings),
        summary="Counts, for Prometheus",
    )
    async def counts() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal.response()


async def _no_such(_: Request, error: Exception) -> Response:
    """Starlette's own: no such path, no such method."""
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "bad_request")
    return Refusal(error.status_code, code, code.replace("_", " "), error.headers).response()


async def _left(_: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's signature
    """The client left while it sent its request."""
    return Response(status_code=UNANSWERED)
