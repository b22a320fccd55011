"""The devices that predictions are computed on."""

import io
from contextlib import redirect_stdout
from typing import Any, Literal, get_args

from .errors import EmograinError, unknown_name
from .onnx_runtime import import_onnxruntime

Device = Literal["cpu", "cuda"]
DEVICES: tuple[str, ...] = get_args(Device)
CUDA_PROVIDER = "CUDAExecutionProvider"
ON_CPU = "--device cpu"


def check_device(name: str) -> None:
    """Raise an error for a name that is not in `DEVICES`."""
    if name not in DEVICES:
        raise unknown_name("device", name, DEVICES)


def torch_device(name: str) -> Any:
    """Return a torch.device.

    Args:
        name: cpu or cuda; CUDA_VISIBLE_DEVICES chooses among several GPUs.

    Raises:
        EmograinError: The name is unknown, or torch finds no GPU.
    """
    import torch

    check_device(name)
    if name == "cuda" and not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        raise EmograinError(f"no device cuda: torch {torch.__version__}, {built}, finds no GPU", ON_CPU)
    return torch.device(name)


def onnx_providers(name: str) -> list[str]:
    """Return the execution providers of onnxruntime for a device, in the order in which they take nodes.

    Args:
        name: cpu or cuda.

    Raises:
        EmograinError: The name is unknown, or onnxruntime is built without CUDA.
    """
    onnxruntime = import_onnxruntime()
    check_device(name)
    if name == "cpu":
        return ["CPUExecutionProvider"]
    if CUDA_PROVIDER not in onnxruntime.get_available_providers():
        raise EmograinError(
            f"no device cuda: onnxruntime {onnxruntime.__version__} is built without CUDA",
            f"pip uninstall onnxruntime; pip install 'onnxruntime-gpu[cuda,cudnn]'; or {ON_CPU}",
        )
    onnxruntime.set_default_logger_severity(4)  # the session reports whether the provider started
    with redirect_stdout(io.StringIO()):  # it prints missing libraries there
        onnxruntime.preload_dlls()  # CUDA and cuDNN from packages of pip, where there are any
    return [CUDA_PROVIDER, "CPUExecutionProvider"]
