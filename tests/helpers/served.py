"""What the tests of the service share: a predictor that records its calls, and an app that runs without a socket."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI

from emograin.prediction.predictor import Prediction, Predictions
from emograin.service.app import create_app
from emograin.service.served_model import ServedModel
from emograin.service.server import listen
from emograin.service.server import run as run_server
from emograin.service.settings import Settings

LABELS = ("joy", "anger", "neutral")
THRESHOLDS = {"fixed": [0.3] * 3, "global": [0.5] * 3, "per-label": [0.2, 0.6, 0.4]}


def scores_of(text: str) -> list[float]:
    """Scores that tell texts apart: of the text's length and its first character."""
    return [len(text) % 10 / 10, ord(text[0]) % 10 / 10, (len(text) + ord(text[0])) % 10 / 10]


class Recorder:
    """Predicts with `scores_of`; each call waits until it may go on, and takes as long as told."""

    labels = LABELS

    def __init__(self, seconds: float = 0.0):
        self.seconds = seconds
        self.calls: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.threads: set[int] = set()

    def predict(self, texts: Sequence[str | None]) -> Predictions:
        """Fails on a text "break"; a text "unreadable" has an error, one of more than 50 characters is cut."""
        self.threads.add(threading.get_ident())
        self.calls.append([str(text) for text in texts])
        assert self.may_go_on.wait(30)
        time.sleep(self.seconds)
        if "break" in texts:
            raise RuntimeError("broken by a text")
        scores = np.array([scores_of(str(text)) for text in texts], dtype=np.float32)
        rows = [
            Prediction(
                (),
                {},
                error="it cannot be read" if text == "unreadable" else None,
                note="cut" if len(str(text)) > 50 else None,
            )
            for text in texts
        ]
        return Predictions(rows, scores)


class Explainer(Recorder):
    """Says that a text's first character carried everything."""

    explains = True

    def explain(self, texts: Sequence[str]) -> list[dict[str, list[dict[str, Any]]]]:
        return [{label: [{"start": 0, "end": 1, "weight": len(text) / 10}] for label in LABELS} for text in texts]


def run(test: Any) -> Any:
    """An async test as one that pytest runs."""

    @wraps(test)  # which keeps its parameters for pytest
    def wrapped(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return wrapped


def served(predictor: Recorder, **more: Any) -> ServedModel:
    return ServedModel(predictor, "tiny", "baseline", THRESHOLDS, 50, **more)


@asynccontextmanager
async def running(predictor: Recorder, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, FastAPI]]:
    """An app that is warmed up, and a client of it; calls before are forgotten."""
    app = create_app(served(predictor), Settings(**settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        await until(lambda: app.state.queue.ready)
        predictor.calls.clear()
        yield client, app


async def until(condition: Any, seconds: float = 20) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: It does not come.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


async def ask(client: httpx.AsyncClient, *texts: str, **more: Any) -> httpx.Response:
    return await client.post("/v1/predict", json={"texts": list(texts), **more}, timeout=60)


@contextmanager
def process(folder: Path, seconds: float = 0.0, port: int = 0, **settings: Any) -> Iterator[tuple[Any, str, Path]]:
    """The service in a process of its own: the process, its address, and its log. It is killed at the end."""
    log = folder / f"{time.monotonic_ns()}.log"
    told = json.dumps({"seconds": seconds, "port": port, "settings": settings})
    with log.open("wb") as file:
        started = subprocess.Popen([sys.executable, __file__, told], stderr=file)
    try:
        limit = time.monotonic() + 60
        while b"\n" not in log.read_bytes():
            assert started.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.02)
        line = json.loads(log.read_text().splitlines()[0])
        yield started, f"http://{line['host']}:{line['port']}", log
    finally:
        started.kill()
        started.wait()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    model = served(Explainer(told["seconds"]))
    run_server(create_app(model, Settings(**told["settings"])), listen("127.0.0.1", told["port"]))
