"""`python -m tests.reliability [--schedules 1000] [--burst 2000]`: what was done to lose an upload, to have it paid for
twice, or to let a secret out, and what came of it: the last table of `docs/figures.md`.

Every figure is counted as this runs. The exit code is 1 when a promise was broken or a planted bug was not found.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.reliability import burst
from tests.reliability.burst_figures import Burst, Found
from tests.reliability.crash_points import RETRIES, Walked, walk
from tests.reliability.hostile_inputs import TRIALS, counted
from tests.reliability.leaks import watched
from tests.reliability.ledger import Counts
from tests.reliability.planted import (
    FOUND_BY_SCHEDULES,
    PLANTED,
    Plant,
    is_found_by_crash_points,
    is_found_by_schedules,
)
from tests.reliability.promises import Kind
from tests.reliability.schedules import Schedule
from tests.reliability.shapes import SHAPES, Shape
from tests.reliability.soak import soak

Hostile = Callable[[], int]
"""Tries hostile inputs; raises `AssertionError` when one does harm, and returns how many there were."""

FASTER = 1.5
"""So many times goes time in a burst: six calls a second in all, which two cores carry with ease."""

HOSTILE_INPUTS: tuple[Hostile, ...] = tuple(partial(counted, trial) for trial in TRIALS.values())


@dataclass
class Figures:
    walks: dict[str, Walked] = field(default_factory=dict)
    """By the name of the shape."""
    schedules: Counts = field(default_factory=Counts)
    planted: dict[str, bool] = field(default_factory=dict)
    """Whether each was found."""
    hostile: int = 0
    lines: int = 0
    """Of the log, all of them read."""
    burst: Found | None = None
    """None when there was none."""
    wrong: Counter[Kind] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        return not self.wrong.total() and all(self.planted.values())


def measure(
    schedules: int,
    shapes: Sequence[Shape] = SHAPES,
    plants: Sequence[Plant] = PLANTED,
    hostile: Sequence[Hostile] = HOSTILE_INPUTS,
    uploads: int = 0,
) -> Figures:
    """Does it all, and a burst of so many `uploads`. What is found is printed as it is found."""
    figures = Figures()
    with watched() as watch:
        for shape in shapes:
            walked = figures.walks[shape.name] = walk(shape)
            for kind, sentence in walked.wrong:
                figures.wrong[kind] += 1
                print(f"{kind}: {sentence}")
        with pytest.MonkeyPatch.context() as patch, _reported():
            patch.setattr(Schedule, "counts", figures.schedules)
            soak(schedules)
        figures.wrong += figures.schedules.wrong
        for attempt in hostile:
            figures.wrong["broken"] += 1
            with _reported():
                figures.hostile += attempt()
                figures.wrong["broken"] -= 1
    figures.lines = watch.lines
    figures.wrong["leaked"] += len(watch.leaked)
    for plant in plants:
        is_found = is_found_by_schedules if plant in FOUND_BY_SCHEDULES else is_found_by_crash_points
        figures.planted[plant.__name__] = is_found(plant)
    if uploads:
        found = figures.burst = burst.measure(Burst(uploads, FASTER))
        figures.wrong += Counter({"lost": found.lost, "paid twice": found.paid_twice})
        for sentence in found.broken():
            figures.wrong["broken"] += 1
            print(f"broken: in a burst, {sentence}")
    return figures


def table(figures: Figures) -> Iterator[tuple[str, str]]:
    """The rows."""
    walks, schedules, wrong = figures.walks.values(), figures.schedules, figures.wrong
    yield "crash points tried", crash_points({name: walked.points for name, walked in figures.walks.items()})
    yield "schedules run", f"{schedules.schedules:,}"
    yield "duplicates delivered", f"{sum(walked.duplicates for walked in walks) + schedules.duplicates:,}"
    yield "deaths", f"{sum(walked.deaths for walked in walks) + schedules.deaths:,}"
    yield "faults injected", f"{schedules.faults.total():,}"
    yield "instances with a wrong clock", f"{schedules.skewed:,}"
    uncertain = sum((walked.uncertain for walked in walks), schedules.uncertain)
    yield "changes of the bucket that got no answer", _told(uncertain.elements())
    made_again = sum((walked.made_again for walked in walks), schedules.made_again)
    yield "of them made again, after looking", _told(made_again.elements())
    yield "planted bugs found", f"{sum(figures.planted.values())} of {len(figures.planted)}"
    if figures.hostile:
        yield "hostile inputs tried", f"{figures.hostile:,}"
    if figures.burst:
        yield from figures.burst.rows()
    yield "**lost**", f"**{wrong['lost']:,}**"
    yield "**paid twice outside the named points**", f"**{wrong['paid twice']:,}**"
    yield "**leaked**", f"**{wrong['leaked']:,}**, in {figures.lines:,} log lines and every receipt"
    yield "other promises broken", f"{wrong['broken']:,}"
    yield (
        "the named points: crash points that cost a second call",
        _told(_unnumbered(each) for walked in walks for each in walked.paid_again),
    )
    yield (
        "second calls in the schedules, by reason",
        _told(schedules.billed_again.elements()),
    )


def crash_points(points: Mapping[str, int]) -> str:
    """The first row's figures, of the points by shape."""
    return f"{sum(points.values()):,}, each {len(RETRIES)} times: " + "; ".join(
        f"{name} {count}" for name, count in points.items()
    )


def _told(reasons: Iterable[str]) -> str:
    counted = Counter(reasons)
    return f"{counted.total():,}: " + "; ".join(f"{times:,} {reason}" for reason, times in counted.most_common())


def _unnumbered(boundary: str) -> str:
    """The kind of boundary: without the upload, and which of its kind."""
    return re.sub(r" uploads/\S+|, number \d+", "", boundary)


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
    figures = measure(asked.schedules, uploads=asked.burst)
    print("\n| what | count |\n|---|---|")
    for what, count in table(figures):
        print(f"| {what} | {count} |")
    for name, found in figures.planted.items():
        if not found:
            print(f"not found: {name}")
    return 0 if figures.good else 1


if __name__ == "__main__":
    sys.exit(main())
