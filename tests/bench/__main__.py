"""`python -m tests.bench`: prints the figures that the README quotes."""

from __future__ import annotations

import platform
import sys

from tests.bench.cold_start import RUNS, cold_starts
from tests.python310 import python310


def main() -> int:
    python = python310()
    if python is None:
        print("The staged build is for CPython 3.10, and there is none here: install one, or name it in $PYTHON310.")
        return 1
    print(f"Cold start on {platform.machine()}, CPython 3.10 with compiled code, medians of {RUNS}, in milliseconds:\n")
    print(f"{'function':12}{'import index':>14}{'whole process':>15}{'bare Python':>13}")
    for found in cold_starts(python):
        print(f"{found.function:12}{found.imported:14.0f}{found.process:15.0f}{found.bare:13.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
