"""How long after the vendor has finished an asynchronous job its result lies in the bucket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from tests.bench.backlog import PHOTO, Arriving
from tests.bench.progress import say
from tests.bench.table import Table
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop

ACTION = "SegmentHDCommonImage"
PENDING = (1, 10, 100)
_QPS = 10
_JOB_SECONDS = 10.0
"""What the vendor takes for a job: the documentation names no figure, and users tell of some seconds."""
_TICK = 60.0
_SINGLES, _APART = 5, 13.0
"""So many jobs of which each is the only one, so many seconds apart: at every phase of the minute."""
_PATIENCE = 150.0


@dataclass(frozen=True)
class Latency:
    """Seconds from the vendor's being done to the result's being in the bucket."""

    pending: int
    waits: Sequence[float]
    """Of each upload whose result came."""
    uploads: int

    @property
    def median(self) -> float:
        """Of all uploads: infinite when the result of half of them did not come in time."""
        return median([*self.waits, *[inf] * (self.uploads - len(self.waits))])


def measured(pending: Sequence[int] = PENDING) -> Iterator[Latency]:
    for each in pending:
        yield measure(each)


def measure(pending: int) -> Latency:
    uploads = _SINGLES if pending == 1 else pending
    say(f"latency: {uploads} asynchronous uploads, {'one at a time' if pending == 1 else 'all at once'}")
    with Cloud(qps=_QPS, latency=0.3, job_seconds=_JOB_SECONDS, timer_seconds=_TICK) as cloud:
        shop = Shop(cloud)
        keys = [f"uploads/general/hd-common/{number:03}.jpg" for number in range(uploads)]
        arriving = Arriving(cloud)
        ends = time.time() + _PATIENCE
        for key in keys:
            shop.upload(key, PHOTO)
            if pending == 1:
                time.sleep(_APART)
        while len(arriving.so_far()) < uploads and time.time() < ends:
            time.sleep(0.2)
        stored = arriving.so_far()
        finished = {each.key: each.at + _JOB_SECONDS for each in cloud.viapi.ledger if each.action == ACTION}
        waits = [stored[key] - finished[key] for key in keys if key in stored]
    say(f"    {len(waits)} stored" + (f", median {median(waits):.1f} s" if waits else ""))
    return Latency(pending, waits, uploads)


def table(found: Sequence[Latency]) -> Table:
    return Table(
        "From the vendor's having finished to the result in the bucket, asynchronous",
        ["jobs pending", "median", "worst", "results", "goal of the median"],
        [
            [
                each.pending,
                f"{each.median:.1f} s",
                f"{max(each.waits, default=inf):.1f} s",
                f"{len(each.waits)} of {each.uploads}",
                "≤ 2 s",
            ]
            for each in found
        ],
        f"A job takes {_JOB_SECONDS:g} s, the quota is {_QPS} calls a second (questions have one of their own), settle "
        f"ticks every {_TICK:g} s. Who is asked for too early may be put off for 5 s: that is the worst."
        + (f" The first row: {_SINGLES} uploads, {_APART:g} s apart." if found[0].pending == 1 else ""),
    )
