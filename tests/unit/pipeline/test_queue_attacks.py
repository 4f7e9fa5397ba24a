"""Odd states of the queue: none may make a worker spin, or keep an upload waiting behind outdated entries."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

import pytest

from shared.cloud.ports import ListedObject
from shared.errors import Unavailable
from shared.jobs import keys, leases
from shared.jobs.backlog import BacklogOwner
from shared.jobs.job import Job, Unstored, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.snapshot import has_new_companion
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, Clock, MemoryBucket, Shop
from tests.unit.viapi_line import COMMON, HD, LINK, PAIR, SUBMITTED, THROTTLED, ok, status

shop = viapi_line.shop


def go(shop: Shop, seconds: float = 60) -> float:
    """Run a worker; how many seconds of the clock it took."""
    began = shop.clock()
    ends = began + timedelta(seconds=seconds)
    shop.worker(ends).run()
    return (shop.clock() - began).total_seconds()


def waiting_entry(upload: str, due: datetime) -> str:
    """The key of the queue entry that a job of `upload` has while it waits until `due`."""
    return QueueEntry.of(Job("1", upload, due, due, stage=Waiting())).key


def test_a_backlogs_announcement_holds_for_the_next_worker_as_well(shop: Shop) -> None:
    settle = BacklogOwner(shop.bucket, shop.bucket, shop.clock)  # kept by the instance, from one worker to the next
    settle.announce(frozenset({"general/common"}), shop.clock() + timedelta(minutes=8))
    shop.clock.pass_(minutes=7)
    settle.announce(frozenset({"general/common"}), shop.clock() + timedelta(minutes=8))
    shop.clock.pass_(minutes=4)
    function = BacklogOwner(shop.bucket, shop.bucket, shop.clock)
    function.joined("general/common")
    shop.clock.pass_(seconds=4)
    assert function.owns("general/common")


def test_two_threads_may_learn_at_once_that_the_backlog_is_gone(shop: Shop) -> None:
    function = shop.dispatcher.backlog_owner
    function.joined("general/common")
    shop.clock.pass_(seconds=4)

    def another(name: str, key: str) -> None:
        if key == keys.OWNER:
            shop.bucket.before = lambda name, key: None
            assert not function.owns("general/common")

    shop.bucket.before = another
    assert not function.owns("general/common")


def test_an_older_jobs_entry_does_not_hide_a_new_ones(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), etag)
    shop.bucket.put(waiting_entry(COMMON, shop.clock() + timedelta(hours=8)), b"")
    shop.clock.pass_(seconds=1)
    go(shop)
    assert shop.receipt(COMMON) is not None


@pytest.mark.parametrize("stage", ["waiting", "claimed", "blocked", "nonsense"])
@pytest.mark.parametrize("ahead", [0, 150])
def test_an_entry_of_the_year_9999_hides_no_job_that_has_none_of_its_own(shop: Shop, stage: str, ahead: int) -> None:
    etag = shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), etag)
    for key in shop.keys(f"{keys.QUEUE}waiting/"):
        del shop.bucket.things[key]  # the instance died before it wrote that
    junk = f"queue/{stage}/general/common/99991231T235959.999999Z/shoe.jpg"
    shop.bucket.put(junk, b"")
    for number in range(ahead):
        shop.bucket.put(waiting_entry(f"uploads/general/common/{number}.jpg", shop.clock() + timedelta(hours=1)), b"")
    shop.clock.pass_(seconds=1)
    go(shop)
    assert shop.receipt(COMMON) is not None
    assert ahead or junk not in shop.bucket.things


@pytest.mark.parametrize("hours", [1, 47])
def test_an_entry_without_a_job_holds_no_capability_back(shop: Shop, hours: float) -> None:
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), shop.bucket.put(COMMON, picture()))
    at = shop.clock() + timedelta(hours=hours)
    entry = QueueEntry.of(Job("1", "uploads/general/common/nothing.jpg", at, at, stage=Unstored(None))).key
    shop.bucket.put(entry, b"")
    shop.clock.pass_(seconds=1)
    go(shop)
    assert shop.receipt(COMMON) is not None
    assert entry not in shop.bucket.things


def test_a_job_that_another_instance_holds_is_not_read_with_every_search(shop: Shop) -> None:
    assert shop.pipeline.jobs.claim(Upload(COMMON), shop.bucket.put(COMMON, picture())) is not None
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())  # keeps the worker alive
    go(shop)
    assert shop.bucket.requests.count(("read", Upload(COMMON).job_key)) <= 2


def test_what_a_dead_instance_holds_hides_nothing_that_waits_behind(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{number:03}.jpg" for number in range(250)]
    for upload in uploads:
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
        shop.clock.pass_(milliseconds=1)
    for upload in uploads[:200]:  # more than a listing of the queue shows of a lane
        found = shop.pipeline.jobs.find(Upload(upload))
        assert found is not None
        assert shop.pipeline.jobs.acquire(found)
    go(shop)
    assert [upload for upload in uploads if shop.receipt(upload)] == uploads[200:]
    assert go(shop) == 0, "and when nothing waits behind them, the worker ends at once"


def test_a_bug_in_a_recheck_comes_once_a_worker(shop: Shop) -> None:
    shop.bucket.put(COMMON, picture())
    shop.bucket.put(Upload(COMMON).recheck_key, b"{}")
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    bugs = 0

    def bug(name: str, about: str) -> None:
        nonlocal bugs
        if (name, about) == ("create", Upload(COMMON).job_key):
            bugs += 1
            raise ZeroDivisionError

    shop.bucket.before = bug
    with pytest.raises(ZeroDivisionError):
        go(shop)
    assert bugs == 1


def test_a_job_that_no_instance_survives_keeps_no_worker_alive(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    shop.clock.pass_(minutes=10)
    monkeypatch.setattr(leases, "win", lambda *_: False)
    assert go(shop) < 15


def test_a_recheck_of_an_upload_whose_ticket_takes_long_keeps_no_worker_alive(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    shop.clock.pass_(minutes=8)
    assert go(shop) < 15


def test_runs_that_wait_for_a_thread_when_the_time_is_up_are_left_to_the_next_worker(shop: Shop) -> None:
    for name in "abc":
        upload = f"uploads/general/common/{name}.jpg"
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
    shop.clock.pass_(seconds=1)
    shop.web.before = lambda request: shop.clock.pass_(seconds=40)
    with ThreadPoolExecutor(1) as pool:
        shop.worker(shop.clock() + timedelta(seconds=30), pool, sleep=time.sleep).run()
    assert len(shop.web.sent) == 1


def test_a_listing_that_fails_once_does_not_end_the_worker(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    listings = 0

    def fail(name: str, about: str) -> None:
        nonlocal listings
        if (name, about) == ("list", keys.QUEUE):
            listings += 1
            if listings in (6, 7):  # a listing and a search
                raise Unavailable("OssUnreachable", "OSS was not reached")

    shop.bucket.before = fail
    with suppress(Unavailable):
        go(shop)
    assert listings > 20


def test_a_name_in_the_queue_without_a_moment_is_passed_over(shop: Shop) -> None:
    shop.bucket.put("queue/waiting/general/common/20269999T999999.000000Z/x.jpg", b"")
    go(shop)


def test_entries_without_a_job_do_not_close_the_circuit_breaker(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{name}.jpg" for name in range(12)]
    for upload in uploads:
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
        shop.bucket.put(waiting_entry(f"{upload}.gone.jpg", shop.clock()), b"")
        shop.clock.pass_(seconds=1)
    shop.web.always = THROTTLED
    go(shop, seconds=30)
    assert len(shop.web.sent) < 12, "pauses of 1, 2, 4, 8 and 16 seconds after the first refusals"


def test_jobs_behind_outdated_entries_need_not_wait_for_the_next_worker(shop: Shop) -> None:
    for number in range(1100):
        shop.bucket.put(waiting_entry(f"uploads/general/common/{number}.jpg", shop.clock()), b"")
    shop.clock.pass_(seconds=1)
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), shop.bucket.put(COMMON, picture()))
    shop.clock.pass_(seconds=1)
    go(shop)
    assert shop.receipt(COMMON) is not None


def test_refusals_of_calls_that_were_already_sent_count_as_one(shop: Shop) -> None:
    for name in range(12):
        upload = f"uploads/general/common/{name}.jpg"
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
    shop.clock.pass_(seconds=1)
    shop.web.answers = [THROTTLED] * 10
    shop.web.always = ok(ImageURL=LINK)
    with_vendor = Barrier(10, timeout=10)
    arrived = count()
    shop.web.before = lambda request: with_vendor.wait() if next(arrived) < 10 else None
    with ThreadPoolExecutor(10) as pool:
        shop.worker(shop.clock() + timedelta(seconds=60), pool).run()
    assert len([key for key in shop.keys(keys.CUTOUTS) if key.endswith(".json")]) == 12


class Crowd(MemoryBucket):
    """A bucket in which 100,000 masks lie beside every photo."""

    def list(self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True) -> Iterator[ListedObject]:
        return (ListedObject(f"{prefix}{number}", "E", START, 1) for number in range(100_000))


def test_masks_without_number_beside_a_photo_take_no_memory() -> None:
    bucket = Crowd(Clock())
    tracemalloc.start()
    new = has_new_companion(bucket, Job("1", PAIR, START, START, inputs_etag="I"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert new
    assert most < 5_000_000
