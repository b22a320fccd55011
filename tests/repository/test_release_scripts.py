"""The scripts that check a release: their functions, and that they know every instruction of the Dockerfile."""

import doctest
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["check_release", "try_dockerfile"])
def test_their_doctests_pass(name):
    found = doctest.testmod(load(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_the_dockerfile_is_understood():
    stages = load("try_dockerfile").parse((ROOT / "Dockerfile").read_text())
    assert [stage[0][0] for stage in stages] == ["FROM", "FROM"]
    assert {"RUN", "COPY", "USER", "ENTRYPOINT", "HEALTHCHECK"} <= {name for stage in stages for name, _ in stage}
    assert all(name.isupper() for stage in stages for name, _ in stage)
