"""`python -m tests.reliability.soak [--schedules 10000] [--seed 0]`: as many schedules as there is patience for.

The seed of a stretch that failed repeats it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reliability.schedules import Schedule

_STRETCH = 500


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


def soak(schedules: int, first_seed: int = 0) -> None:
    """Runs that many schedules, each stretch of them from a seed of its own; raises what hypothesis found, reduced."""
    began = time.monotonic()
    for number, start in enumerate(range(0, schedules, _STRETCH), first_seed):
        stretch = min(_STRETCH, schedules - start)
        search(stretch, number)
        print(f"{start + stretch:8,} schedules, seed {number}, {time.monotonic() - began:6.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.getLogger("oss_cutout").setLevel(logging.CRITICAL)  # what production says of the faults dealt to it
    soak(asked.schedules, asked.seed)
    counts = Schedule.counts
    print(
        f"{counts.schedules:,} schedules: {counts.events:,} events, {counts.duplicates:,} of them duplicates; "
        f"{counts.deaths:,} deaths, {sum(counts.faults.values()):,} faults, {counts.skewed:,} wrong clocks; "
        f"{counts.billed:,} calls billed, "
        f"{sum(counts.billed_again.values()):,} of them again where nobody can know; {counts.excluded:,} uploads left "
        f"out; lost {counts.wrong['lost']}, otherwise paid twice {counts.wrong['paid twice']}"
    )
    for reason, times in counts.billed_again.most_common():
        print(f"{times:8,} {reason}")
    for fault, times in sorted(counts.faults.items()):
        print(f"{times:8,} {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
