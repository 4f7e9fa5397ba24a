"""`python -m tests.reliability [--schedules 1000] [--burst 2000]`: what was done to lose an upload, to have it paid for
twice, or to let a secret out, and what came of it: the last table of `docs/figures.md`.

Every figure is counted as this runs. The exit code is 1 when a promise was broken or a planted bug was not found.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial

from tests.reliability import burst
from tests.reliability.burst_figures import Burst
from tests.reliability.crash_points import walk
from tests.reliability.figures import Figures, table
from tests.reliability.hostile_inputs import TRIALS, counted
from tests.reliability.leaks import watched
from tests.reliability.planted import PLANTED, Plant, is_found
from tests.reliability.shapes import SHAPES, Shape
from tests.reliability.soak import processes, soak
from tests.unit.fakes import AtOnce

Hostile = Callable[[], int]
"""Tries hostile inputs; raises `AssertionError` when one does harm, and returns how many there were."""

FASTER = 1.5
"""So many times goes time in a burst: six calls a second in all, which two cores carry with ease."""

HOSTILE_INPUTS: tuple[Hostile, ...] = tuple(partial(counted, trial) for trial in TRIALS.values())


def measure(
    schedules: int,
    shapes: Sequence[Shape] = SHAPES,
    plants: Sequence[Plant] = PLANTED,
    hostile: Sequence[Hostile] = HOSTILE_INPUTS,
    uploads: int = 0,
    pool: Executor | None = None,
) -> Figures:
    """Does it all, and a burst of so many `uploads`. What is found is printed as it is found.

    Schedules and planted bugs go to the processes of `pool`, if any.
    """
    figures = Figures()
    with watched() as watch:
        for shape in shapes:
            walked = figures.walks[shape.name] = walk(shape)
            for kind, sentence in walked.wrong:
                figures.wrong[kind] += 1
                print(f"{kind}: {sentence}")
        for attempt in hostile:
            figures.wrong["broken"] += 1
            with _reported():
                figures.hostile += attempt()
                figures.wrong["broken"] -= 1
    soaked = soak(schedules, pool)
    figures.schedules = soaked.counts
    figures.wrong += soaked.counts.wrong
    figures.lines = watch.lines + soaked.lines
    figures.wrong["leaked"] += len(watch.leaked) + soaked.leaked
    found = (pool or AtOnce()).map(is_found, plants)
    figures.planted = dict(zip((plant.__name__ for plant in plants), found, strict=True))
    if uploads:
        figures.burst = burst.measure(Burst(uploads, FASTER))
        figures.wrong += Counter({"lost": figures.burst.lost, "paid twice": figures.burst.paid_twice})
        for sentence in figures.burst.broken():
            figures.wrong["broken"] += 1
            print(f"broken: in a burst, {sentence}")
    return figures


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except AssertionError as found:
        print(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--burst", type=int, default=2_000, metavar="UPLOADS", help="0: none")
    asked = parser.parse_args()
    with processes() as pool:
        figures = measure(asked.schedules, uploads=asked.burst, pool=pool)
    print("\n| what | count |\n|---|---|")
    for what, count in table(figures):
        print(f"| {what} | {count} |")
    for name, found in figures.planted.items():
        if not found:
            print(f"not found: {name}")
    return 0 if figures.good else 1


if __name__ == "__main__":
    sys.exit(main())
