"""One way to make listing pictures in a process of its own: what it takes of the CPU, and of memory at its most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Literal

from tests.bench.usage import peak_mb

Way = Literal["ours", "pillow", "matting"]
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Usage:
    cpu: float
    """Seconds, without the imports."""
    peak: float
    """MB (10^6 bytes), of the whole process."""
    others: dict[str, float] = field(default_factory=dict)
    """What the function measured by itself."""


def usage(way: Way, what: str, photo: Path, cutout: Path, folder: Path) -> Usage:
    """Of the function `what` in the module `way` beside this one. Raises `RuntimeError` when it fails."""
    command = [sys.executable, "-m", __name__, way, what, *map(str, (photo, cutout, folder))]
    environment = {**os.environ, "VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}
    ran = subprocess.run(command, env=environment, cwd=_ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{way} made no {what}: {ran.stderr[-2000:]}")
    return Usage(**json.loads(ran.stdout))


def _main(way: str, what: str, *files: str) -> None:
    work = getattr(import_module(f"tests.bench.listings.{way}"), what)
    begin = _cpu()
    found = work(*map(Path, files))
    # The kernel's own peak of this program: getrusage's would begin with that of the process it was forked from.
    said = Usage(_cpu() - begin, peak_mb(os.getpid()), found if isinstance(found, dict) else {})
    print(json.dumps(said.__dict__))


def _cpu() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    _main(*sys.argv[1:])
