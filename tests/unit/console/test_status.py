"""What waits, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from console.records.under_way import under_way
from console.status import pace_by_listing, status
from shared.jobs.job import Blocked, Waiting
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.messages.message import Message
from tests.unit.console.records.made import receipt
from tests.unit.fakes import Clock, MemoryBucket

COMMON, GOODS = "general/common", "goods/commodity"


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


def _park(bucket: MemoryBucket, capability: str, name: str, code: str = "", *, blocked: bool = False) -> None:
    store = JobStore(bucket, bucket.clock, timedelta(minutes=2))
    job = store.claim(Upload(f"uploads/{capability}/{name}"), "E")
    assert job is not None
    stage = Blocked() if blocked else Waiting(keeps_place=True)
    parked = replace(job, stage=stage, lease_until=None, due=bucket.clock()).with_reason(code, Message("why", "原因"))
    store.save(parked)
    store.put_in_queue(parked)


def _pace(capability: str) -> float | None:
    return {COMMON: 2.0}.get(capability)


def test_an_empty_bucket_has_nothing_that_waits(bucket: MemoryBucket) -> None:
    found = status(bucket, under_way(bucket), _pace)
    assert (found.waiting, found.under_way, found.oldest, found.lanes) == (0, 0, None, ())


def test_each_lane_says_how_many_wait_and_why(bucket: MemoryBucket) -> None:
    first = bucket.clock()
    for number in range(3):
        _park(bucket, COMMON, f"{number}.jpg", "QuotaTaken")
        bucket.clock.pass_(seconds=1)
    _park(bucket, GOODS, "a.jpg", "NotActivated", blocked=True)
    JobStore(bucket, bucket.clock, timedelta(minutes=2)).claim(Upload(f"uploads/{COMMON}/held.jpg"), "E")
    found = status(bucket, under_way(bucket), _pace)
    common, goods = found.lanes
    assert (common.capability, common.stage, common.count, common.oldest) == (COMMON, "waiting", 3, first)
    assert (common.code, common.message.zh, common.minutes_left) == ("QuotaTaken", "原因", 1.5)
    assert (goods.stage, goods.code, goods.minutes_left) == ("blocked", "NotActivated", None)
    assert (found.waiting, found.under_way, found.oldest) == (4, 5, first)


def test_the_pace_is_that_of_the_last_receipts(bucket: MemoryBucket) -> None:
    for number in range(7):
        receipt(bucket, f"{number}.jpg")
    bucket.clock.pass_(minutes=11)
    for number in range(2):
        receipt(bucket, f"late {number}.jpg")
    bucket.clock.pass_(minutes=2)
    assert pace_by_listing(bucket, bucket.clock())(COMMON) is None, "two are too few"
    for number in range(4):
        receipt(bucket, f"later {number}.jpg")
    pace = pace_by_listing(bucket, bucket.clock())
    assert (pace(COMMON), pace(GOODS), pace("")) == (3.0, None, None)
