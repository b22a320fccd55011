"""Hostile files and streams, in real processes: one line, no traceback, and the right exit code."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emograin.common.files import part_description_path, partial_path
from emograin.data.tabular.reader import read_rows

EMOGRAIN = f"{sys.executable} -m emograin"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with inputs."""
    (tmp_path / "in.csv").write_text("id,text\n" + "".join(f"{at},so glad {at} \u4f60\n" for at in range(40)))
    (tmp_path / "many.csv").write_text("id,text\n" + "".join(f"{at},{os.urandom(20).hex()}\n" for at in range(1000)))
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    return tmp_path


def shell(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a shell command in a folder; `emograin` is this package's."""
    line = command.replace("emograin", EMOGRAIN)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=folder, capture_output=True, env=os.environ | environment
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Exception ignored" not in done.stderr, done.stderr.decode()
    return done


LONG = "x" * 300

# Command, exit code, and what its only line on standard error says; None: it says nothing.
CASES = {
    "full device": ("emograin predict --input in.csv --output /dev/full --format csv", 2, "No space left on device"),
    "full device, text": ("emograin predict --input in.csv --output /dev/full --format text", 2, "No space left"),
    "full device, Parquet": ("emograin predict --input in.csv --output /dev/full --format parquet", 2, "No space left"),
    "full standard output": ("emograin predict --input in.csv > /dev/full", 2, "'standard output': No space"),
    "full standard output, JSONL": (
        "emograin predict --input in.csv --format jsonl > /dev/full",
        2,
        "'standard output': No space",
    ),
    "full standard output, other command": (
        "emograin data quickstart > /dev/full",
        2,
        "'standard output': No space",
    ),
    "full standard output, help": ("emograin --help > /dev/full", 2, "'standard output': No space"),
    "full standard error": ("emograin predict hello 2> /dev/full", 0, None),
    "empty name": ('emograin predict --input ""', 2, "got an empty name"),
    "file as text": (
        "emograin predict in.csv",
        0,
        "'in.csv' is a file: its name is classified; for its texts: --input",
    ),
    "output in a new folder": (
        "emograin predict --input in.csv --output new/out.csv && mv new/out.csv . && rmdir new",
        0,
        None,
    ),
    "long input": (f"emograin predict --input {LONG}.csv", 2, "File name too long"),
    "long output": (f"emograin predict --input in.csv --output {LONG}.csv", 2, "File name too long"),
    "long output, Parquet": (f"emograin predict --input in.csv --output {LONG}.parquet", 2, "File name too long"),
    "output with a long temporary name": (
        f"emograin predict --input in.csv --output {'x' * 251}.csv",
        2,
        "File name too long",
    ),
    "long output folder": (
        f"emograin predict --input in.csv --input many.csv --output {LONG}",
        2,
        "File name too long",
    ),
    "long model": (f"emograin predict hello --model {LONG}", 2, "File name too long"),
    "long corpus": (f"emograin data {LONG}", 2, ""),
    "loop as input": ("emograin predict --input loop.csv", 2, "Too many levels of symbolic links"),
    "loop as output": ("emograin predict --input in.csv --output loop.csv", 2, "loop"),
    "loop as model": ("emograin predict hello --model loop.csv", 2, "loop.csv"),
    "control characters": (r"emograin predict --input $'a\e[2J\n\u202eb.csv'", 2, r"\x1b[2J"),
    "long option": (f"emograin predict --format {LONG}", 2, "xxx...xxx"),
    "long method": (f"emograin predict hello --thresholds {LONG}", 2, "xxx...xxx"),
    "closed input": ("emograin predict <&-", 2, "standard input"),
    "closed input, file": ("emograin predict --input in.csv --output out.csv <&-", 0, None),
    "closed output": ("emograin predict hello >&-", 2, "standard output"),
    "closed output, JSONL": ("emograin predict hello --format jsonl >&-", 2, "standard output"),
    "closed output, other command": ("emograin data quickstart >&-", 2, "standard output"),
    "closed output, file": ("emograin predict --input in.csv --output out.csv >&-", 0, None),
    "closed error": ("emograin predict --input no.csv 2>&-", 2, None),
    "closed error, file": ("emograin predict --input in.csv --output out.csv 2>&-", 0, None),
    "all closed": ("emograin predict --input in.csv --output out.csv <&- >&- 2>&-", 0, None),
    "reader that closes early": ("emograin predict --input many.csv --format jsonl | head -c 10", 0, None),
}


@pytest.mark.parametrize("name", ["/dev/stdout", "/proc/self/fd/1"])
def test_standard_output_by_its_path_is_not_replaced(folder, name):
    command = f"emograin predict --input in.csv --format jsonl --output {name}"
    done = shell(folder, f"(echo before; {command}; echo after) > all.txt")
    lines = (folder / "all.txt").read_text(encoding="utf-8").splitlines()
    assert (done.returncode, lines[0], lines[-1], len(lines)) == (0, "before", "after", 42)


def test_an_output_keeps_the_permissions_of_the_file_that_it_replaces(folder):
    done = shell(folder, "touch out.csv; chmod 600 out.csv; emograin predict --input in.csv --output out.csv")
    assert (done.returncode, (folder / "out.csv").stat().st_mode & 0o777) == (0, 0o600)


@pytest.mark.parametrize("case", CASES)
def test_one_line_and_the_right_exit_code(folder, case):
    command, code, said = CASES[case]
    before = (folder / "in.csv").read_bytes()
    done = shell(folder, command)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, len(lines)) == (code, 0 if said is None else 1), done.stderr.decode()
    if said is not None:
        assert said in lines[0]
        assert lines[0].isprintable()
        assert len(lines[0]) < 600
        assert "unchanged" not in lines[0]  # no file had a previous content
    assert (folder / "in.csv").read_bytes() == before
    written = folder / "out.csv"
    if "out.csv" in command:
        assert len(list(read_rows(written))) == 40
    assert {path.name for path in folder.iterdir()} <= {"in.csv", "many.csv", "loop.csv", "out.csv"}


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.txt", "o.parquet", "o.jsonl.gz", "o.csv.zst"])
def test_a_full_disk_is_one_line_and_leaves_no_half_file(folder, name):
    if name.endswith(".zst"):
        pytest.importorskip("zstandard")
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        done = shell(folder, f"emograin predict --input many.csv --output disk/{name} --all-scores")
        left = {path.name for path in disk.iterdir()}
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 2, done.stderr.decode()
    [line] = done.stderr.decode().splitlines()
    assert f"cannot write 'disk/{name}': No space left on device" in line
    assert left <= {partial_path(Path(name)).name, part_description_path(Path(name)).name}
    assert "(free disk space" in line
    assert ("continue with --resume" in line) == (name in ("o.jsonl", "o.csv"))


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1", "utf-8:strict"])
def test_what_standard_output_cannot_encode_is_escaped(folder, encoding):
    source = folder / "caf\u00e9.jsonl"
    source.write_text('{"text": "so glad \u4f60 \\ud83d", "labels": ["joy"]}\n')
    done = shell(folder, f"emograin predict --input '{source.name}' --format text", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert done.stdout.startswith(b"so glad ")
    done = shell(folder, f"emograin predict --input '{source.name}' --format jsonl", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "so glad \u4f60 \ufffd"
    done = shell(folder, "emograin data 'no-caf\u00e9.csv'", PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_two_processes_never_write_one_output(folder):
    """Of two simultaneous predictions one is refused; the other's output is complete. A killed one blocks nobody."""
    reading, writing = os.pipe()
    arguments = [sys.executable, "-m", "emograin", "predict", "--input-format", "txt", "--output", "out.jsonl"]
    first = subprocess.Popen(arguments, cwd=folder, stdin=reading, stderr=subprocess.PIPE)
    os.close(reading)
    try:
        wait_for(folder / ".out.jsonl.lock")
        second = shell(folder, "emograin predict --input in.csv --output out.jsonl")
        assert second.returncode == 2
        assert second.stderr.decode().count("\n") == 1
        assert "is being written by another process" in second.stderr.decode()
        os.write(writing, b"so glad\n")
        os.close(writing)
        assert first.wait() == 0
        assert [row.text for row in read_rows(folder / "out.jsonl")] == ["so glad"]
    finally:
        first.kill()
        first.communicate()


def test_a_killed_writer_blocks_nobody_and_leaves_nothing(folder):
    reading, writing = os.pipe()
    arguments = [sys.executable, "-m", "emograin", "predict", "--input-format", "txt", "--output", "out.csv.gz"]
    first = subprocess.Popen(arguments, cwd=folder, stdin=reading)
    os.close(reading)
    wait_for(folder / "out.csv.gz.part")
    first.send_signal(signal.SIGKILL)
    first.wait()
    os.close(writing)
    assert shell(folder, "emograin predict --input in.csv --output out.csv.gz").returncode == 0
    assert len(list(read_rows(folder / "out.csv.gz"))) == 40
    assert {path.name for path in folder.iterdir()} == {"in.csv", "many.csv", "loop.csv", "out.csv.gz"}


def wait_for(path: Path) -> None:
    limit = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < limit, f"no {path.name}"
        time.sleep(0.02)
