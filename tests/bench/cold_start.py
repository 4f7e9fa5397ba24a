"""How long a new instance takes until its handler can be called: importing what was staged, in a bare CPython 3.10."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.build import OUT

RUNS = 20

_IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
begin = time.perf_counter()
import index
print((time.perf_counter() - begin) * 1000)
"""


class ColdStart(NamedTuple):
    """Medians, in milliseconds."""

    function: str
    imported: float
    """`import index`, inside the process."""
    process: float
    """The whole process, from its start to its end."""
    bare: float
    """The same process with nothing to import, taken in turn with the others."""


def cold_starts(python: str) -> Iterator[ColdStart]:
    for folder in sorted(OUT.glob("[a-z]*")):
        runs = [_run(python, folder) for _ in range(RUNS + 1)][1:]  # the first one warms the disk's cache
        imported, process, bare = (median(figures) for figures in zip(*runs, strict=True))
        yield ColdStart(folder.name, imported, process, bare)


def _run(python: str, folder: Path) -> tuple[float, float, float]:
    begin = time.perf_counter()
    done = subprocess.run(
        [python, "-I", "-S", "-c", _IMPORT, str(folder)], cwd=folder, capture_output=True, text=True, check=True
    )
    loaded = time.perf_counter()
    subprocess.run([python, "-I", "-S", "-c", ""], check=True)
    return float(done.stdout), (loaded - begin) * 1000, (time.perf_counter() - loaded) * 1000
