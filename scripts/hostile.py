"""Kill each operation at random moments, finish it, and compare with an undisturbed one. Nothing may be lost.

    python scripts/hostile.py [--moments 50] [--seed 0] [--only predict,serve] [--work DIR]

Each trial starts a process, kills it (SIGKILL) at a random moment, and runs the same command again to its end, with
--resume where there is one. Counted are missing rows, differing bytes, tracebacks, and files that are left over. Then
disks of random sizes are filled: each command has to end with exit code 2 and no incomplete output, and to succeed once
there is space. Writes results/hostile.json.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from emograin import data
from emograin.reproduction.tiny_models import tiny_encoder, tiny_paraphraser

PRELOADED = ["emograin.cli.app", "torch", "transformers", "onnxruntime", "sklearn.metrics", "uvicorn", "fastapi"]
LEFTOVERS = ("*.part", "*.part.json", "*.tmp", ".*.lock", "*.lock")
ROWS, REQUESTS, TEXTS = 3000, 60, 8  # rows of predict; requests of serve, and texts of each
Command = list[str]


@dataclass
class Outcome:
    """One row of the table."""

    operation: str
    tried: int = 0
    killed: int = 0  # before they ended by themselves
    lost_rows: int = 0
    differing_bytes: int = 0
    tracebacks: int = 0
    leftovers: int = 0
    failed: int = 0  # did not succeed in the end
    note: str = ""


def call(command: Command, log: str) -> None:
    """Run a command of emograin in this process, with its output in a file."""
    from emograin.cli.app import main

    with Path(log).open("ab", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    code = main(command)
    sys.stdout.flush()
    os._exit(code)


def start(command: Command, log: Path) -> multiprocessing.process.BaseProcess:
    """Start a command in a process of its own, in which the libraries are imported already."""
    process = multiprocessing.get_context("forkserver").Process(target=call, args=(command, str(log)))
    process.start()
    return process


def finish(commands: Sequence[Command], log: Path) -> bool:
    """Run commands until one succeeds."""
    for command in commands:
        process = start(command, log)
        process.join()
        if process.exitcode == 0:
            return True
    return False


def differing_bytes(found: Mapping[Any, bytes], expected: Mapping[Any, bytes]) -> int:
    """Return the number of bytes that differ between two sets of files; a missing file differs in all."""
    total = 0
    for name in found.keys() | expected.keys():
        one, other = found.get(name, b""), expected.get(name, b"")
        if one != other:
            total += abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))
    return total


@dataclass
class Inputs:
    """What the operations need, made once."""

    folder: Path

    def __post_init__(self) -> None:
        corpus = data.load("quickstart")
        texts = [text for split in ("train", "dev", "test") for text in corpus.split(split).texts]
        self.encoder = tiny_encoder(self.folder / "encoder", texts)
        self.paraphraser = tiny_paraphraser(self.folder / "paraphraser", texts)
        self.texts = [text for text in texts if text.strip()]
        self.rows = self.folder / "rows.jsonl"
        rows = [{"id": at, "text": self.texts[at % len(self.texts)]} for at in range(ROWS)]
        self.rows.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.run = self.folder / "run"
        if not (self.run / "weights.safetensors").is_file() and not finish([self.train(self.run)], self.folder / "log"):
            sys.exit((self.folder / "log").read_text())

    def train(self, run: Path) -> Command:
        """Return the command of a training in a folder."""
        options = ["--data", "quickstart", "--encoder", str(self.encoder), "--epochs", "2", "--seed", "0"]
        return ["train", "baseline", *options, "--output", str(run)]


@dataclass
class Operation:
    """A command that is killed."""

    commands: Callable[[Path], tuple[Command, list[Command]]]  # folder -> the command; those that may finish it
    outputs: tuple[str, ...]  # patterns of the output files, relative to the folder
    prepare: Callable[[Path], object] = lambda _: None  # called with the folder before the command
    by_row: bool = False  # whether the files have one row per line

    def read(self, folder: Path) -> dict[str, bytes]:
        """Return the content of the output files."""
        paths = [path for pattern in self.outputs for path in folder.glob(pattern) if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    def trial(self, folder: Path, after: float | None) -> tuple[bool, bool, float]:
        """Run once, killed after some seconds; return whether it was killed, whether it succeeded, and its seconds."""
        folder.mkdir(parents=True)
        self.prepare(folder)
        first, following = self.commands(folder)
        began = time.monotonic()
        process = start(first, folder.with_suffix(".log"))
        process.join(after)
        killed = process.is_alive()
        process.kill()
        process.join()
        done = process.exitcode == 0 or finish(following, folder.with_suffix(".log"))
        return killed, done, time.monotonic() - began


def operations(inputs: Inputs) -> dict[str, Operation]:
    """Return the operations that write files."""

    def predict(folder: Path) -> tuple[Command, list[Command]]:
        command = ["predict", "--input", str(inputs.rows), "--output", str(folder / "out.jsonl"), "--all-scores"]
        return command, [[*command, "--resume"], command]

    def train(folder: Path) -> tuple[Command, list[Command]]:
        command = inputs.train(folder / "run")
        return command, [[*command, "--resume"], command]

    def export(folder: Path) -> tuple[Command, list[Command]]:
        command = ["export", str(inputs.run), str(folder / "exported")]
        return command, [command]

    def mix(folder: Path) -> tuple[Command, list[Command]]:
        chosen = ["--candidates", "paraphrase", "--candidates-model", str(inputs.paraphraser), "--beams", "2"]
        command = ["mix", str(folder / "run"), *chosen]
        return command, [command]

    def copy_run(folder: Path) -> None:
        shutil.copytree(inputs.run, folder / "run")

    return {
        "predict": Operation(predict, ("out.jsonl",), by_row=True),
        "train": Operation(train, ("run/weights.safetensors", "run/thresholds.json")),
        "export": Operation(export, ("exported/*",)),
        "candidate cache": Operation(mix, ("run/**/paraphrase*.jsonl",), copy_run, by_row=True),
    }


def kill_at_random(name: str, operation: Operation, folder: Path, moments: int, seed: int) -> Outcome:
    """Kill an operation at random moments of its duration, finish it, and compare its files."""
    outcome = Outcome(name)
    _, done, seconds = operation.trial(folder / "undisturbed", None)
    if not done:
        outcome.note, outcome.failed = "the undisturbed run failed", 1
        return outcome
    expected, draws = operation.read(folder / "undisturbed"), random.Random(f"{seed} {name}")
    for at in range(moments):
        trial = folder / str(at)
        killed, done, _ = operation.trial(trial, draws.uniform(0, seconds))
        found = operation.read(trial)
        outcome.tried += 1
        outcome.killed += killed
        outcome.failed += not done
        missing = sum(content.count(b"\n") - found.get(name, b"").count(b"\n") for name, content in expected.items())
        outcome.lost_rows += max(0, missing) if operation.by_row else 0
        outcome.differing_bytes += differing_bytes(found, expected)
        outcome.tracebacks += trial.with_suffix(".log").read_text(errors="replace").count("Traceback")
        outcome.leftovers += sum(1 for pattern in LEFTOVERS for _ in trial.rglob(pattern))
        if found == expected and done:
            shutil.rmtree(trial)
    outcome.note = f"{seconds:.0f} s undisturbed"
    return outcome


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


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[None]:
    """Mount a tmpfs of some KiB.

    Raises:
        PermissionError: This user may not mount.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_disks(inputs: Inputs, folder: Path, moments: int, seed: int) -> Iterator[Outcome]:
    """Run commands on disks that are too small, then again with more space."""
    written = ("out.jsonl", "out.csv", "out.jsonl.gz", "out.csv.zst", "out.parquet")

    def predict_into(name: str) -> Callable[[Path], Command]:
        return lambda disk: ["predict", "--input", str(inputs.rows), "--all-scores", "--output", str(disk / name)]

    commands: dict[str, tuple[int, Callable[[Path], Command]]] = {  # size in KiB that is never enough
        f"predict, {name}": (100, predict_into(name)) for name in written
    }
    commands["train"] = (300, lambda disk: inputs.train(disk / "run"))
    commands["export"] = (200, lambda disk: ["export", str(inputs.run), str(disk / "exported")])
    draws = random.Random(f"{seed} disks")
    for name, (most, command) in commands.items():
        outcome = Outcome(f"full disk: {name}")
        for at in range(moments):
            disk, log = folder / "disk", folder / f"{name}-{at}.log".replace(" ", "")
            try:
                with small_disk(disk, draws.randint(4, most)):
                    process = start(command(disk), log)
                    process.join()
                    said = log.read_text(errors="replace")
                    outcome.tried += 1
                    outcome.tracebacks += said.count("Traceback")
                    outcome.leftovers += sum(
                        1 for path in disk.glob("out.*") if not path.name.endswith((".part", ".part.json"))
                    )
                    outcome.failed += process.exitcode != 2
                    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
                    outcome.failed += not finish([[*command(disk), "--resume"], command(disk)], log)
            except PermissionError as error:
                outcome.note = f"skipped: {error}"
                break
        yield outcome


def show(outcomes: Sequence[Outcome]) -> str:
    """Return the table."""
    cells = [[name.replace("_", " ") for name in asdict(outcomes[0])]]
    cells += [[str(value) for value in asdict(outcome).values()] for outcome in outcomes]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


def main() -> None:
    """Run all operations, print the table and write it."""
    parser = argparse.ArgumentParser(description="Kill operations at random moments and compare what they write.")
    add = parser.add_argument
    add("--moments", type=int, default=50, help="number of kills per operation, and of small disks, 5 at most")
    add("--seed", type=int, default=0)
    add("--only", default="", help="comma-separated names: predict, train, export, candidate cache, serve, disks")
    add("--work", type=Path, help="folder for files; default: a temporary one")
    add("--output", type=Path, default=Path("results/hostile.json"))
    given = parser.parse_args()
    multiprocessing.set_forkserver_preload(PRELOADED)
    work = (given.work or Path(tempfile.mkdtemp(prefix="hostile-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    inputs = Inputs(work)
    wanted = [name for name in given.only.split(",") if name] or [*operations(inputs), "serve", "disks"]
    outcomes = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(json.dumps(asdict(outcome)), file=sys.stderr, flush=True)

    for name, operation in operations(inputs).items():
        if name in wanted:
            note(kill_at_random(name, operation, work / name.replace(" ", "-"), given.moments, given.seed))
    if "serve" in wanted:
        note(kill_service(inputs, work / "serve", given.moments, given.seed))
    if "disks" in wanted:
        for outcome in fill_disks(inputs, work / "disks", min(given.moments, 5), given.seed):
            note(outcome)
    print(show(outcomes))
    result = {"moments": given.moments, "seed": given.seed, "rows": [asdict(outcome) for outcome in outcomes]}
    given.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
