"""How much of the quota that was bought is used while uploads wait, and how many calls the vendor turns away."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence

from tests.bench.backlog import Case, Drained, drain, seed
from tests.bench.contenders import CONTENDERS
from tests.bench.progress import say
from tests.bench.table import Table, percent
from tests.cloud.box import Cloud

QPS = (2, 10, 50)
LATENCIES = (0.3, 1.0, 3.0)
TICK = 60.0
"""Seconds between two ticks of settle, by s.yaml."""
MOST = 1000
_FASTEST = 0.5
"""Times slower."""
_PATIENCE = 2.0
"""A case is cut off after so many times the time that the whole quota would take, and a tick."""


def capacity(uploads: int = 60) -> float:
    """Photos a second from upload to result that this machine can do at most, by the CPU time that one takes.

    Not by the clock: with no quota and no waiting, it is Function Compute's pauses that tell how long that takes.
    """
    with Cloud(qps=10_000, timer_seconds=math.inf) as cloud:
        events = seed(cloud, uploads + 8)
        drain(cloud, events[:8], seconds=60)  # the instances start
        before = time.process_time()
        drained = drain(cloud, events[8:], seconds=120)
        box, functions = time.process_time() - before, drained.cpu_seconds
    # The box is one Python process, which no second core makes faster.
    return drained.stored / max(box, (box + functions) / (os.cpu_count() or 1))


def slower(qps: int, images_a_second: float) -> float:
    """How many times slower time must go for the machine to be asked for a quarter of what it can do.

    With more, the box itself is late to note a call, by more than lies between two of them. Below 1 time goes faster,
    but not much: settle's own pauses, when it begins and between two rounds, do not.
    """
    return max(_FASTEST, qps / max(1, int(images_a_second / 4)))


def affordable(qps: int, latency: float, *, seconds: float, can: float) -> Case:
    """A case that takes about `seconds` of the box's time where it uses the whole quota; of 20 uploads at least, and
    `MOST` at most."""
    by = slower(qps, can)
    return Case(qps, latency, round(max(20, min(MOST, qps / by * seconds))), by)


def run(case: Case) -> Drained:
    with CONTENDERS[0].cloud(case, TICK) as cloud:
        events = seed(cloud, case.uploads)
        patience = _PATIENCE * case.uploads / case.box_qps + TICK * case.slower
        return drain(cloud, events, seconds=patience, latency=case.box_latency)


def measured(cases: Sequence[Case]) -> Iterator[tuple[Case, Drained]]:
    for number, case in enumerate(cases, 1):
        say(
            f"quota {number} of {len(cases)}: {case.uploads} uploads at {case.qps} QPS, a call takes {case.latency:g} s"
            f", time {case.slower:g} times slower"
        )
        drained = run(case)
        say(f"    {percent(drained.share(case.box_qps))} of the quota, {percent(drained.throttled_share)} throttled")
        yield case, drained


def table(found: Sequence[tuple[Case, Drained]], can: float) -> Table:
    return Table(
        "Quota used under backlog",
        ["QPS bought", "vendor's latency", "uploads", "time slowed", "used", "throttled", "results", "done after"],
        [
            [
                case.qps,
                f"{case.latency:g} s",
                case.uploads,
                f"{case.slower:g} ×",
                percent(drained.share(case.box_qps)),
                percent(drained.throttled_share),
                f"{drained.stored:,} of {drained.uploads:,}",
                f"{drained.seconds / case.slower:.0f} s",
            ]
            for case, drained in found
        ],
        "Calls served by the quota's, from the first upload that has to wait to the last call; settle ticks "
        f"every {TICK:g} s. Box and functions together can do {can:.0f} photos a second on this machine. So that they "
        "need not do more than a quarter of that, time goes slower, or may go faster: the quota is divided by the "
        "factor, latency, tick and timeouts are multiplied; Function Compute's own pauses and this project's stay as "
        "they are.",
    )
