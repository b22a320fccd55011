"""Numeric precision of the forward pass: bf16 autocast where the hardware computes in it."""

import torch


def autocast(precision: str, device: str) -> torch.autocast:
    """Return a context in which matrix products are computed in the given precision; weights stay float32.

    Args:
        precision: "bf16", "float32", or "auto": bf16 where the hardware is faster in it.
        device: Type of the device, such as "cuda".
    """
    bf16 = precision == "bf16" or (precision == "auto" and is_faster_in_bf16(device))
    return torch.autocast(device, torch.bfloat16, enabled=bf16)


def is_faster_in_bf16(device: str) -> bool:
    """Return whether matrix products in bf16 are faster: on GPUs with them, and on CPUs with AMX tiles.

    AVX-512's bf16 instructions alone are slower than float32 (docs/log.md).
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    return device == "cpu" and torch.cpu._is_amx_tile_supported()
