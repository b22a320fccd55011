"""ONNX Runtime is imported without telemetry."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import emograin

CODE = """
import os, sys
import emograin
from emograin.prediction.onnx import session
assert "onnxruntime" not in sys.modules
emograin.load().predict(["so glad"])
assert "onnxruntime" in sys.modules
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


@pytest.mark.parametrize("own", [None, "0"])
def test_telemetry_is_off_unless_the_environment_says_otherwise(own):
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {} if own is None else {"ORT_DISABLE_TELEMETRY": own}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, timeout=200)
    assert done.stdout.strip() == (own or "1"), done.stderr


def test_no_other_module_imports_it():
    package = Path(emograin.__file__).parent
    importing = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime\b", path.read_text(encoding="utf-8"), re.M)
    ]
    assert importing == [str(Path("common", "onnx_runtime.py"))]
