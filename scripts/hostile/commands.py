"""Commands of emograin as processes that can be killed, what they need, and the outcome of their trials."""

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emograin import data
from emograin.reproduction.tiny_models import tiny_encoder, tiny_paraphraser

PRELOADED = ["emograin.cli.app", "torch", "transformers", "onnxruntime", "sklearn.metrics", "uvicorn", "fastapi"]
ROWS = 3000  # of predict
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
