"""Measure throughput and latency of `emograin serve` with 1, 16 and 128 clients, with and without batching.

    python benchmarks/service_load.py --data DIR

Two services with the same model run on localhost, each in its own process: one batches concurrent requests, the other
predicts one text at a time. This process runs the clients: each sends one text, waits for the response, and repeats.
The services are measured in interleaved rounds, so that other load affects both alike; the clients share the cores.
Writes results/service_load.json.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from emograin import data
from emograin.prediction.shipped_model import shipped_model

CLIENTS = (1, 16, 128)
BATCHES = {"batched": 32, "one at a time": 1}


@contextmanager
def service(model: Path, batch_texts: int) -> Iterator[int]:
    """Run a service in a process of its own; yield its port."""
    with tempfile.NamedTemporaryFile() as log:
        command = [sys.executable, "-m", "emograin", "serve", "--model", str(model), "--port", "0"]
        process = subprocess.Popen([*command, "--batch-texts", str(batch_texts)], stderr=log)
        try:
            while b"\n" not in Path(log.name).read_bytes():
                if process.poll() is not None:
                    sys.exit(Path(log.name).read_text())
                time.sleep(0.05)
            yield json.loads(Path(log.name).read_text().splitlines()[0])["port"]
        finally:
            process.terminate()
            process.wait()


async def client(port: int, texts: Iterator[bytes], end: float, seconds: list[float], statuses: Counter[int]) -> None:
    """Send one text after the other on one connection, until `end`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := time.perf_counter()) < end:
        body = next(texts)
        head = f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(head.encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        statuses[int(answer.split(b" ", 2)[1])] += 1
        seconds.append(time.perf_counter() - start)
    writer.close()


async def load(port: int, clients: int, duration: float, texts: Sequence[bytes]) -> tuple[list[float], Counter[int]]:
    """Return the seconds of each request with several concurrent clients, and the number of responses per status."""
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    source, end = cycle(texts), time.perf_counter() + duration
    await asyncio.gather(*(client(port, source, end, seconds, statuses) for _ in range(clients)))
    return seconds, statuses


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description="Measure throughput and latency of emograin serve.")
    parser.add_argument("--model", type=Path, default=shipped_model(), help="exported model or run folder")
    parser.add_argument("--data", default="quickstart", help="corpus; its test texts are sent")
    parser.add_argument("--seconds", type=float, default=3, help="duration of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("results/service_load.json"))
    given = parser.parse_args()
    texts = [json.dumps({"text": text}).encode() for text in data.load(given.data).split("test").texts if text.strip()]
    rows = []
    with service(given.model, BATCHES["batched"]) as ours, service(given.model, BATCHES["one at a time"]) as plain:
        ports = dict(zip(BATCHES, (ours, plain), strict=True))
        with urlopen(f"http://127.0.0.1:{ours}/v1/model") as answer:
            served = json.load(answer)["name"]
        for port in ports.values():
            asyncio.run(load(port, 4, 1, texts))
        for clients in CLIENTS:
            rates: dict[str, list[float]] = {name: [] for name in ports}
            seconds: dict[str, list[float]] = {name: [] for name in ports}
            statuses: dict[str, Counter[int]] = {name: Counter() for name in ports}
            for _ in range(given.rounds):
                for name, port in ports.items():
                    began = time.perf_counter()
                    found, counted = asyncio.run(load(port, clients, given.seconds, texts))
                    rates[name].append(len(found) / (time.perf_counter() - began))
                    seconds[name] += found
                    statuses[name] += counted
            ratios = np.divide(rates["batched"], rates["one at a time"])
            for name in ports:
                rows.append(
                    {
                        "clients": clients,
                        "service": name,
                        "batch_texts": BATCHES[name],
                        "texts_per_second": round(float(np.median(rates[name])), 1),
                        "p50_milliseconds": round(float(np.percentile(seconds[name], 50)) * 1000, 2),
                        "p99_milliseconds": round(float(np.percentile(seconds[name], 99)) * 1000, 2),
                        "statuses": {str(status): count for status, count in sorted(statuses[name].items())},
                    }
                )
            rows[-2] |= {
                "ratio": round(float(np.median(ratios)), 2),
                "ratio_lowest": round(float(ratios.min()), 2),
                "ratio_highest": round(float(ratios.max()), 2),
            }
            for row in rows[-2:]:
                print(json.dumps(row), flush=True)
    result = {
        "model": served,
        "data": Path(given.data).name,
        "texts": len(texts),
        "seconds": given.seconds,
        "rounds": given.rounds,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "rows": rows,
    }
    given.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
