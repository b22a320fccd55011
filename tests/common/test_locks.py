"""One writer per output: the lock excludes, ends with its process, and leaves no file behind."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from emograin.common.errors import EmograinError
from emograin.common.locks import lock_path, locked

HOLD = """
import os, sys, time
from pathlib import Path
from emograin.common.locks import locked
with locked(Path(sys.argv[1])):
    if sys.argv[2] == "alone" or os.fork() == 0:  # the child, once it runs, holds no lock
        print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["file", "folder"])
def output(request, tmp_path):
    path = tmp_path / "output"
    if request.param == "folder":
        path.mkdir()
    return path


def hold(path: Path, how: str = "alone") -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), how], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_writer_is_refused_at_once_and_served_afterwards(output):
    with locked(output), pytest.raises(EmograinError, match="is being written by another process"), locked(output):
        pass
    with locked(output):
        assert lock_path(output).exists()
    assert not lock_path(output).exists()


def test_an_error_releases_the_lock(output):
    with pytest.raises(ValueError, match="mine"), locked(output):
        raise ValueError("mine")
    with locked(output):
        pass


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_a_killed_process_leaves_no_lock_held(output, how):
    process = hold(output, how)
    try:
        with pytest.raises(EmograinError, match="another process"), locked(output):
            pass
        process.kill()
        process.wait()
        with locked(output):  # even while a forked child lives on
            pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the forked child
        process.stdout.close()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(EmograinError, match="cannot write .*No such file"), locked(tmp_path / "none" / "file"):
        pass


def test_of_many_simultaneous_writers_one_holds_the_lock(tmp_path):
    """The lock file is deleted on release; a process that opened it before must not hold a lock on nothing."""
    script = """
import sys, random, time
from pathlib import Path
from emograin.common.errors import EmograinError
from emograin.common.locks import locked
output, both = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(3000):
    try:
        with locked(output):
            both.mkdir()  # fails if another process is in here
            both.rmdir()
    except EmograinError:
        pass
"""
    arguments = [sys.executable, "-c", script, str(tmp_path / "output"), str(tmp_path / "both")]
    processes = [subprocess.Popen(arguments, stderr=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        _, error = process.communicate()
        assert (process.returncode, error) == (0, b"")
