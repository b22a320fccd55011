"""A mistake in the settings of a training is reported before torch is imported or anything is loaded."""

import subprocess
import sys

import pytest

from emograin.cli.app import main
from emograin.models import config
from emograin.models.auxiliary_task import SCHEDULES
from emograin.models.methods import METHODS
from emograin.models.thresholds_file import POLICIES

MISTAKES = [
    (["zzz"], "unknown method 'zzz'"),
    (["baseline", "--epochs", "0"], "epochs must be at least 1, got 0"),
    (["baseline", "--auxiliary", "sentimant"], "unknown grouping 'sentimant', did you mean 'sentiment'?"),
    (["baseline", "--temperature", "lineer"], "unknown temperature schedule 'lineer', did you mean 'linear'?"),
    (["baseline", "--precision", "fp8"], "unknown precision 'fp8'"),
    (["baseline", "--alpha", "0.5"], "--alpha is for --auxiliary and would be ignored"),
    (["baseline", "--distillation-weight", "1"], "--distillation-weight is for --teacher and would be ignored"),
    (["baseline", "--teacher", "nowhere"], "the teacher 'nowhere' does not exist"),
    (["baseline", "--data", "nowhere"], "unknown corpus 'nowhere'"),
    (["baseline", "--output", "nowhere", "--resume"], "there is no folder 'nowhere'"),
]


def test_the_names_that_are_checked_without_torch_are_those_of_the_registries():
    from emograin.evaluation import policies, threshold_policies

    assert tuple(METHODS) == config.METHODS
    assert tuple(SCHEDULES) == config.SCHEDULES
    assert tuple(threshold_policies.POLICIES) == POLICIES == tuple(policies.DESCRIPTIONS)


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_one_line_without_torch(arguments, message, tmp_path):
    blocked = "import sys; sys.modules |= dict.fromkeys(['torch', 'transformers', 'datasets', 'accelerate']); "
    code = blocked + f"from emograin.cli.app import main; sys.exit(main(['train', *{arguments!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_training_needs_two_labels(tmp_path, capsys):
    (tmp_path / "one.toml").write_text('name = "one"\nlabels = ["toxic"]\n')
    (tmp_path / "own.csv").write_text("text,labels\nyou idiot,toxic\n")
    arguments = ["--data", str(tmp_path / "own.csv"), "--taxonomy", str(tmp_path / "one.toml")]
    assert main(["train", "baseline", *arguments, "--output", str(tmp_path / "run")]) == 2
    assert "a training needs at least 2 labels, taxonomy 'one' has 1" in capsys.readouterr().err


def test_a_folder_that_holds_a_run_is_refused_before_torch_is_needed(tmp_path, capsys):
    (tmp_path / "run.json").write_text("{}")
    assert main(["train", "baseline", "--output", str(tmp_path)]) == 2
    assert "already holds a run" in capsys.readouterr().err
