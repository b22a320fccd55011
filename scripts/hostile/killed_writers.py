"""Kill operations that write files at random moments, finish them, and compare the files."""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commands import Command, Inputs, Outcome, differing_bytes, finish, start

LEFTOVERS = ("*.part", "*.part.json", "*.tmp", ".*.lock", "*.lock")


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
