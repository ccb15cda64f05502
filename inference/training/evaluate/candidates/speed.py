"""Measures the time of one input, and names the kind of processor but not the machine."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

WARM_UP = 2
RUNS = 12

CPU_INFO = Path("/proc/cpuinfo")
# What decides the speed of int8, best first; as Linux names the flags.
INSTRUCTIONS = {
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX VNNI",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "asimddp": "dot product",
}


def time_once(work: Callable[[], object], threads: int) -> dict[str, Any]:
    """The median of a dozen runs after warming up, in milliseconds."""
    for _ in range(WARM_UP):
        work()
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return {
        "ms": round(1000 * median(seconds), 1),
        "threads": threads,
        "processor": processor_family(),
    }


def processor_family(cpu_info: Path = CPU_INFO) -> str:
    """Architecture and the widest instructions for small numbers, such as ``x86_64, AVX2``."""
    family = platform.machine() or "unknown"
    try:
        text = cpu_info.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return family
    flags = {
        flag
        for line in text.splitlines()
        if line.split(":")[0].strip() in ("flags", "Features")
        for flag in line.partition(":")[2].split()
    }
    best = [words for flag, words in INSTRUCTIONS.items() if flag in flags]
    return f"{family}, {best[0]}" if best else family
