"""Trainings that are killed, interrupted, or run out of disk space resume without a difference."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data import load
from emograin.models.config import Training
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

# Forks one process per job (a line of JSON), so that torch is imported once.
DRIVER = """
import json, os, resource, signal, sys, time
import safetensors.torch, torch
import emograin.training
from emograin.models.config import Training
from emograin.data import load
from emograin.common.errors import EmograinError
from emograin.models.run_folder import RunFolder

def train(settings, folder, die_in_save=None, largest_file=None, pause=None):
    torch.set_num_threads(1)
    if pause:  # time to be killed
        step = torch.optim.AdamW.step
        def slow(self):
            time.sleep(pause)
            step(self)
        torch.optim.AdamW.step = slow
    if die_in_save:  # the process dies when a file is half written
        save_file, count = safetensors.torch.save_file, iter(range(1, 1000))
        def save(tensors, path, metadata=None):
            save_file(tensors, path, metadata)
            if next(count) == die_in_save:
                os.truncate(path, os.path.getsize(path) // 2)
                os.kill(os.getpid(), signal.SIGKILL)
        safetensors.torch.save_file = save
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    settings, run = Training.from_dict(settings), RunFolder(folder)
    emograin.training.loop.train(settings, load(settings.data), run, resume=run.exists)

print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            train(**json.loads(line))
            os._exit(0)
        except Exception as error:
            print(json.dumps({"error": str(error)}), flush=True)
            os._exit(2 if isinstance(error, EmograinError) else 1)
    print(json.dumps({"pid": child}), flush=True)
    print(json.dumps({"ended": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}), flush=True)
"""


class Trainings:
    """Starts trainings one after another, each in a process that can receive signals."""

    def __init__(self, script, settings):
        self.settings = settings.to_dict()
        self.driver = subprocess.Popen(
            [sys.executable, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.driver.stdout.readline() == "ready\n"

    def start(self, folder, **options):
        """Start a training, or resume it if it was started before; return its process id."""
        job = {"settings": self.settings, "folder": str(folder), **options}
        self.driver.stdin.write(json.dumps(job) + "\n")
        self.driver.stdin.flush()
        return self._answer()["pid"]

    def wait(self):
        """Wait for the end of the training; return its exit code (or minus a signal), and the message of an error."""
        answer = self._answer()
        if "error" in answer:
            return self._answer()["ended"], answer["error"]
        return answer["ended"], None

    def _answer(self):
        return json.loads(self.driver.stdout.readline())


@pytest.fixture(scope="module")
def trainings(tmp_path_factory, settings):
    script = tmp_path_factory.mktemp("driver") / "driver.py"
    script.write_text(DRIVER)
    # Everything that has state to lose: dropout, auxiliary task, micro-batches, EMA, evaluations within an epoch.
    changes = {
        "method": "label-embedding",
        "auxiliary": "tone",
        "micro_batch_size": 3,
        "batch_size": 8,
        "evaluate_every": 3,
    }
    chosen = type(settings).from_dict(
        settings.to_dict() | changes | {"epochs": 2, "learning_rate": 1e-2, "ema_decay": 0.9}
    )
    trainings = Trainings(script, chosen)
    yield trainings
    trainings.driver.kill()
    trainings.driver.wait()


@pytest.fixture(scope="module")
def uninterrupted(trainings, tmp_path_factory):
    """A run without interruption: 16 steps, 6 evaluations."""
    run = RunFolder(tmp_path_factory.mktemp("runs") / "uninterrupted")
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    return run


def wait_for(process, holds):
    """Wait until a condition holds, as long as the process lives."""
    while not holds():
        os.kill(process, 0)
        time.sleep(0.005)


def rows(run):
    """Return the number of evaluations so far."""
    return len(run.curve.read_text().splitlines()) - 1 if run.curve.exists() else 0


def saved(run):
    """Read the state in the checkpoint."""
    from emograin.models.tensor_files import read_tensors

    return json.loads(read_tensors(run.checkpoint)[1]["state"])


def assert_same(run, other):
    """Compare weights, the last checkpoint with the optimizer's state, the curve and the metrics, all exactly."""
    from emograin.models.tensor_files import read_tensors

    assert run.weights.read_bytes() == other.weights.read_bytes()
    these, those = read_tensors(run.checkpoint)[0], read_tensors(other.checkpoint)[0]
    assert these.keys() == those.keys()
    assert [name for name in these if not these[name].equal(those[name])] == []
    timed = {"seconds": 0, "texts_per_second": 0}
    assert [row | timed for row in saved(run)["curve"]] == [row | timed for row in saved(other)["curve"]]
    for name in ("thresholds.json", "results/dev.json"):
        assert run.read_json(name) == other.read_json(name)
    assert not list(run.path.rglob("*.part"))


def test_a_run_killed_at_any_moment_and_resumed_ends_bit_identical(trainings, uninterrupted, tmp_path):
    run, moments = RunFolder(tmp_path / "run"), random.Random(0)
    process = trainings.start(run.path)  # killed at once
    os.kill(process, signal.SIGKILL)
    assert trainings.wait()[0] == -signal.SIGKILL

    process = trainings.start(run.path)  # killed before the first checkpoint
    wait_for(process, lambda: run.exists)
    os.kill(process, signal.SIGKILL)
    assert trainings.wait()[0] == -signal.SIGKILL

    for count in sorted(moments.sample(range(1, 4), 2)):  # killed some time after an evaluation
        process = trainings.start(run.path, pause=0.15)
        wait_for(process, lambda count=count: rows(run) >= count)
        time.sleep(moments.uniform(0, 0.2))
        os.kill(process, signal.SIGKILL)
        assert trainings.wait()[0] == -signal.SIGKILL
        assert not (run.path / "thresholds.json").exists()

    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)


@pytest.mark.parametrize("number", [1, 4])
def test_a_run_killed_while_it_writes_a_file_is_intact_and_ends_bit_identical(
    trainings, uninterrupted, number, tmp_path
):
    run = RunFolder(tmp_path / "run")
    trainings.start(run.path, die_in_save=number)  # the 1st is of weights, the 2nd of the first checkpoint
    assert trainings.wait()[0] == -signal.SIGKILL
    assert list(run.path.glob("*.part"))
    assert run.checkpoint.exists() is (number == 4)
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)


def test_a_second_training_in_the_folder_is_refused_and_a_killed_one_leaves_neither_lock_nor_files(
    trainings, uninterrupted, tmp_path, capsys
):
    run = RunFolder(tmp_path / "run")
    process = trainings.start(run.path, pause=0.2)
    wait_for(process, lambda: run.exists)
    settings = trainings.settings
    command = ["train", settings["method"], "--data", settings["data"], "--encoder", settings["encoder"]]
    for again in ([*command, "--output", str(run.path)], ["train", "--output", str(run.path), "--resume"]):
        assert main(again) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert "already holds a run" in error or "is being written by another process" in error
    with pytest.raises(EmograinError, match="is being written by another process"):  # one that began at the same time
        train(Training.from_dict(settings | {"seed": 1}), load(settings["data"]), RunFolder(run.path))
    os.kill(process, signal.SIGKILL)
    assert trainings.wait()[0] == -signal.SIGKILL
    for name in (".tmpAb12Cd", "checkpoint.safetensors.part", "curve.csv.part"):  # as kills at other moments leave them
        (run.path / name).write_bytes(b"half")
    (run.path / "notes.txt").write_text("mine")
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)
    assert run.read_json("run.json")["settings"]["seed"] == settings["seed"]
    left = {path.name for path in run.path.iterdir()}
    assert left == {path.name for path in uninterrupted.path.iterdir()} | {"notes.txt"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_by_a_signal_says_how_to_resume_and_ends_bit_identical(
    trainings, uninterrupted, number, tmp_path
):
    run = RunFolder(tmp_path / "run")
    process = trainings.start(run.path, pause=0.15)
    wait_for(process, lambda: rows(run) >= 2)
    os.kill(process, number)
    ended, message = trainings.wait()
    assert ended == 2
    step = int(re.search(r"stopped and saved at step (\d+) of 16", message)[1])
    assert f"emograin train --output {run.path} --resume" in message
    assert saved(run)["step"] == step
    assert 6 < step < 16
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)


def assert_stopped_by_lack_of_space(trainings, run, folder, before, **options):
    """Run a training without space for its next checkpoint: it reports that and leaves the last one unchanged."""
    trainings.start(folder, **options)
    ended, message = trainings.wait()
    assert ended == 2
    assert re.search(r"stopped at step \d+, the last good checkpoint is intact: cannot write .*checkpoint", message)
    assert "free disk space" in message
    assert f"emograin train --output {folder} --resume" in message
    assert run.checkpoint.read_bytes() == before
    assert not list(run.path.rglob("*.part"))


def test_a_file_that_cannot_be_written_leaves_the_last_checkpoint_from_which_the_run_resumes(
    trainings, uninterrupted, tmp_path
):
    run = RunFolder(tmp_path / "run")
    trainings.start(run.path, die_in_save=4)
    assert trainings.wait()[0] == -signal.SIGKILL
    before = run.checkpoint.read_bytes()
    # Enough space for the weights, not for the checkpoint, which also has the optimizer's state.
    assert_stopped_by_lack_of_space(trainings, run, run.path, before, largest_file=len(before) // 2)
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_last_checkpoint_from_which_the_run_resumes(trainings, uninterrupted, small_disk):
    run = RunFolder(small_disk / "run")
    trainings.start(run.path, die_in_save=4)
    assert trainings.wait()[0] == -signal.SIGKILL
    for part in run.path.glob("*.part"):
        part.unlink()
    before = run.checkpoint.read_bytes()
    room = os.statvfs(small_disk)
    ballast = Path(small_disk / "ballast")
    ballast.write_bytes(bytes(room.f_bavail * room.f_bsize - len(before) // 2))
    assert_stopped_by_lack_of_space(trainings, run, run.path, before)
    ballast.unlink()
    trainings.start(run.path)
    assert trainings.wait() == (0, None)
    assert_same(run, uninterrupted)
