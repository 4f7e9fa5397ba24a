"""Finds a CPython 3.10, the Python that Function Compute runs, beside whichever Python runs this."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@functools.cache
def python310() -> str | None:
    """Its command: `$PYTHON310`, this Python, the one on the path, or one of pyenv's; None when there is none."""
    return next((command for command in _candidates() if _is_310(command)), None)


def _candidates() -> Iterator[str]:
    yield os.environ.get("PYTHON310", "")
    # This environment's own base, since an isolated run must not see the environment's packages.
    yield getattr(sys, "_base_executable", sys.executable)
    yield shutil.which("python3.10") or ""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob("versions/3.10*/bin/python3.10"), reverse=True))


def _is_310(command: str) -> bool:
    if not command:
        return False
    # pyenv puts a `python3.10` on the path that only says it cannot run.
    asked = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    answer = subprocess.run([command, "-I", "-S", "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.split() == ["cpython", "3", "10"]
