"""The search for what no queue entry leads to: in steps, each with its bounds, and with nothing left out."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest

from shared.jobs import keys
from shared.jobs.job import Claimed, Job, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline import search as module
from shared.pipeline.scheduler import RECHECK
from shared.pipeline.search import MOST_FOUND, Search
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, Clock, MemoryBucket, Shop
from tests.unit.generated import GeneratedBucket, Names
from tests.unit.pipeline.test_worker import common
from tests.unit.until import until

shop = viapi_line.shop


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


def search_in(bucket: MemoryBucket, **step: int) -> Search:
    return Search(JobStore(bucket, bucket.clock, timedelta(minutes=2)), bucket.clock, **step)


def waits(bucket: MemoryBucket, number: int, *, is_queued: bool, hours: float = 0) -> str:
    """The upload of a job that waits, so many hours, with its entry in the queue or without."""
    job = Job(f"{number}", common(number), START, START + timedelta(hours=hours), stage=Waiting())
    bucket.put(job.upload.job_key, job.to_json())
    if is_queued:
        bucket.put(QueueEntry.of(job).key, b"")
    return job.source


def found(search: Search) -> list[str]:
    return [entry.upload.key for entry in search.step()[0]]


def test_of_many_jobs_those_without_an_entry_are_found_however_small_the_steps(bucket: MemoryBucket) -> None:
    lost = [waits(bucket, number, is_queued=number % 7 != 3) for number in range(100)][3::7]
    assert found(search_in(bucket)) == lost
    search = search_in(bucket, step=9)
    steps = [found(search) for _ in range(21)]  # through 100 jobs and 86 entries
    assert [key for step in steps for key in step] == lost
    assert [found(search) for _ in range(21)] == steps, "and once more from the beginning"


def test_what_was_found_is_due_now_and_says_what_it_is(bucket: MemoryBucket) -> None:
    lost = waits(bucket, 1, is_queued=False)
    bucket.put(Upload(common(2)).recheck_key, b"{}")
    bucket.clock.pass_(minutes=1)
    entries, took = search_in(bucket).step()
    assert entries == [
        QueueEntry("", Claimed.name, bucket.clock(), Upload(lost)),
        QueueEntry("", RECHECK, bucket.clock(), Upload(common(2))),
    ]
    assert took == timedelta(0)


def test_a_step_finds_no_more_than_the_scheduler_can_bear_and_the_next_one_the_rest(bucket: MemoryBucket) -> None:
    lost = [waits(bucket, number, is_queued=False) for number in range(MOST_FOUND + 10)]
    search = search_in(bucket)
    assert [found(search), found(search)] == [lost[:MOST_FOUND], lost[MOST_FOUND:]]


@pytest.mark.parametrize(("enough", "searches"), [(3, 1), (4, 2)])
def test_a_worker_that_has_enough_without_entries_searches_for_no_more(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, enough: int, searches: int
) -> None:
    monkeypatch.setattr("shared.pipeline.worker.MOST_FOUND", enough)
    for number in range(3):
        shop.pipeline.jobs.claim(Upload(common(number)), shop.bucket.put(common(number), picture()))
    shop.clock.pass_(seconds=122)  # their functions have ten more seconds
    shop.worker(shop.clock() + timedelta(seconds=10.5)).run()
    assert min(shop.bucket.requests.count(("list", keys.JOBS)), 2) == searches


def test_a_job_that_was_written_since_the_search_began_is_left_to_the_next_one(bucket: MemoryBucket) -> None:
    search = search_in(bucket)

    def comes(name: str, about: str) -> None:
        bucket.before = lambda name, about: None
        bucket.clock.pass_(seconds=1)
        waits(bucket, 1, is_queued=False)

    bucket.before = comes
    assert [found(search), found(search)] == [[], [common(1)]]


def test_what_one_search_overlooks_the_next_ones_find(bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BITS", 8)
    lost = [waits(bucket, number, is_queued=number < 6) for number in range(10)][6:]
    search = search_in(bucket)
    searches = [found(search) for _ in range(100)]
    assert all({*each} <= {*lost} for each in searches)
    assert any(each != lost for each in searches), "with 6 of 8 bits taken, some are overlooked"
    assert {key for each in searches for key in each} == {*lost}


def test_after_an_error_a_search_begins_anew(bucket: MemoryBucket) -> None:
    lost = waits(bucket, 1, is_queued=False)
    search = search_in(bucket)

    def fails(name: str, about: str) -> None:
        bucket.before = lambda name, about: None
        raise ZeroDivisionError

    bucket.before = fails
    with pytest.raises(ZeroDivisionError):
        search.step()
    assert found(search) == [lost]


def test_a_lost_job_is_found_by_workers_none_of_which_searches_all(shop: Shop) -> None:
    for number in range(30):
        waits(shop.bucket, number, is_queued=number != 17, hours=0 if number == 17 else 8)
    shop.bucket.put(common(17), picture())
    search = Search(shop.pipeline.jobs, shop.clock, step=10)

    def come_by() -> None:
        shop.worker(shop.clock() + timedelta(minutes=1), search=search).run()
        shop.clock.pass_(minutes=1)

    rounds = until(lambda: shop.receipt(common(17)), come_by, most=6)
    assert rounds >= 2, "30 jobs and 29 entries, 10 of them in each round"


# -------------------------------------------------------------------- bounds


def crowd(count: int) -> GeneratedBucket:
    """So many jobs that wait, with their entries."""
    jobs = Names(lambda number: f"jobs/general/common/{number:07}.jpg.json", count)
    queue = Names(lambda number: f"queue/waiting/general/common/20261121T080000.{number:06}Z/{number:07}.jpg", count)
    return GeneratedBucket(Clock(), jobs, queue)


def test_a_step_sends_no_more_requests_with_more_that_waits() -> None:
    def most(count: int) -> int:
        bucket = crowd(count)
        search, requests = search_in(bucket, step=2_000), []
        for _ in range(count // 1_000 + 1):
            before = len(bucket.requests)
            assert found(search) == []
            requests.append(len(bucket.requests) - before)
        return max(requests)

    assert most(2_000) == most(6_000) <= 2 + 2


def test_the_memory_of_a_search_does_not_grow_with_what_waits() -> None:
    def peak(count: int) -> int:
        search = search_in(crowd(count))
        tracemalloc.start()
        try:
            assert found(search) == []
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(2_000), peak(6_000)
    assert many - few < 200_000, "of all names it would be millions"
    assert many < 12_000_000
