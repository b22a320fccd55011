"""Numeric precision of the forward pass: bf16 autocast where the hardware is faster in it."""

import time
from functools import cache

import torch

MARGIN = 1.5  # AMX and AMD's Zen 5 compute bf16 over 3 times as fast as float32, others about half as fast


def resolve_precision(precision: str, device: str) -> str:
    """Return bf16 or float32. A measurement may decide, so a training resolves `auto` once and keeps the result.

    Args:
        precision: "bf16", "float32", or "auto": bf16 where the hardware is faster in it.
        device: Type of the device, such as "cuda".
    """
    if precision != "auto":
        return precision
    return "bf16" if is_faster_in_bf16(device) else "float32"


def autocast(precision: str, device: str) -> torch.autocast:
    """Return a context in which matrix products are computed in the given precision; weights stay float32.

    Args:
        precision: "bf16" or "float32".
        device: Type of the device, such as "cuda".
    """
    return torch.autocast(device, torch.bfloat16, enabled=precision == "bf16")


def is_faster_in_bf16(device: str) -> bool:
    """Return whether matrix products in bf16 are faster.

    That holds for GPUs and CPUs with AMX tiles. CPUs with AVX-512's bf16 instructions differ (docs/log.md), so they
    are measured, once per process.

    Args:
        device: Type of the device, such as "cuda".
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    if device != "cpu":
        return False
    if torch.cpu._is_amx_tile_supported():
        return True
    return torch.cpu._is_avx512_bf16_supported() and _cpu_products_are_faster_in_bf16()


@cache
def _cpu_products_are_faster_in_bf16() -> bool:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several threads wait for each other on a busy machine
    try:
        return _seconds_per_product(torch.float32) > MARGIN * _seconds_per_product(torch.bfloat16)
    finally:
        torch.set_num_threads(threads)


def _seconds_per_product(dtype: torch.dtype, repeats: int = 10) -> float:
    """Return the shortest time of a product of the size of MiniLM's feed-forward layers."""
    inputs, weights = torch.ones(256, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
    times = []
    with torch.inference_mode():
        for _ in range(repeats):
            start = time.perf_counter()
            torch.nn.functional.linear(inputs, weights)
            times.append(time.perf_counter() - start)
    return min(times)
