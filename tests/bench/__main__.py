"""`python -m tests.bench [measurement …]`: prints the figures that the README quotes, and draws its plots.

Without a name it does them all, which takes a quarter of an hour; `--quick` takes a few minutes and rougher figures.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator

from tests.bench import idle, latency, overhead, quota
from tests.bench.cold_start import RUNS, cold_starts
from tests.bench.machine import machine
from tests.bench.table import Table
from tests.python310 import python310


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, formatter_class=_AS_WRITTEN)
    parser.add_argument("measurement", nargs="*", help=f"of {', '.join(_MEASUREMENTS)}; all of them without one")
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--qps", type=int, nargs="+", default=quota.QPS, help="quota: what was bought")
    parser.add_argument("--latency", type=float, nargs="+", default=quota.LATENCIES, help="quota: the vendor's, in s")
    parser.add_argument("--seconds", type=float, help="quota: how long a case may take where it uses the whole quota")
    chosen = parser.parse_args()
    if unknown := set(chosen.measurement) - set(_MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(_MEASUREMENTS)}")
    print(f"On {machine()}.", flush=True)
    for name in chosen.measurement or _MEASUREMENTS:
        for table in _MEASUREMENTS[name](chosen):
            print(f"\n{table.markdown()}", flush=True)
    return 0


def _quota(chosen: argparse.Namespace) -> Iterator[Table]:
    can = quota.capacity()
    seconds = chosen.seconds or (15 if chosen.quick else 60)
    cases = quota.cases(chosen.qps, chosen.latency, seconds=seconds, can=can)
    yield quota.table(list(quota.measured(cases)), can)


def _overhead(chosen: argparse.Namespace) -> Iterator[Table]:
    yield overhead.table(overhead.measure(30 if chosen.quick else 100))


def _latency(chosen: argparse.Namespace) -> Iterator[Table]:
    yield latency.table(list(latency.measured((10,) if chosen.quick else latency.PENDING)))


def _idle(chosen: argparse.Namespace) -> Iterator[Table]:
    yield idle.table(idle.measure())


def _cold_start(chosen: argparse.Namespace) -> Iterator[Table]:
    python = python310()
    if python is None:
        raise SystemExit("The staged build is for CPython 3.10, and none was found: $PYTHON310 may name one.")
    yield Table(
        f"Cold start on {platform.machine()}, CPython 3.10 with compiled code, medians of {RUNS}",
        "make build && python -m tests.bench cold-start",
        ["function", "import index", "whole process", "bare Python"],
        [
            [each.function, *(f"{figure:.0f} ms" for figure in (each.imported, each.process, each.bare))]
            for each in cold_starts(python)
        ],
    )


_AS_WRITTEN = argparse.RawDescriptionHelpFormatter
_MEASUREMENTS: dict[str, Callable[[argparse.Namespace], Iterator[Table]]] = {
    "cold-start": _cold_start,
    "overhead": _overhead,
    "idle": _idle,
    "latency": _latency,
    "quota": _quota,
}


if __name__ == "__main__":
    sys.exit(main())
