"""What settle's work costs while many jobs wait: the first call, and what OSS is asked for each that is made."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.backlog import ACTION, PHOTO, by_functions
from tests.bench.progress import say
from tests.bench.table import Table
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop

WAITING = (100, 1000, 10_000)
_QPS, _LATENCY = 10, 0.3
_CALLS = 150
"""After so many the round is not watched any longer: several times as many as it prepares ahead of the quota."""
_FIRST = "parked-00000"
_DUE = 15.0
"""Seconds after which what was turned away once is due, and more."""
_PATIENCE = 120.0


@dataclass(frozen=True)
class Queue:
    waiting: int
    first_call: float
    """Seconds from the tick to the first call; infinite when none came."""
    requests_before: int
    """To OSS, before that."""
    calls: int
    """Served while it was watched."""
    requests_a_call: float
    """To OSS, from the first of them on."""
    calls_a_second: float


def measured(waiting: Sequence[int] = WAITING) -> Iterator[Queue]:
    for each in waiting:
        yield measure(each)


def measure(waiting: int) -> Queue:
    say(f"queue: parking {waiting} jobs")
    with Cloud(qps=_QPS, latency=_LATENCY, timer_seconds=math.inf) as cloud:
        cloud.fc.tick("settle")  # so that its instance is warm
        cloud.fc.quiet(60)
        parked = time.monotonic()
        _park(cloud, waiting)
        time.sleep(max(0.0, parked + _DUE - time.monotonic()))
        say("    settle ticks")
        before = len(cloud.viapi.ledger)
        ticked = time.time()
        cloud.fc.tick("settle")
        while len(cloud.viapi.ledger) - before < min(waiting, _CALLS) and time.time() - ticked < _PATIENCE:
            time.sleep(0.05)
        calls = [each.at for each in list(cloud.viapi.calls)[before:] if each.action == ACTION and each.at > ticked]
        requests = [each.at for each in by_functions(cloud, ticked)]
        if not calls:
            return Queue(waiting, math.inf, len(requests), 0, math.inf, 0.0)
        first, last = calls[0], calls[-1]
        during = sum(first < at <= last for at in requests)
        return Queue(
            waiting,
            first - _LATENCY - ticked,
            sum(at <= first for at in requests),
            len(calls),
            during / len(calls),
            (len(calls) - 1) / (last - first) if last > first else 0.0,
        )


def table(found: Sequence[Queue]) -> Table:
    return Table(
        "settle with a long queue",
        ["jobs waiting", "first call after", "requests to OSS before it", "requests a call", "calls a second"],
        [
            [
                each.waiting,
                f"{each.first_call:.1f} s",
                each.requests_before,
                f"{each.requests_a_call:.1f}",
                f"{each.calls_a_second:.1f}",
            ]
            for each in found
        ],
        f"Goal: the first within 2 s, and neither column of requests grows with what waits. {_QPS} QPS; watched for "
        f"{_CALLS} calls or all there are. Requests before the first call prepare those that follow; those a call are "
        "a photo's own and the queue's: its entry, its lease, and the listings of every second. The functions parked "
        "one upload; the others are copies of what they wrote for it.",
    )


def _park(cloud: Cloud, jobs: int) -> None:
    """Lets the functions park one upload, and copies all that they wrote for it under other names."""
    shop = Shop(cloud)
    fault = cloud.viapi.fault("throttle")
    shop.upload(f"uploads/general/common/{_FIRST}.jpg", PHOTO)
    cloud.fc.quiet(60)
    fault.lift()
    about = [each.key for each in shop.bucket.list("") if _FIRST in each.key]
    written = [(key, shop.raw.get_object(key).read()) for key in about]
    if len(written) < 2:
        raise RuntimeError("the functions wrote nothing about what the vendor turned away: nothing to copy")
    for number in range(1, jobs):
        name = f"parked-{number:05}"
        for key, content in written:
            cloud.oss.plant(key.replace(_FIRST, name), content.replace(_FIRST.encode(), name.encode()))
