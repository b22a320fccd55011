"""Import of ONNX Runtime."""

import os
from typing import Any


def import_onnxruntime() -> Any:
    """Import onnxruntime with its telemetry disabled, unless the environment sets ORT_DISABLE_TELEMETRY.

    It may report usage, and its thread prevents a forked process from exiting.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
