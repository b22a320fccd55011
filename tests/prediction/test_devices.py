"""Prediction on a GPU: with torch and with onnxruntime; a clear line where there is none."""

import numpy as np
import onnxruntime
import pytest
import torch
from helpers.exported_runs import trained_run
from helpers.hard_texts import SEEN

import emograin
from emograin.cli.app import main
from emograin.common.devices import CUDA_PROVIDER
from emograin.common.errors import EmograinError

TORCH_GPU = torch.cuda.is_available()
ONNX_GPU = TORCH_GPU and CUDA_PROVIDER in onnxruntime.get_available_providers()
without_gpu = pytest.mark.skipif(TORCH_GPU, reason="this machine has a GPU")


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory):
    """Path of a trained baseline."""
    return trained_run(settings, corpus, tmp_path_factory.mktemp("run") / "tiny").path


@pytest.mark.skipif(not TORCH_GPU, reason="torch finds no GPU")
def test_a_run_has_the_same_scores_on_a_gpu(run, capsys):
    expected = emograin.load(run).predict(SEEN).scores
    np.testing.assert_allclose(emograin.load(run, device="cuda").predict(SEEN).scores, expected, atol=1e-3)
    assert main(["evaluate", str(run), "--device", "cuda"]) == 0
    assert main(["predict", "--model", str(run), "--device", "cuda", "so happy"]) == 0
    assert "so happy" in capsys.readouterr().out
    mixing = ["--candidates", "nearest-training-sentence", "--similarity", "rouge-l"]
    assert main(["mix", str(run), *mixing, "--device", "cuda"]) == 0


@pytest.mark.skipif(not ONNX_GPU, reason="onnxruntime finds no GPU: it needs onnxruntime-gpu")
def test_an_exported_model_has_the_same_scores_on_a_gpu():
    expected = emograin.load().predict(SEEN).scores
    np.testing.assert_allclose(emograin.load(device="cuda").predict(SEEN).scores, expected, atol=1e-2)


@without_gpu
def test_without_a_gpu_a_run_says_so_in_one_line(run, capsys):
    mixing = ["--candidates", "nearest-training-sentence", "--similarity", "rouge-l"]
    mixed = (["evaluate", str(run), *mixing], ["mix", str(run), *mixing])
    for command in (["evaluate", str(run)], *mixed, ["predict", "--model", str(run), "so happy"]):
        assert main([*command, "--device", "cuda"]) == 2
        shown = capsys.readouterr().err.strip().splitlines()[-1]
        assert "no device cuda: torch" in shown
        assert shown.endswith("finds no GPU (--device cpu)")


@without_gpu
def test_without_a_gpu_an_exported_model_says_so_in_one_line(capsys):
    for command in (["predict", "so happy"], ["serve", "--port", "0"]):
        assert main([*command, "--device", "cuda"]) == 2
        assert "no device cuda: onnxruntime" in capsys.readouterr().err


@without_gpu
def test_a_provider_that_cannot_start_is_an_error(monkeypatch):
    """onnxruntime-gpu without CUDA's libraries goes on with the CPU, and says so in its log only."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA_PROVIDER, "CPUExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    with pytest.raises(EmograinError, match="no device cuda: onnxruntime .* finds no GPU, or not the libraries"):
        emograin.load(device="cuda")


def test_unknown_devices_are_named(run):
    for path in (None, run):
        with pytest.raises(EmograinError, match=r"unknown device 'gpu', .*\(valid: cpu, cuda\)"):
            emograin.load(path, device="gpu")
