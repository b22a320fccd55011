"""Two processes train the same model as one; on CPUs, started by `accelerate launch` or forked like by torchrun."""

import csv
import dataclasses
import json
import socket
import subprocess
import sys

import numpy as np
import pytest

from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

# Forks two processes per job with the environment variables of torchrun, so that torch is imported once.
DRIVER = """
import json, os, signal, socket, sys
import torch
import emograin.training
from emograin.models.config import Training
from emograin.data import load
from emograin.common.errors import EmograinError
from emograin.models.run_folder import RunFolder

# Each process may measure another speed; without `auto` nothing is measured.
emograin.training.precision.is_faster_in_bf16 = lambda device: os.environ["RANK"] == "1"

def train(settings, folder, interrupt_at=None, resume=False):
    torch.set_num_threads(1)
    step, count = torch.optim.AdamW.step, iter(range(1, 1000))
    def counted(self):
        step(self)
        if next(count) == interrupt_at and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGINT)
    torch.optim.AdamW.step = counted
    settings = Training.from_dict(settings)
    emograin.training.loop.train(settings, load(settings.data), RunFolder(folder), resume=resume)

def start(rank, port, job):
    child = os.fork()
    if child:
        return child
    os.environ |= {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    try:
        train(*job)
        os._exit(0)
    except Exception as error:
        print(json.dumps([rank, type(error).__name__, str(error)]), flush=True)
        os._exit(2 if isinstance(error, EmograinError) else 1)

for job in json.loads(sys.argv[1]):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for child in [start(rank, port, job) for rank in "01"]:
        os.waitpid(child, 0)
"""
LEARNING = {"batch_size": 7, "learning_rate": 5e-3, "epochs": 3}
UNEVEN = {
    "batch_size": 59,
    "auxiliary": "tone",
    "method": "label-embedding",
    "micro_batch_size": 9,
    "max_grad_norm": 100.0,
    "ema_decay": 0.8,
}
CASES = {"a batch of 7 has 4 texts and 3": LEARNING, "the last batch has 1 text": UNEVEN}


@pytest.fixture(scope="module")
def chosen(settings):
    """Settings per case, without dropout, whose random numbers depend on the process."""
    plain = dataclasses.replace(settings, dropout=0.0, learning_rate=1e-3, evaluate_every=3)
    return {case: dataclasses.replace(plain, **changes) for case, changes in CASES.items()}


@pytest.fixture(scope="module")
def by_two(chosen, tmp_path_factory):
    """Case -> run trained by two processes, plus one that was interrupted and resumed; errors of the processes."""
    folder = tmp_path_factory.mktemp("two")
    script = folder / "driver.py"
    script.write_text(DRIVER)
    jobs = [(settings.to_dict(), str(folder / case)) for case, settings in chosen.items()]
    first = chosen[next(iter(CASES))].to_dict()
    jobs += [(first, str(folder / "stopped"), 5), (first, str(folder / "stopped"), None, True)]
    jobs.append((first | {"precision": "auto"}, str(folder / "auto")))
    done = subprocess.run([sys.executable, script, json.dumps(jobs)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    runs = {case: RunFolder(folder / case) for case in [*CASES, "stopped", "auto"]}
    return runs, [json.loads(line) for line in done.stdout.splitlines()]


def rows(run):
    """Read the curve without its times: (evaluations, columns)."""
    with run.curve.open() as file:
        columns = ("step", "loss", "auxiliary_loss", "temperature", "macro_f1", "macro_f1_fixed")
        return np.array([[float(row[column] or 0) for column in columns] for row in csv.DictReader(file)])


def assert_close_checkpoints(run, other):
    """Compare weights and the optimizer's moments."""
    from emograin.models.tensor_files import read_tensors

    these, those = read_tensors(run.checkpoint)[0], read_tensors(other.checkpoint)[0]
    assert these.keys() == those.keys()
    assert any(name.endswith(".exp_avg") for name in these)
    for name in these:
        if name.endswith("key.bias"):
            continue  # attention does not depend on it: its gradient is a rounding error, which AdamW scales up
        assert (these[name] - those[name]).abs().max() < 1e-4, name


@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_the_same_model_as_one(case, chosen, by_two, corpus, tmp_path):
    alone, run = RunFolder(tmp_path), by_two[0][case]
    metrics = train(chosen[case], corpus, alone)
    assert rows(run) == pytest.approx(rows(alone), abs=1e-5)
    if case == next(iter(CASES)):
        assert np.ptp(rows(run)[:, 4]) > 0.05  # F1 changes, so scores in a wrong order would be noticed
    assert_close_checkpoints(run, alone)
    assert run.read_json("results/dev.json")["macro_average_precision"] == pytest.approx(
        metrics["macro_average_precision"], abs=1e-4
    )
    assert run.read_scores("dev")[2] == pytest.approx(alone.read_scores("dev")[2], abs=1e-4)


def test_a_signal_to_one_process_stops_all_and_the_run_resumes_without_a_difference(by_two):
    runs, errors = by_two
    # The only errors: one per process.
    assert sorted(rank for rank, _, _ in errors) == ["0", "1"]
    assert {(kind, message.partition(" (")[0]) for _, kind, message in errors} == {
        ("Interrupted", "stopped and saved at step 6 of 27")
    }
    whole, stopped = runs[next(iter(CASES))], runs["stopped"]
    assert rows(stopped) == pytest.approx(rows(whole), abs=0)
    assert stopped.weights.read_bytes() == whole.weights.read_bytes()


def test_all_processes_take_the_precision_of_the_main_one(by_two):
    runs = by_two[0]
    assert runs["auto"].weights.read_bytes() == runs[next(iter(CASES))].weights.read_bytes()


def test_two_processes_of_accelerate_launch_train_the_same_model_as_one(chosen, by_two, tmp_path):
    settings = {name: value for name, value in chosen[next(iter(CASES))].to_dict().items() if value is not None}
    (tmp_path / "run.toml").write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items()))
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        launcher += ["--main_process_port", str(free.getsockname()[1])]
    command = [*launcher, "-m", "emograin", "train", "--config", tmp_path / "run.toml", "--output", tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run, forked = RunFolder(tmp_path / "run"), by_two[0][next(iter(CASES))]
    assert done.stdout.count("Macro average precision") == 1  # the table, printed by one process
    assert rows(run) == pytest.approx(rows(forked), abs=0)
    assert run.weights.read_bytes() == forked.weights.read_bytes()
