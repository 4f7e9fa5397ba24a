"""What instances use, as the kernel counts it from outside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psutil


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far, of all that still run; in steps of a hundredth of a second each."""
    total = 0.0
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def resident_mb(pid: int) -> float:
    """Memory in use, in MB (10^6 bytes)."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def forget_peak(pid: int) -> None:
    """From here on, `peak_mb` tells the most since now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def peak_mb(pid: int) -> float:
    """The most memory that was in use at any moment, in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"the kernel tells no peak of {pid}")
