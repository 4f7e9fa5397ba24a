"""Which code functions run, and by which Python."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tests.cloud.function import Function
from tests.cloud.manifest import ROOT
from tools.python310 import python310

Code = Literal["source", "staged"] | Path
"""`source`: functions/<name>/ and the repository, run by `python`. `staged`: what `make build` made and nothing
else, run by a CPython 3.10. A path: its folders called as the functions are, run by `python`."""


def interpreter(function: Function, code: Code, python: str) -> tuple[list[str], list[Path]]:
    """The command, and the folders that are imported from. Raises `ValueError` when there is no CPython 3.10."""
    if isinstance(code, Path):
        return [python, "-I", "-u"], [code / function.name]
    if code == "source":
        return [python, "-I", "-u"], [ROOT / "functions" / function.name, ROOT]
    if (staged := python310()) is None:
        raise ValueError("a staged build is for CPython 3.10, and none was found here; $PYTHON310 may name one")
    return [staged, "-I", "-S", "-u"], [(ROOT / function.code).resolve()]
