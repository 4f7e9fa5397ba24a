"""The fuse of the day: so many calls and no more, counted in the bucket."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

import pytest

from shared.errors import DailyLimitReached, Uncertain
from shared.jobs.daily_limit import DailyLimit
from tests.pictures import picture
from tests.unit.damo_line import Vendor, all_done, crowd
from tests.unit.fakes import Clock, MemoryBucket, Shop
from tests.unit.pipeline.test_worker import go
from tests.unit.viapi_line import LINK, THROTTLED, ok

MIDNIGHT = datetime(2026, 11, 21, 16, tzinfo=timezone.utc)
"""In Shanghai."""


def allowances(limit: int | None, count: int = 1) -> tuple[list[DailyLimit], MemoryBucket, Clock]:
    clock = Clock()
    bucket = MemoryBucket(clock)
    return [DailyLimit(bucket, limit, clock) for _ in range(count)], bucket, clock


def calls_made(daily_limit: DailyLimit) -> int:
    made = 0
    while True:
        try:
            daily_limit.spend(1)
        except DailyLimitReached:
            return made
        made += 1


@pytest.mark.parametrize("limit", [0, 1, 7, 100])
def test_so_many_calls_and_no_more(limit: int) -> None:
    (daily_limit,), _, _ = allowances(limit)
    assert calls_made(daily_limit) == limit


def test_without_a_limit_nothing_is_counted() -> None:
    (daily_limit,), bucket, _ = allowances(None)
    for _ in range(10):
        daily_limit.spend(1)
    assert bucket.requests == []


def test_instances_share_the_limit_exactly_whoever_comes_when() -> None:
    many, _, _ = allowances(1000, count=5)
    made = [0] * 5
    for turn in range(1000):
        try:
            many[turn * turn % 5].spend(1)
        except DailyLimitReached:
            continue
        made[turn * turn % 5] += 1
    assert sum(made) + calls_made(many[3]) == 1000


def test_threads_share_it_as_well() -> None:
    (daily_limit,), _, _ = allowances(200)
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.append(calls_made(daily_limit))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 200


def test_who_comes_late_finds_the_first_free_number_by_halving() -> None:
    (busy, late), bucket, _ = allowances(100_000, count=2)
    for _ in range(5_000):
        busy.spend(1)
    before = len(bucket.requests)
    late.spend(1)
    assert len(bucket.requests) - before < 2 * 13 + 3


def test_what_was_not_bought_is_spent_on_the_next_call() -> None:
    (daily_limit,), bucket, _ = allowances(1)
    for _ in range(10):
        daily_limit.spend(1)
        daily_limit.give_back(1)
    assert [name for name, _ in bucket.requests] == ["create"]
    assert calls_made(daily_limit) == 1


@pytest.mark.parametrize("made", [True, False])
def test_an_answer_that_is_lost_costs_one_number_at_the_most_and_no_call_too_many(made: bool) -> None:
    (daily_limit,), bucket, _ = allowances(5)
    lost: list[str] = []

    def lose(name: str, key: str) -> None:
        if name == "create" and not lost:
            lost.append(key)
            raise Uncertain("OssUnreachable", "no answer")

    if made:
        bucket.after = lose
    else:
        bucket.before = lose
    assert calls_made(daily_limit) == (4 if made else 5)
    assert len(bucket.things) == 5


def test_a_batch_takes_as_many_as_it_holds_or_the_day_has_left() -> None:
    (daily_limit,), _, _ = allowances(25)
    assert [daily_limit.spend(10) for _ in range(3)] == [10, 10, 5]
    with pytest.raises(DailyLimitReached):
        daily_limit.spend(10)


def test_the_day_ends_at_midnight_in_shanghai() -> None:
    (daily_limit,), _, clock = allowances(1)
    daily_limit.spend(1)
    with pytest.raises(DailyLimitReached) as spent:
        daily_limit.spend(1)
    assert spent.value.until == MIDNIGHT
    clock.now = MIDNIGHT
    daily_limit.spend(1)


def test_past_the_limit_uploads_wait_for_the_new_day_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop(daily_call_limit=2)
    shop.web.always = ok(ImageURL=LINK)
    uploads = [f"uploads/general/common/{number}.jpg" for number in range(5)]
    for key in uploads:
        shop.upload(key, picture())
    assert [shop.receipt(key) is not None for key in uploads] == [True, True, False, False, False]
    first, *others = filter(None, map(shop.job, uploads[2:]))
    assert (first.stage.name, first.due, first.attempts, first.code) == ("waiting", MIDNIGHT, 0, "DailyCallLimit")
    assert {(job.stage.name, job.attempts, job.code) for job in others} == {("waiting", 0, "QuotaTaken")}
    go(shop)
    assert shop.job(uploads[4]) is not None
    assert caplog.text.count("daily_limit_reached") == 1
    assert len(shop.web.sent) == 2


def test_a_limit_smaller_than_a_batch_is_spent_day_by_day_until_all_is_done() -> None:
    vendor = Vendor()
    shop = Shop(web=vendor, daily_call_limit=4)
    uploads = crowd(shop, 10)
    for day in (4, 8, 10):
        go(shop)
        assert vendor.times.total() == day
        shop.clock.pass_(days=1)
    assert all_done(shop, uploads)


def test_a_call_that_was_turned_away_does_not_count() -> None:
    shop = Shop(daily_call_limit=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.not_accepted("uploads/general/common/a.jpg", picture(), THROTTLED)
    shop.upload("uploads/general/common/b.jpg", picture())
    assert shop.receipt("uploads/general/common/b.jpg") is not None
