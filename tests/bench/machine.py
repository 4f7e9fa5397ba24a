"""Which machine the figures are from: a figure without one says nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Cores, processor, system and Python, in one line."""
    return (
        f"{os.cpu_count()} cores of {_processor()}, {platform.system()} {platform.release().split('-')[0]}, "
        f"CPython {platform.python_version()}"
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    if about.exists():
        for line in about.read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
