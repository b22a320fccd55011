"""The machine that a benchmark runs on, and files that hold the results of several machines."""

import json
import os
from pathlib import Path
from typing import Any

# Flag of /proc/cpuinfo -> name of the fastest instructions for products of integers, the fastest first
INSTRUCTIONS = {"amx_int8": "AMX", "avx512_vnni": "AVX-512 VNNI", "avx_vnni": "AVX VNNI", "avx2": "AVX2"}


def processor() -> str:
    """Return the name of the processor (Linux)."""
    return _cpuinfo("model name") or "unknown"


def describe_machine() -> str:
    """Return what speed depends on: cores, processor, and the fastest instructions for products of integers (Linux)."""
    flags = _cpuinfo("flags").split()
    fastest = next((name for flag, name in INSTRUCTIONS.items() if flag in flags), "other instructions")
    return f"{len(os.sched_getaffinity(0))} cores, {processor()}, {fastest}"


def add_result(path: Path, result: dict[str, Any]) -> None:
    """Add results of this machine to a JSON file: machine -> name -> result; those of the same names are replaced."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machine = describe_machine()
    found[machine] = found.get(machine, {}) | result
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _cpuinfo(key: str) -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
