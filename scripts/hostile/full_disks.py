"""Fill the disk under each command, then give it space."""

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands import Command, Inputs, Outcome, finish, start


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
