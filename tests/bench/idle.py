"""What settle costs when there is nothing to do, which is most minutes of the year."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from tests.bench.backlog import by_functions
from tests.bench.progress import say
from tests.bench.table import Table
from tests.cloud.box import Cloud

_TICKS = 20


@dataclass(frozen=True)
class Idle:
    requests: float
    """To OSS, a tick of a warm instance."""
    milliseconds: float
    """A warm tick, the median."""
    cold_milliseconds: float
    """The first, with the start of the instance."""


def measure(ticks: int = _TICKS) -> Idle:
    say(f"idle: {ticks} ticks of settle over an empty bucket")
    with Cloud(timer_seconds=math.inf) as cloud:

        def tick() -> None:
            cloud.fc.tick("settle")
            cloud.fc.quiet(60)

        tick()
        before = len(by_functions(cloud))
        for _ in range(ticks):
            tick()
        cold, *warm = [each.seconds * 1000 for each in cloud.fc.invocations]
        return Idle((len(by_functions(cloud)) - before) / ticks, median(warm), cold)


def table(found: Idle) -> Table:
    return Table(
        "settle with nothing to do",
        ["what", "figure", "goal"],
        [
            ["requests to OSS", f"{found.requests:g}", "≤ 3"],
            ["duration, median", f"{found.milliseconds:.0f} ms", "≤ 50 ms"],
            ["duration of the first, cold", f"{found.cold_milliseconds:.0f} ms", ""],
        ],
        "The first begins with the start of its instance, here from the sources; as deployed it is under Cold start.",
    )
