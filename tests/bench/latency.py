"""How long after the vendor has finished an asynchronous job its result lies in the bucket."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from tests.bench.backlog import PHOTO, Arriving
from tests.bench.progress import say
from tests.bench.table import Table
from tests.cloud.box import Cloud
from tests.cloud.viapi import Viapi
from tests.scenarios.shop import Shop

ACTION = "SegmentHDCommonImage"
PENDING = (1, 10, 100)
_QPS = 10
_JOB_SECONDS = 10.0
"""What the vendor takes for a job: the documentation names no figure, and users report some seconds."""
TIMES: Mapping[str, Callable[[int], float]] = {
    "all equal": lambda number: _JOB_SECONDS,
    "± 30 %": lambda number: _JOB_SECONDS * random.Random(number).uniform(0.7, 1.3),
    "a third of them 4 ×": lambda number: _JOB_SECONDS * (4 if number % 3 == 1 else 1),
}
"""The seconds that the job of an upload takes, by the upload's number."""
_GOAL_FOR = "all equal"
"""With other times the quota's polls do not suffice for it, whenever they are sent."""
_TICK = 60.0
_SINGLES, _APART = 5, 3.0
"""Uploads of which each is the only one, and the seconds from the end of one's job to the next upload: at every phase
of the minute."""
_PATIENCE = 150.0
"""Seconds after the last upload."""


@dataclass(frozen=True)
class Latency:
    """Seconds from the end of the vendor's work to the result's being in the bucket."""

    pending: int
    times: str
    waits: Sequence[float]
    """Of each upload whose result came."""
    uploads: int

    @property
    def median(self) -> float:
        """Of all uploads: infinite when the result of half of them did not come in time."""
        return median([*self.waits, *[inf] * (self.uploads - len(self.waits))])


def measured(pending: Sequence[int] = PENDING, times: Sequence[str] = tuple(TIMES)) -> Iterator[Latency]:
    for each in times:
        for number in pending:
            yield measure(number, each)


def measure(pending: int, times: str) -> Latency:
    uploads = _SINGLES if pending == 1 else pending
    say(f"latency: {uploads} asynchronous uploads, {'one at a time' if pending == 1 else 'all at once'}, {times}")
    with Cloud(qps=_QPS, latency=0.3, timer_seconds=_TICK) as cloud:
        shop = Shop(cloud)
        seconds = {f"uploads/general/hd-common/{number:03}.jpg": TIMES[times](number) for number in range(uploads)}
        viapi = cloud.viapi
        assert isinstance(viapi, Viapi)
        viapi.jobs.seconds_of = seconds.__getitem__
        arriving = Arriving(cloud)
        for key, takes in seconds.items():
            shop.upload(key, PHOTO)
            if pending == 1:
                time.sleep(takes + _APART)
        ends = time.time() + _PATIENCE
        while len(arriving.so_far()) < uploads and time.time() < ends:
            time.sleep(0.2)
        stored = arriving.so_far()
        finished = {each.key: each.at + seconds[each.key] for each in cloud.viapi.ledger if each.action == ACTION}
        waits = [stored[key] - finished[key] for key in seconds if key in stored]
    say(f"    {len(waits)} stored" + (f", median {median(waits):.1f} s" if waits else ""))
    return Latency(pending, times, waits, uploads)


def table(found: Sequence[Latency]) -> Table:
    return Table(
        "From the vendor's having finished to the result in the bucket, asynchronous",
        ["job times", "jobs pending", "median", "worst", "results", "goal of the median"],
        [
            [
                each.times,
                each.pending,
                f"{each.median:.1f} s",
                f"{max(each.waits, default=inf):.1f} s",
                f"{len(each.waits)} of {each.uploads}",
                "≤ 2 s" if each.times == _GOAL_FOR else "–",
            ]
            for each in found
        ],
        f"A job takes {_JOB_SECONDS:g} s, or what the first column says; the quota is {_QPS} calls and as many polls a "
        f"second; settle ticks every {_TICK:g} s. In rows with one job pending, {_SINGLES} uploads come one after the "
        "other.",
    )
