"""Shared code of the service's tests: a predictor that records its calls, and an app without a socket."""

import asyncio
import json
import signal
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

from emograin.prediction.attributions import Word
from emograin.prediction.predictor import Prediction, Predictions
from emograin.prediction.segments import Segments
from emograin.service.app import create_app
from emograin.service.served_model import ServedModel
from emograin.service.server import listen
from emograin.service.server import run as run_server
from emograin.service.settings import Settings

LABELS = ("joy", "anger", "neutral")
THRESHOLDS = {"fixed": [0.3] * 3, "global": [0.5] * 3, "per-label": [0.2, 0.6, 0.4]}


def scores_of(text: str) -> list[float]:
    """Return scores that differ between texts: computed from the length and the first character."""
    return [len(text) % 10 / 10, ord(text[0]) % 10 / 10, (len(text) + ord(text[0])) % 10 / 10]


def halves(text: str) -> Segments:
    """Return the halves of a text, each with its own scores; a single character is one segment."""
    middle = len(text) // 2
    spans = np.array([(start, end) for start, end in ((0, middle), (middle, len(text))) if start < end])
    scores = np.array([scores_of(text[start:end]) for start, end in spans], dtype=np.float32)
    return Segments(spans, scores, LABELS, np.full(len(LABELS), 0.5))


class Recorder:
    """Predicts with `scores_of`; each call waits for `may_go_on` and then takes `seconds`."""

    labels = LABELS
    explains = False

    def __init__(self, seconds: float = 0.0):
        self.seconds = seconds
        self.calls: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.threads: set[int] = set()

    def predict(
        self,
        texts: Sequence[str | None],
        *,
        explain: bool = False,
        segments: bool = False,
        windows: bool = True,
    ) -> Predictions:
        """Fail on a text "break"; a text "unreadable" has an error; without windows, 50 characters are read."""
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
                note="truncated" if len(str(text)) > 50 and not windows else None,
                words=self.words(str(text)) if explain else None,
                segments=halves(str(text)) if segments else None,
            )
            for text in texts
        ]
        return Predictions(rows, scores)

    def words(self, text: str) -> dict[str, list[Word]]:
        """Fail: this predictor does not explain."""
        raise AssertionError(f"words of {text!r} were asked of a model that does not explain")


class Explainer(Recorder):
    """Attributes every label to the first character of the text."""

    explains = True

    def words(self, text: str) -> dict[str, list[Word]]:
        return {label: [Word(start=0, end=1, weight=len(text) / 10)] for label in LABELS}


def run(test: Any) -> Any:
    """Wrap an async test for pytest."""

    @wraps(test)  # which keeps its parameters for pytest
    def wrapped(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))

    return wrapped


def served(predictor: Recorder, **more: Any) -> ServedModel:
    return ServedModel(predictor, "tiny", "baseline", THRESHOLDS, 50, **more)


@asynccontextmanager
async def running(predictor: Recorder, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, FastAPI]]:
    """Start an app, wait for its warm-up, and yield a client and the app; calls of the warm-up are dropped."""
    app = create_app(served(predictor), Settings(**settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        await until(lambda: app.state.queue.ready)
        predictor.calls.clear()
        yield client, app


async def until(condition: Any, seconds: float = 20) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: The condition does not become true.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


async def ask(client: httpx.AsyncClient, *texts: str, **more: Any) -> httpx.Response:
    return await client.post("/v1/predict", json={"texts": list(texts), **more}, timeout=60)


@contextmanager
def process(
    folder: Path, seconds: float = 0.0, port: int = 0, files: int = 0, **settings: Any
) -> Iterator[tuple[Any, str, Path]]:
    """Run the service in a process of its own; yield the process, its URL and its log. Kill it at the end.

    Args:
        folder: Folder of the log.
        seconds: Time that the model takes.
        port: Port; 0: any.
        files: Maximum number of open files; 0: as many as this process may open.
        **settings: Settings of the service.
    """
    log = folder / f"{time.monotonic_ns()}.log"
    options = json.dumps({"seconds": seconds, "port": port, "files": files, "settings": settings})
    with log.open("wb") as file:
        started = subprocess.Popen([sys.executable, __file__, options], stderr=file)
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
    options = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, and its processes
    if options["files"]:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (options["files"],) * 2)
    model = served(Explainer(options["seconds"]))
    run_server(create_app(model, Settings(**options["settings"])), listen("127.0.0.1", options["port"]))
