"""Kill a service under load at random moments, and start it again."""

import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from commands import Inputs, Outcome, differing_bytes, start

REQUESTS, TEXTS = 60, 8  # requests, and texts of each


def kill_service(inputs: Inputs, folder: Path, moments: int, seed: int) -> Outcome:
    """Kill a service under load at random moments and start it again; its clients retry."""
    outcome, draws = Outcome("serve"), random.Random(f"{seed} serve")
    folder.mkdir(parents=True)
    log = folder / "log"
    chunks = [inputs.texts[at * TEXTS : (at + 1) * TEXTS] for at in range(REQUESTS)]
    bodies = [json.dumps({"texts": texts, "all_scores": True}).encode() for texts in chunks]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def ask(body: bytes) -> bytes:
        request = Request(f"http://127.0.0.1:{port}/v1/predict", body, {"Content-Type": "application/json"})
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            try:
                with urlopen(request, timeout=60) as answer:
                    return answer.read()
            except (URLError, OSError, EOFError):  # it is killed, or not back yet
                time.sleep(0.05)
        return b""

    def load(after: float | None) -> tuple[list[bytes], float, bool]:  # answers, seconds, whether it was killed in time
        service = start(["serve", "--port", str(port)], log)
        ask(bodies[0])
        began, killed = time.monotonic(), False
        with ThreadPoolExecutor(8) as clients:
            answers = [clients.submit(ask, body) for body in bodies]
            if after is not None:
                time.sleep(after)
                killed = not all(answer.done() for answer in answers)
                service.kill()
                service.join()
                service = start(["serve", "--port", str(port)], log)
            found = [answer.result() for answer in answers]
        seconds = time.monotonic() - began
        service.terminate()
        service.join()
        outcome.failed += service.exitcode not in (0, -15)
        return found, seconds, killed

    expected, seconds, _ = load(None)
    for _ in range(moments):
        found, _, killed = load(draws.uniform(0, seconds))
        outcome.tried += 1
        outcome.killed += killed
        outcome.lost_rows += TEXTS * sum(not answer for answer in found)
        outcome.differing_bytes += differing_bytes(dict(enumerate(found)), dict(enumerate(expected)))
    outcome.tracebacks = log.read_text(errors="replace").lower().count("traceback")
    outcome.note = f"{seconds:.0f} s undisturbed"
    return outcome
