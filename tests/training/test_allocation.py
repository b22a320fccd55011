"""Memory that a training has freed is kept for its next step, and returned afterwards."""

import ctypes
import json
import subprocess
import sys
from pathlib import Path

import pytest

from emograin.training.allocation import kept_memory

BYTES = 40 * 2**20  # above the limit up to which glibc keeps blocks by itself

# In a process of its own, whose heap no other test has used. Resident memory, not page faults: with transparent huge
# pages, one fault brings 512 pages.
MEASUREMENT = f"""
import json, resource
from pathlib import Path
import torch
from emograin.training.allocation import kept_memory

def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

def growth(size={BYTES}):
    before = resident_bytes()
    torch.empty(size, dtype=torch.uint8).fill_(1)  # allocated, filled and freed
    return resident_bytes() - before

measured = {{"before": growth()}}
with kept_memory():
    measured["first inside"] = growth()
    measured["next inside"] = min(growth() for _ in range(5))
    inside = resident_bytes()
measured["returned"] = inside - resident_bytes()
measured["afterwards"] = growth({8 * BYTES})  # more than the six blocks above: it fits in none of their places
print(json.dumps(measured))
"""


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version") or not Path("/proc/self/statm").exists(),
    reason="needs glibc on Linux",
)
def test_freed_memory_is_kept_inside_the_context_only():
    process = subprocess.run([sys.executable, "-c", MEASUREMENT], capture_output=True, text=True, check=True)
    measured = json.loads(process.stdout)
    assert measured["before"] < BYTES / 10
    assert measured["first inside"] > BYTES * 0.9
    assert measured["next inside"] < BYTES / 10, "a freed block is used again"
    assert measured["returned"] > BYTES * 0.9
    assert measured["afterwards"] < BYTES / 10


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    with kept_memory():
        pass
