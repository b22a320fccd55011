"""Processes that fork after a prediction, as pandas and PyTorch users do, predict in the child."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

PREPARED = """
import multiprocessing, os, sys
import numpy as np
import emograin

def predict(model, texts):
    return model.predict(texts).scores

texts = [f"I love page {number}, thank you so much " * (1 + number % 4) for number in range(1200)]
if __name__ == "__main__":
    model = emograin.load(threads=2)
    expected = predict(model, texts)
    assert np.array_equal(predict(model, texts[:3]), expected[:3])
    explained = model.explain(texts[:2])
"""
FORK = """
    child = os.fork()
    if not child:
        same = np.array_equal(predict(model, texts), expected) and model.explain(texts[:2]) == explained
        same = same and np.array_equal(predict(model, texts[:3]), expected[:3])
        sys.exit(0 if same else 3)  # an ordinary exit, which frees everything
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(predict(model, texts), expected)
"""
POOL = """
    with multiprocessing.get_context(METHOD).Pool(2, initialize, (model,)) as pool:
        parts = pool.map(of_child, [texts[:600], texts[600:]])
    assert np.array_equal(np.concatenate(parts), expected)
"""
INITIALIZER = """
def initialize(loaded):
    global model
    model = loaded

def of_child(texts):
    return predict(model, texts)
"""
DATA_LOADER = """
    import torch

    class Scores(torch.utils.data.Dataset):
        def __len__(self):
            return len(texts)

        def __getitems__(self, rows):
            return list(model.predict([texts[row] for row in rows]).scores)

        def __getitem__(self, row):
            return self.__getitems__([row])[0]

    loader = torch.utils.data.DataLoader(Scores(), batch_size=300, num_workers=2, multiprocessing_context="fork")
    assert np.array_equal(torch.cat(list(loader)).numpy(), expected)
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def run(tmp_path, code, **environment):
    """Run a script, and return its standard error."""
    path = tmp_path / "script.py"
    path.write_text(code)
    done = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        timeout=200,
        env={name: value for name, value in os.environ.items() if name != "TOKENIZERS_PARALLELISM"} | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@needs_fork
@pytest.mark.parametrize("environment", [{}, {"TOKENIZERS_PARALLELISM": "true"}], ids=["default", "parallel"])
def test_a_forked_child_predicts_and_explains_as_its_parent(tmp_path, environment):
    assert run(tmp_path, PREPARED + FORK, **environment) == ""


@pytest.mark.parametrize("method", [pytest.param("fork", marks=needs_fork), "spawn"])
def test_the_processes_of_a_pool_predict(tmp_path, method):
    run(tmp_path, INITIALIZER + PREPARED + POOL.replace("METHOD", repr(method)))


@needs_fork
@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_workers_of_a_data_loader_predict(tmp_path):
    run(tmp_path, PREPARED + DATA_LOADER)
