"""Odd states of the queue: none of them may make settle spin, or keep one upload waiting behind what is past."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.job import Job, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline.polling import PollEstimator, _Experience
from shared.pipeline.worker import Worker
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, AtOnce, Shop
from tests.unit.viapi_line import COMMON, HD, LINK, SUBMITTED, THROTTLED, ok, status

shop = viapi_line.shop


def go(shop: Shop, seconds: float = 60) -> float:
    """One round; how many seconds of the clock it took."""
    began = shop.clock()
    ends = began + timedelta(seconds=seconds)
    Worker(shop.dispatcher, ends, AtOnce(), sleep=lambda pause: shop.clock.pass_(seconds=pause)).run()
    return (shop.clock() - began).total_seconds()


def waiting_entry(upload: str, due: datetime) -> str:
    """The key of the queue entry that a job of `upload` has while it waits until `due`."""
    return QueueEntry.of(Job("1", upload, due, due, stage=Waiting())).key


def test_the_sign_that_settle_is_draining_holds_for_the_next_round_as_well(shop: Shop) -> None:
    settle = BacklogOwner(shop.bucket, shop.bucket, shop.clock)  # an instance keeps it from round to round
    settle.announce(frozenset({"general/common"}), shop.clock() + timedelta(minutes=8))
    shop.clock.pass_(minutes=7)
    settle.announce(frozenset({"general/common"}), shop.clock() + timedelta(minutes=8))
    shop.clock.pass_(minutes=4)
    function = BacklogOwner(shop.bucket, shop.bucket, shop.clock)
    function.joined("general/common")
    shop.clock.pass_(seconds=4)
    assert function.owns("general/common")


def test_two_threads_may_learn_at_once_that_settle_has_gone(shop: Shop) -> None:
    drain = shop.dispatcher.backlog_owner
    drain.joined("general/common")
    shop.clock.pass_(seconds=4)

    def another(name: str, key: str) -> None:
        if key == keys.OWNER:
            shop.bucket.before = lambda name, key: None
            assert not drain.owns("general/common")

    shop.bucket.before = another
    assert not drain.owns("general/common")


def test_a_result_that_comes_while_another_thread_asks_whether_it_is_early_is_no_bug() -> None:
    forecast = PollEstimator(lambda: START)

    class Interrupted(_Experience):
        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if name == "unfinished" and value is not None:
                self.unfinished = None
            return value

    second = timedelta(seconds=1)
    forecast._of["damo/matting"] = Interrupted(unfinished=4 * second)
    assert forecast.too_early("damo/matting", START - second, START) == 3.5 * second


def test_a_turn_that_an_older_job_left_does_not_hide_a_new_ones(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), etag)
    shop.bucket.put(waiting_entry(COMMON, shop.clock() + timedelta(hours=8)), b"")
    shop.clock.pass_(seconds=1)
    go(shop)
    assert shop.receipt(COMMON) is not None


def test_what_somebody_has_in_hand_is_not_looked_at_with_every_search(shop: Shop) -> None:
    assert shop.pipeline.jobs.claim(Upload(COMMON), shop.bucket.put(COMMON, picture())) is not None
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())  # keeps the round awake
    go(shop)
    assert shop.bucket.requests.count(("read", Upload(COMMON).job_key)) <= 2


def test_a_bug_over_news_comes_once_a_round(shop: Shop) -> None:
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


def test_a_job_that_nobody_survives_keeps_no_round_awake(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    shop.clock.pass_(minutes=10)
    monkeypatch.setattr(JobStore, "_win", lambda *_: False)
    assert go(shop) < 15


def test_news_of_an_upload_whose_ticket_takes_long_keep_no_round_awake(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    shop.clock.pass_(minutes=8)
    assert go(shop) < 15


def test_what_stood_before_a_thread_when_the_round_ended_is_left_to_the_next(shop: Shop) -> None:
    for name in "abc":
        upload = f"uploads/general/common/{name}.jpg"
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
    shop.clock.pass_(seconds=1)
    shop.web.before = lambda request: shop.clock.pass_(seconds=40)
    with ThreadPoolExecutor(1) as pool:
        Worker(shop.dispatcher, shop.clock() + timedelta(seconds=30), pool).run()
    assert len(shop.web.sent) == 1


def test_a_listing_that_fails_once_does_not_end_the_round(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    looks = 0

    def falter(name: str, about: str) -> None:
        nonlocal looks
        if (name, about) == ("list", keys.QUEUE):
            looks += 1
            if looks in (6, 7):  # a look and a search
                raise Unavailable("OssUnreachable", "OSS was not reached")

    shop.bucket.before = falter
    with suppress(Unavailable):
        go(shop)
    assert looks > 20


def test_a_name_in_the_queue_that_tells_no_moment_stops_nobody(shop: Shop) -> None:
    shop.bucket.put("queue/waiting/general/common/20269999T999999.000000Z/x.jpg", b"")
    go(shop)


def test_turns_that_came_to_nothing_do_not_open_a_door_that_refuses(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{name}.jpg" for name in range(12)]
    for upload in uploads:
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
        shop.bucket.put(waiting_entry(f"{upload}.gone.jpg", shop.clock()), b"")
        shop.clock.pass_(seconds=1)
    shop.web.always = THROTTLED
    go(shop, seconds=30)
    assert len(shop.web.sent) < 12, "pauses of 1, 2, 4, 8 and 16 seconds after the first refusals"


def test_turns_that_jobs_have_left_behind_keep_nobody_waiting_for_the_next_round(shop: Shop) -> None:
    for number in range(1100):
        shop.bucket.put(waiting_entry(f"uploads/general/common/{number}.jpg", shop.clock()), b"")
    shop.clock.pass_(seconds=1)
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), shop.bucket.put(COMMON, picture()))
    shop.clock.pass_(seconds=1)
    shop.pipeline.jobs.queued = lambda: {Upload(COMMON)}  # type: ignore[method-assign]  # nor does the search find it
    go(shop)
    assert shop.receipt(COMMON) is not None


def test_calls_that_were_under_way_when_the_door_shut_count_as_one_refusal(shop: Shop) -> None:
    for name in range(12):
        upload = f"uploads/general/common/{name}.jpg"
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, picture()))
    shop.clock.pass_(seconds=1)
    shop.web.answers = [THROTTLED] * 11
    shop.web.always = ok(ImageURL=LINK)
    go(shop)
    assert len([key for key in shop.keys(keys.CUTOUTS) if key.endswith(".json")]) == 12
