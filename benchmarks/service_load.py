"""Measure throughput and latency of `emograin serve` with 1, 16 and 128 clients, with and without batching.

    python benchmarks/service_load.py --data DIR
    python benchmarks/service_load.py --unfair [--source OTHER/src]
    python benchmarks/service_load.py --memory 10

Two services with the same model run on localhost, each in its own process: one batches concurrent requests, the other
predicts one text at a time. This process runs the clients: each sends one text, waits for the response, and repeats.
The services are measured in interleaved rounds, so that other load affects both alike; the clients share the cores.
Writes results/service_load.json.

With --unfair, one client sends one short text after the other, alone and while another client keeps sending the largest
requests that the limits allow: with and without explanations, and on more connections than the queue has space for,
so that requests are rejected and sent again at once. --source measures another version of the package next to this one,
in interleaved rounds. Writes results/service_fairness.json.

With --memory, 128 clients send texts for some minutes, and the memory of the service is read at equal intervals. Writes
results/service_memory.json.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, repeat
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from emograin import data

CLIENTS = (1, 16, 128)
SAMPLES = 10  # of the memory of a service
BATCHES = {"batched": 32, "one at a time": 1}


@contextmanager
def service(model: Path | None, *options: str, source: Path | None = None) -> Iterator[int]:
    """Run a service in a process of its own, of the version in the folder `source`; yield its port."""
    with service_process(model, *options, source=source) as (port, _):
        yield port


@contextmanager
def service_process(model: Path | None, *options: str, source: Path | None = None) -> Iterator[tuple[int, int]]:
    """Run a service as `service` does; yield its port and the id of its process."""
    with tempfile.NamedTemporaryFile() as log:
        command = [sys.executable, "-m", "emograin", "serve", "--port", "0", *options]
        command += ["--model", str(model)] if model else []
        environment = os.environ | ({"PYTHONPATH": str(source)} if source else {})
        process = subprocess.Popen(command, stderr=log, env=environment)
        try:
            while not (found := re.search(rb'"event": "listening".*"port": (\d+)', Path(log.name).read_bytes())):
                if process.poll() is not None:
                    sys.exit(Path(log.name).read_text())
                time.sleep(0.05)
            yield int(found[1]), process.pid
        finally:
            process.terminate()
            process.wait()


async def client(port: int, texts: Iterator[bytes], end: float, seconds: list[float], statuses: Counter[int]) -> None:
    """Send one text after the other on one connection, until `end`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := time.perf_counter()) < end:
        body = next(texts)
        head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
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


def largest_request(texts: int = 1000, characters: int = 2000, **options: bool) -> bytes:
    """Return a request at the default limits: 2 MiB of texts that the model truncates."""
    words = "the happy customer said that nothing works anymore and everything went terribly wrong today ".split()
    shifted = [" ".join(words[row % len(words) :] + words * (characters // 80))[:characters] for row in range(texts)]
    return json.dumps({"texts": shifted, **options}).encode()


@contextmanager
def bulk_client(port: int, body: bytes, connections: int) -> Iterator[None]:
    """Run a client in a process of its own that keeps sending the same request, on several connections."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(body)
        command = [sys.executable, __file__, "--bulk", file.name, str(port), str(connections)]
        process = subprocess.Popen(command)
        try:
            while not waiting_texts(port):
                time.sleep(0.1)
            yield
        finally:
            process.kill()
            process.wait()


def waiting_texts(port: int) -> float:
    """Return the number of texts in the queue of a service."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        found = re.search(r"^emograin_queue_texts (.*)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else 0


async def send_bulk(body: bytes, port: int, connections: int) -> None:
    """Send the same request until killed."""
    await asyncio.gather(*(client(port, repeat(body), float("inf"), [], Counter()) for _ in range(connections)))


def resident_mib(process: int) -> float:
    """Return the resident memory of a process in MiB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def measure_memory(given: argparse.Namespace, texts: Sequence[bytes]) -> dict[str, Any]:
    """Return the memory of a service before and while 128 clients send texts, at equal intervals."""
    statuses: Counter[int] = Counter()
    with service_process(given.model) as (port, process):
        asyncio.run(load(port, 4, 1, texts))
        sizes = [resident_mib(process)]
        for _ in range(SAMPLES):
            statuses += asyncio.run(load(port, CLIENTS[-1], given.memory * 60 / SAMPLES, texts))[1]
            sizes.append(resident_mib(process))
            print(json.dumps({"resident_mib": sizes[-1], "statuses": statuses}), flush=True)
    return {
        "clients": CLIENTS[-1],
        "minutes": given.memory,
        "cores": os.cpu_count(),
        "resident_mib": sizes,
        "statuses": statuses,
    }


def measure_fairness(given: argparse.Namespace, texts: Sequence[bytes]) -> dict[str, Any]:
    """Return the latency of a client with short texts, alone and then, in the same service, next to a greedy one."""
    loads: dict[str, tuple[bytes, int]] = {
        "1 request": (largest_request(), 1),
        "4 requests": (largest_request(), 4),
        "8 requests, rejected ones sent again at once": (largest_request(), 8),
        "1 request, explain": (largest_request(explain=True), 1),
    }
    sources = {"this version": None, **({"other version": given.source} if given.source else {})}
    rows = []
    for name, (body, connections) in loads.items():
        rounds: dict[str, list[tuple[list[float], list[float]]]] = {version: [] for version in sources}
        for _ in range(given.rounds):
            for version, source in sources.items():
                with service(given.model, *given.options.split(), source=source) as port:
                    asyncio.run(load(port, 2, 1, texts))
                    alone, _ = asyncio.run(load(port, 1, given.seconds, texts))
                    with bulk_client(port, body, connections):
                        beside, _ = asyncio.run(load(port, 1, given.seconds, texts))
                    rounds[version].append((alone, beside))
        for version, found in rounds.items():
            ratios = [float(np.median(beside) / np.median(alone)) for alone, beside in found]
            pooled = [np.concatenate(each) * 1000 for each in zip(*found, strict=True)]  # alone, beside
            rows.append(
                {
                    "load": name,
                    "version": version,
                    "requests": len(pooled[1]),
                    "p50_alone_milliseconds": round(float(np.median(pooled[0])), 1),
                    "p50_milliseconds": round(float(np.median(pooled[1])), 1),
                    "p99_milliseconds": round(float(np.percentile(pooled[1], 99)), 1),
                    "ratio": round(float(np.median(ratios)), 1),
                    "ratio_lowest": round(min(ratios), 1),
                    "ratio_highest": round(max(ratios), 1),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return {"rounds": given.rounds, "seconds": given.seconds, "cores": os.cpu_count(), "rows": rows}


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description="Measure throughput and latency of emograin serve.")
    parser.add_argument("--model", type=Path, help="exported model or run folder; default: the bundled model")
    parser.add_argument("--data", default="quickstart", help="corpus; its test texts are sent")
    parser.add_argument("--seconds", type=float, default=3, help="duration of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="default: results/service_load, service_fairness or service_memory")
    parser.add_argument("--unfair", action="store_true", help="short texts next to the largest requests")
    parser.add_argument("--source", type=Path, help="with --unfair: src folder of another version, to compare with")
    parser.add_argument("--memory", type=float, default=0, help="memory over these minutes under 128 clients")
    parser.add_argument("--options", default="", help="with --unfair: further options of `emograin serve`")
    parser.add_argument("--bulk", nargs=3, help=argparse.SUPPRESS)  # file with the request, port, connections
    given = parser.parse_args()
    if given.bulk:
        asyncio.run(send_bulk(Path(given.bulk[0]).read_bytes(), *map(int, given.bulk[1:])))
        return
    texts = [json.dumps({"text": text}).encode() for text in data.load(given.data).split("test").texts if text.strip()]
    kind = "fairness" if given.unfair else "memory" if given.memory else "load"
    output = given.output or Path(f"results/service_{kind}.json")
    if kind != "load":
        result = measure_fairness(given, texts) if given.unfair else measure_memory(given, texts)
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        return
    rows = []
    options = [("--batch-texts", str(texts_per_batch)) for texts_per_batch in BATCHES.values()]
    with service(given.model, *options[0]) as ours, service(given.model, *options[1]) as plain:
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
    output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
