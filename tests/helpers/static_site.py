"""A written page behind a plain web server, and predictions through it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PREDICT = """async ([texts, options]) => {
  const host = await import(new URL("page/browser/host_browser.js", document.baseURI).href);
  const { signal } = new AbortController(), predictions = [];
  for (let at = 0; at < texts.length; at += 32) {
    const answer = await host.predict(texts.slice(at, at + 32), options, { signal });
    predictions.push(...answer.predictions);
  }
  return predictions;
}"""


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str], ThreadingHTTPServer]]:
    """Serve a folder on a free port of localhost; yield the address, the requested paths, and the server."""
    handler = type("Recorder", (Handler,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", handler.asked, server
    finally:
        server.shutdown()
        server.server_close()


def wait_until_ready(page: Any) -> None:
    """Wait until the page has loaded its model."""
    page.wait_for_selector("#about:has-text('emotions')", timeout=120_000)


def predict_in_page(page: Any, texts: Sequence[str], **options: Any) -> list[dict[str, Any]]:
    """Predict texts with the model of the page, which none may refuse."""
    chosen = {"thresholds": "per-label", "explain": False, "segments": False} | options
    found: list[dict[str, Any]] = page.evaluate(PREDICT, [list(texts), chosen])
    return found
