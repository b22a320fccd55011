"""A stub of `emograin serve` with the standard library alone and predictable scores."""

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import emograin
from emograin.data.taxonomy import GOEMOTIONS

FOLDER = Path(emograin.__file__).parent / "service" / "page"
FILES = {"/": FOLDER / "index.html", **{f"/page/{each.name}": each for each in FOLDER.glob("*.*s")}}
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
# The strictest Content-Security-Policy that the page works with.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("EMOGRAIN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
LABELS = GOEMOTIONS.labels
WORDS = {"thank": "gratitude", "love": "love", "glad": "joy", "why": "curiosity", "furious": "anger", "proud": "pride"}
THRESHOLDS = {
    "per-label": {label: round(0.15 + 0.015 * at, 3) for at, label in enumerate(LABELS)},
    "global": dict.fromkeys(LABELS, 0.27),
    "fixed": dict.fromkeys(LABELS, 0.3),
}


def scores_of(text: str) -> dict[str, float]:
    """Return about 0.9 for emotions of words in `WORDS` (neutral if there are none), and 0.02 and more otherwise."""
    found = {WORDS[word] for word in re.findall(r"\w+", text.lower()) if word in WORDS} or {"neutral"}
    return {label: 0.9 - 0.001 * at if label in found else 0.02 + 0.001 * at for at, label in enumerate(LABELS)}


def words_of(text: str, label: str) -> list[dict[str, Any]]:
    """Return words with offsets in code points: a word of the label weighs 0.5, "not" -0.3, any other 0.05."""
    weights = {**{word: 0.5 for word, of in WORDS.items() if of == label}, "not": -0.3}
    found = re.finditer(r"\w+", text)
    return [{"start": at.start(), "end": at.end(), "weight": weights.get(at.group().lower(), 0.05)} for at in found]


def labels_of(scores: dict[str, float], thresholds: dict[str, float]) -> list[dict[str, Any]]:
    """Return the labels that reach their thresholds, highest score first."""
    return [
        {"label": label, "score": score, "threshold": thresholds[label]}
        for label, score in sorted(scores.items(), key=lambda pair: -pair[1])
        if score >= thresholds[label]
    ]


def segments_of(text: str, thresholds: dict[str, float]) -> list[dict[str, Any]]:
    """Return the sentences, which end with a full stop, with offsets in code points."""
    found = []
    for at in re.finditer(r"[^.\s][^.]*\.?", text):
        scores = scores_of(at.group())
        labels = labels_of(scores, thresholds)
        found.append({"start": at.start(), "end": at.end(), "labels": labels, "scores": scores})
    return found


@dataclass
class Stub:
    """Behaviour that tests set, and requests that they inspect."""

    address: str = ""
    texts: int = 8  # limits.texts
    characters: int = 2000
    explanations: bool = True
    key: str | None = None
    refusals: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)  # responses to the next predictions
    refused_texts: dict[str, int] = field(default_factory=dict)  # text -> status of requests that contain it
    slow: dict[str, float] = field(default_factory=dict)  # text -> seconds until the response
    seconds: float = 0.0  # until every response
    paths: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def model(self) -> dict[str, Any]:
        return {
            "name": "stub", "method": "baseline", "labels": list(LABELS), "thresholds": THRESHOLDS,
            "max_document_tokens": 64, "limits": {"texts": self.texts, "characters": self.characters},
            "explanations": self.explanations,
        }  # fmt: skip

    def predict(self, body: dict[str, Any]) -> dict[str, Any]:
        thresholds = THRESHOLDS[body["thresholds"]]
        rows = []
        for text in body["texts"]:
            scores = scores_of(text)
            labels = labels_of(scores, thresholds)
            explained = body["explain"] and self.explanations
            words = {row["label"]: words_of(text, row["label"]) for row in labels} if explained else None
            segments = segments_of(text, thresholds) if body.get("segments") else None
            # A service with --windows off, or an older one, cuts long texts.
            cut = len(text) > 500
            rows.append({"labels": labels, "scores": scores, "truncated": cut, "words": words, "segments": segments})
        return {"model": "stub", "thresholds": body["thresholds"], "predictions": rows}


class Handler(BaseHTTPRequestHandler):
    stub: Stub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.stub.paths.append(self.path)
        if self.path in FILES:
            file = FILES[self.path]
            headers = {"Content-Type": KINDS[file.suffix], "Content-Security-Policy": POLICY}
            self._send(200, file.read_bytes(), headers)
        elif not self._let_in():
            self._refuse(401, "an API key is needed")
        elif self.path == "/v1/model":
            self._send(200, json.dumps(self.stub.model()).encode())
        else:
            self._refuse(404, "nothing here")

    def do_POST(self) -> None:
        stub = self.stub
        stub.paths.append(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stub.requests.append(body)
        stub.times.append(time.monotonic())
        time.sleep(max([stub.seconds, *(stub.slow.get(text, 0) for text in body["texts"])]))
        refused = [status for text, status in stub.refused_texts.items() if text in body["texts"]]
        if not self._let_in():
            self._refuse(401, "an API key is needed")
        elif stub.refusals:
            self._refuse(*stub.refusals.pop(0))
        elif refused or len(body["texts"]) > stub.texts:
            self._refuse(refused[0] if refused else 422, "<b>not</b> this text")
        else:
            self._send(200, json.dumps(stub.predict(body)).encode())

    def _let_in(self) -> bool:
        return self.stub.key is None or self.headers.get("Authorization") == f"Bearer {self.stub.key}"

    def _refuse(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps({"error": {"code": "refused", "message": message}}).encode(), headers or {})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the page did not wait for this response

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Stub]:
    """Run a stub on a free port of localhost."""
    stub = Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("StubHandler", (Handler,), {"stub": stub}))
    server.daemon_threads = True
    stub.address = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
