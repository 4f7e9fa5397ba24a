"""What a million uploads cost: settle while they wait, in memory and in requests, and a backfill of them.

The bucket makes up its listings, so that it takes no memory itself, and the clock stands still but for what is said to
take time: a page of a listing, and a call. `python -m tests.bench.million settle 1000000` is one of the two, in a
process of its own.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from shared.cloud.ports import ListedObject
from shared.entry.timeouts import Timeouts
from shared.jobs.backlog import BacklogOwner
from shared.jobs.job import Job, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline.backfill import Backfill
from shared.pipeline.backfill_order import Order
from shared.pipeline.runs import JobRunner, RunResult
from shared.pipeline.search import Search
from shared.vendors.prices import Prices
from tests.bench.progress import say
from tests.bench.table import Table
from tests.bench.usage import forget_peak, peak_mb, resident_mb
from tests.unit.fakes import START, Clock, Shop
from tests.unit.generated import GeneratedBucket, Names

COUNTS = (1_000, 100_000, 1_000_000)
_PAGE_SECONDS, _CALLS = 0.05, 10
_SETTLE_SECONDS = 600.0
"""Its timeout."""


@dataclass(frozen=True)
class Measured:
    uploads: int
    peak: float
    """MB (10^6 bytes) above what the process took before."""
    requests: int
    """To OSS: settle's in the round that sent the most, without those of its jobs; a backfill's, without the one for
    each upload."""
    seconds: float = 0.0
    """Until the lost job was found: of the clock in the bench."""


def measured(what: str, counts: Sequence[int] = COUNTS) -> Iterator[Measured]:
    for count in counts:
        say(f"{what}: {count:,} uploads")
        command = [sys.executable, "-m", "tests.bench.million", what, str(count)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        yield Measured(**json.loads(run.stdout))


def settle(count: int) -> Measured:
    """Rounds of settle one after the other, while so many jobs wait, until the one that has no entry is found."""
    shop = Shop()
    clock = shop.clock
    lost = Job("lost", f"uploads/general/common/{count // 2:07}.jpg.lost.jpg", START, START, stage=Waiting())
    names = Names(lambda number: f"jobs/general/common/{number:07}.jpg.json", count)
    bucket = GeneratedBucket(clock, names, Names(_entry, count), seconds=_PAGE_SECONDS)
    bucket.put(lost.upload.job_key, lost.to_json())
    shop.bucket = bucket
    instance = shop.meet(shop.compose(shop.web, JobStore(bucket, clock, timedelta(seconds=_SETTLE_SECONDS * 1.1))))
    search, runner = Search(instance.jobs, clock), _Served(bucket, lost.upload)
    before = _forget()
    most = 0
    while runner.found is None:
        bucket.requests.clear()
        ends = clock() + timedelta(seconds=Timeouts.within(_SETTLE_SECONDS).begin)
        replace(shop.worker(ends, dispatcher=instance, search=search), runner=runner).run()
        most = max(most, len(bucket.requests))
    return Measured(count, peak_mb(os.getpid()) - before, most, (runner.found - START).total_seconds())


def backfill(count: int) -> Measured:
    """Of so many uploads, none of which has a receipt."""
    clock = Clock()
    bucket = GeneratedBucket(clock, Names(lambda number: f"uploads/general/common/{number:07}.jpg", count))
    jobs, owner = JobStore(bucket, clock, timedelta(hours=1)), BacklogOwner(bucket, bucket, clock)
    order, lasts = Order(confirm=True), timedelta(hours=1)
    before = _forget()
    report = Backfill(bucket, jobs, owner, _Accepts(), Prices({}), _event, clock, lasts).run(order)
    assert report.set_going == count, report
    return Measured(count, peak_mb(os.getpid()) - before, len(bucket.requests))


def table(of_settle: Sequence[Measured], of_backfill: Sequence[Measured]) -> Table:
    return Table(
        "A million uploads",
        ["uploads", "settle: memory", "requests a round", "a lost job is found after", "backfill: memory", "requests"],
        [
            [
                each.uploads,
                f"{each.peak:.0f} MB",
                each.requests,
                f"{each.seconds:,.0f} s",
                f"{other.peak:.0f} MB",
                other.requests,
            ]
            for each, other in zip(of_settle, of_backfill, strict=True)
        ],
        f"Memory is what was taken beside the process as it began. settle is busy all the time, with {_CALLS} calls a "
        f"second, and a page of a listing takes {_PAGE_SECONDS * 1000:.0f} ms. Its requests are those of one round, "
        "without those of the jobs that it moves on: most list the first entries of the queue, once a second. Those of "
        "a backfill are its listings and its progress; each upload that it sets going takes one more.",
    )


def _entry(number: int) -> str:
    upload = f"uploads/general/common/{number:07}.jpg"
    due = START - timedelta(seconds=1_000_000) + timedelta(microseconds=number)
    return QueueEntry.of(Job("", upload, START, due, stage=Waiting())).key


class _Served(JobRunner):
    """Serves whatever it is given."""

    def __init__(self, bucket: GeneratedBucket, lost: Upload) -> None:
        self.found: datetime | None = None
        self._bucket = bucket
        self._lost = lost

    def run_jobs(self, entries: Sequence[QueueEntry]) -> dict[Upload, RunResult]:
        self._bucket.clock.pass_(seconds=len(entries) / _CALLS)
        for entry in entries:
            self._bucket.remove(entry.upload.job_key)
            if entry.upload == self._lost:
                self.found = self._bucket.clock()
        return dict.fromkeys((entry.upload for entry in entries), None)


class _Accepts:
    def invoke(self, group: str, event: bytes) -> None:
        pass


def _event(listed: ListedObject) -> bytes:
    return listed.key.encode()


def _forget() -> float:
    """MB in use; from here on the peak is counted."""
    forget_peak(os.getpid())
    return resident_mb(os.getpid())


if __name__ == "__main__":
    logging.disable()
    measure = {"settle": settle, "backfill": backfill}[sys.argv[1]]
    print(json.dumps(asdict(measure(int(sys.argv[2])))))
