"""Memory that a training has freed is kept for its next step, and returned afterwards."""

import ctypes
import resource
from pathlib import Path

import pytest
import torch

from emograin.training.allocation import kept_memory

BYTES = 48 * 2**20  # above the limit up to which glibc keeps blocks by itself
STATUS = Path("/proc/self/statm")


def page_faults():
    """Allocate and free a block; return the number of pages that the operating system had to provide."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(BYTES, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_bytes():
    return int(STATUS.read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version") or not STATUS.exists(), reason="needs glibc on Linux"
)
def test_freed_memory_is_kept_inside_the_context_only():
    pages = BYTES // resource.getpagesize()
    assert page_faults() > pages / 2
    with kept_memory():
        assert min(page_faults() for _ in range(5)) < pages / 10
        inside = resident_bytes()
    assert inside - resident_bytes() > BYTES / 2
    assert page_faults() > pages / 2


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    with kept_memory():
        pass
