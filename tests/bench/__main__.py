"""`python -m tests.bench [measurement …]`: prints the figures of `docs/figures.md`.

Without a name it does them all, which takes an hour; `--quick` takes a few minutes, and gives rougher figures. A whole
side by side draws the two plots of that page.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import (
    figures,
    idle,
    latency,
    many_receipts,
    memory,
    million,
    overhead,
    plots,
    poisoned,
    queue,
    quota,
    side_by_side,
    slow_vendor,
)
from tests.bench.cold_start import OURS, RUNS, Starter, cold_starts
from tests.bench.listings import cost, gate, quality, sheet
from tests.bench.machine import machine
from tests.bench.stage import stage_peer
from tests.bench.table import Table
from tests.pictures.known_alpha import NAMES, known_alpha
from tools.python310 import python310


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, formatter_class=_AS_WRITTEN)
    parser.add_argument("measurement", nargs="*", help=f"of {', '.join(MEASUREMENTS)}; all of them without one")
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--qps", type=int, nargs="+", default=quota.QPS, help="quota: what was bought")
    parser.add_argument("--latency", type=float, nargs="+", default=quota.LATENCIES, help="quota: the vendor's, in s")
    parser.add_argument(
        "--seconds", type=float, help="quota, side-by-side: so long a case may take where it uses all of it"
    )
    parser.add_argument(
        "--write", action="store_true", help="put each table into docs/figures.md as soon as it is there"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.measurement) - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(MEASUREMENTS)}")
    where = f"On {machine()}."
    print(where, flush=True)
    if chosen.write:
        figures.write("machine", where)
    given = [word for word in sys.argv[1:] if word not in (*MEASUREMENTS, "--write")]
    for name in chosen.measurement or MEASUREMENTS:
        texts = []
        for table in MEASUREMENTS[name](chosen):
            texts.append(table.markdown(" ".join([".venv/bin/python -m tests.bench", name, *given])))
            print(f"\n{texts[-1]}", flush=True)
            if chosen.write:
                figures.write(name, "\n\n".join(texts))
    return 0


@lru_cache(maxsize=1)
def _can() -> float:
    return quota.capacity()


def _quota(chosen: argparse.Namespace) -> Iterator[Table]:
    seconds = chosen.seconds or (15 if chosen.quick else math.inf)
    cases = [
        quota.affordable(qps, latency, seconds=seconds, can=_can()) for qps in chosen.qps for latency in chosen.latency
    ]
    yield quota.table(list(quota.measured(cases)), _can())


def _side_by_side(chosen: argparse.Namespace) -> Iterator[Table]:
    at, between = (side_by_side.QPS, side_by_side.LATENCY), ((2, 1.0), (50, 1.0), (10, 0.3), (10, 3.0))
    seconds = chosen.seconds or (8 if chosen.quick else 40)
    cases = [quota.affordable(*each, seconds=seconds, can=_can()) for each in (at, *(() if chosen.quick else between))]
    found = list(side_by_side.runs(cases))
    told = [run for run in found if run.case == cases[0]]
    yield side_by_side.table(told, side_by_side.overheads(20 if chosen.quick else 50))
    if not chosen.quick:
        plots.throughput([run for run in found if run.case.latency == side_by_side.LATENCY])
        plots.cost([run for run in found if run.case.qps == side_by_side.QPS])


def _overhead(chosen: argparse.Namespace) -> Iterator[Table]:
    yield overhead.table(overhead.measure(30 if chosen.quick else 100))


def _memory(chosen: argparse.Namespace) -> Iterator[Table]:
    yield memory.table(memory.measure())


def _latency(chosen: argparse.Namespace) -> Iterator[Table]:
    yield latency.table(list(latency.measured((10,), ("all equal",)) if chosen.quick else latency.measured()))


def _queue(chosen: argparse.Namespace) -> Iterator[Table]:
    yield queue.table(list(queue.measured((100,) if chosen.quick else queue.WAITING)))


def _million(chosen: argparse.Namespace) -> Iterator[Table]:
    counts = million.COUNTS[:-1] if chosen.quick else million.COUNTS
    yield million.table(*([*million.measured(what, counts)] for what in ("settle", "backfill")))


def _slow_vendor(chosen: argparse.Namespace) -> Iterator[Table]:
    yield slow_vendor.table(slow_vendor.measure(40 if chosen.quick else slow_vendor.UPLOADS))


def _poisoned(chosen: argparse.Namespace) -> Iterator[Table]:
    photos, slower = 100 if chosen.quick else poisoned.PHOTOS, quota.slower(poisoned.QPS, _can())
    note = f"A call takes {poisoned.LATENCY:g} s. Time slowed {slower:g} ×, as under Quota."
    yield poisoned.table(list(poisoned.measured(photos, slower)), note)


def _idle(chosen: argparse.Namespace) -> Iterator[Table]:
    yield idle.table(idle.measure())


def _listing(chosen: argparse.Namespace) -> Iterator[Table]:
    seeds = (1,) if chosen.quick else (1, 2)
    width, height, longest = (1500, 1000, 500) if chosen.quick else (6000, 4000, 2000)
    with TemporaryDirectory(prefix="listing-") as name:
        folder = Path(name)
        small = [known_alpha(each, 2400, 1800, seed=seed) for each in NAMES for seed in seeds]
        yield cost.table(cost.measure(small, folder))
        yield gate.table([*gate.judged(small, folder)])
        del small
        yield quality.table([*quality.measured(width, height, longest, folder)], width, height, longest)
        if chosen.write:
            sheet.draw(6000, 4000, folder)


def _cold_start(chosen: argparse.Namespace) -> Iterator[Table]:
    python = python310()
    if python is None:
        raise SystemExit("The staged build is for CPython 3.10, and none was found: $PYTHON310 may name one.")
    found, bare = cold_starts(python, [*OURS, Starter("the usual function", stage_peer("usual", python))])
    usual = found[-1]
    rows = [
        [each.name, f"{each.imported:.0f} ms", f"{each.ready:.0f} ms", f"{each.ready / usual.ready:.2f}"]
        for each in found
    ]
    yield Table(
        "Cold start",
        ["function", "import index", "ready, goal ≤ 250 ms", "of the usual, goal ≤ 0.75"],
        [*rows, ["a bare interpreter", "", f"{bare:.0f} ms", f"{bare / usual.ready:.2f}"]],
        f"Ready is the first request for an event, from the start of the process. CPython 3.10, compiled code, medians "
        f"of {RUNS} taken in turn.",
    )


_AS_WRITTEN = argparse.RawDescriptionHelpFormatter
MEASUREMENTS: dict[str, Callable[[argparse.Namespace], Iterator[Table]]] = {
    "cold-start": _cold_start,
    "listing": _listing,
    "overhead": _overhead,
    "memory": _memory,
    "idle": _idle,
    "latency": _latency,
    "queue": _queue,
    "million": _million,
    "quota": _quota,
    "slow-vendor": _slow_vendor,
    "poisoned": _poisoned,
    "side-by-side": _side_by_side,
    "day-two": lambda _: many_receipts.tables(),
}


if __name__ == "__main__":
    sys.exit(main())
