"""`python -m tests.reliability.soak [--schedules 10000] [--seed 0]`: as many schedules as there is patience for.

The seed of a stretch that failed repeats it.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reliability.leaks import watched
from tests.reliability.ledger import Counts
from tests.reliability.schedules import Schedule
from tests.unit.fakes import AtOnce

_STRETCH = 250


@dataclass
class Soaked:
    """What schedules did, and what came of it."""

    counts: Counts = field(default_factory=Counts)
    lines: int = 0
    """Of the log, all of them read."""
    leaked: int = 0
    found: tuple[str, ...] = ()
    """What hypothesis found, reduced."""

    def __add__(self, other: Soaked) -> Soaked:
        return Soaked(
            self.counts + other.counts,
            self.lines + other.lines,
            self.leaked + other.leaked,
            (*self.found, *other.found),
        )


def search(examples: int, number: int, *phases: Phase) -> None:
    """So many schedules from the seed `number`; raises `AssertionError` over what hypothesis found, reduced."""
    run_state_machine_as_test(
        seed(number)(Schedule),
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            derandomize=False,  # the seed does that, and other schedules can be had by another one
            database=None,
            deadline=None,
            phases=phases or tuple(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )


def stretch(number: int, schedules: int) -> Soaked:
    """So many schedules from the seed `number`, in this process."""
    began, soaked = time.monotonic(), Soaked()
    with pytest.MonkeyPatch.context() as patch, watched() as watch:
        patch.setattr(Schedule, "counts", soaked.counts)
        try:
            search(schedules, number)
        except AssertionError as found:
            soaked.found = ("\n".join([str(found), *getattr(found, "__notes__", ())]),)
            print(soaked.found[0])
    soaked.lines, soaked.leaked = watch.lines, len(watch.leaked)
    print(f"{schedules:8,} schedules, seed {number}, {time.monotonic() - began:6.0f} s", flush=True)
    return soaked


def soak(schedules: int, pool: Executor | None = None, first_seed: int = 0) -> Soaked:
    """Runs that many schedules, each stretch of them from a seed of its own; in the processes of `pool`, if any."""
    sizes = [min(_STRETCH, schedules - start) for start in range(0, schedules, _STRETCH)]
    return sum((pool or AtOnce()).map(stretch, count(first_seed), sizes), Soaked())


@contextmanager
def processes() -> Iterator[Executor]:
    """One for each core, in which production says nothing. They begin anew: a copy of this one would have its threads'
    locks and not its threads."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), _be_quiet) as pool:
        yield pool


def _be_quiet() -> None:
    logging.getLogger("oss_cutout").setLevel(logging.CRITICAL)  # of each of the faults that it meets


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with processes() as pool:
        soaked = soak(asked.schedules, pool, asked.seed)
    counts = soaked.counts
    print(
        f"{counts.schedules:,} schedules: {counts.events:,} events, {counts.duplicates:,} of them duplicates; "
        f"{counts.deaths:,} deaths, {sum(counts.faults.values()):,} faults, {counts.skewed:,} wrong clocks; "
        f"{counts.billed:,} calls billed, "
        f"{sum(counts.billed_again.values()):,} of them again where nobody can know; {counts.excluded:,} uploads left "
        f"out; lost {counts.wrong['lost']}, otherwise paid twice {counts.wrong['paid twice']}, leaked {soaked.leaked}"
    )
    for reason, times in counts.billed_again.most_common():
        print(f"{times:8,} {reason}")
    for fault, times in sorted(counts.faults.items()):
        print(f"{times:8,} {fault}")
    return int(bool(soaked.found or soaked.leaked))


if __name__ == "__main__":
    sys.exit(main())
