"""Kill each operation at random moments, finish it, and compare with an undisturbed one. Nothing may be lost.

    python scripts/hostile/hostile.py [--moments 50] [--seed 0] [--only predict,serve] [--work DIR]

Each trial starts a process, kills it (SIGKILL) at a random moment, and runs the same command again to its end, with
--resume where there is one. Counted are missing rows, differing bytes, tracebacks, and files that are left over. Then
disks of random sizes are filled: each command has to end with exit code 2 and no incomplete output, and to succeed once
there is space. Writes results/hostile.json.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from commands import PRELOADED, Inputs, Outcome
from full_disks import fill_disks
from killed_service import kill_service
from killed_writers import kill_at_random, operations


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
