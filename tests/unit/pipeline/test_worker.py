"""A worker and jobs in every state."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest

from shared.cloud.ports import Request
from shared.errors import Unavailable
from shared.jobs import keys
from shared.jobs.job import Fetching
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit.fakes import AtOnce, Shop
from tests.unit.viapi_line import COMMON, HD, LINK, PAIR, SUBMITTED, THROTTLED, ok, refused, status

LEASE = timedelta(seconds=132)
PHOTO = picture()
FINISHED = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def go(shop: Shop, seconds: float = 180, workers: int = 4) -> list[float]:
    """Run a worker; returns how long it slept, each time. Sleeping makes the clock go on."""
    slept = []

    def sleep(pause: float) -> None:
        slept.append(pause)
        shop.clock.pass_(seconds=pause)

    with ThreadPoolExecutor(workers) if workers > 1 else AtOnce() as pool:
        shop.worker(shop.clock() + timedelta(seconds=seconds), pool, sleep=sleep).run()
    return slept


def common(number: int) -> str:
    return f"uploads/general/common/{number:04}.jpg"


def queued(shop: Shop, *uploads: str) -> None:
    """Let uploads wait for their first call, a millisecond apart."""
    for upload in uploads:
        assert shop.pipeline.jobs.enqueue(Upload(upload), shop.bucket.put(upload, PHOTO))
        shop.clock.pass_(milliseconds=1)


def entries(shop: Shop) -> list[str]:
    return [entry.upload.key for entry in shop.pipeline.jobs.heads()]


def test_with_nothing_to_do_a_worker_makes_two_listings(shop: Shop) -> None:
    assert go(shop) == []
    assert shop.bucket.requests == [("list", "queue/"), ("list", "jobs/")]


def test_a_worker_polls_within_seconds_until_the_vendor_has_finished(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, status("QUEUING"), status("PROCESSING"), FINISHED]
    shop.upload(HD, picture())
    assert sum(go(shop)) < 15
    assert shop.receipt(HD) is not None


def test_a_worker_ends_when_its_time_is_up_and_leaves_the_rest_to_the_next(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    assert sum(go(shop, seconds=30)) <= 30
    assert shop.job(HD) is not None


def test_a_throttled_backlog_is_called_for_in_the_order_it_came(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{name}.jpg" for name in "dacb"]
    shop.web.always = THROTTLED
    for upload in uploads:
        shop.upload(upload, picture())
        shop.clock.pass_(seconds=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=10)
    sent = len(shop.web.sent)
    go(shop, workers=1)
    assert all(shop.receipt(upload) for upload in uploads)
    assert shop.web.shown_keys("ImageURL")[sent:] == uploads


def test_a_capability_that_is_blocked_costs_one_call_a_pause_and_drains_when_the_operator_has_acted(shop: Shop) -> None:
    queued(shop, *map(common, range(40)))
    shop.web.always = refused("InvalidApi.NotPurchase", 403)
    go(shop, workers=1)
    first = len(shop.web.sent)
    assert first <= 4, "probes after 5, 10 and 20 s"
    for _ in range(60):
        shop.clock.pass_(minutes=1)
        go(shop, workers=1)
    assert len(shop.web.sent) - first <= 10, "pauses up to ten minutes"
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=10)
    go(shop)
    assert len([key for key in shop.keys("cutouts/") if key.endswith(".json")]) == 40


def test_an_upload_is_rechecked_when_its_job_is_over(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, FINISHED, SUBMITTED, FINISHED]
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    shop.clock.pass_(minutes=1)
    go(shop)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[HD].etag
    go(shop)
    assert shop.keys("jobs/") == []


def test_a_worker_deletes_leases_on_past_states(shop: Shop) -> None:
    shop.web.answers = [THROTTLED]
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    go(shop)
    assert shop.keys("jobs/") == []


def test_a_lease_on_a_jobs_present_state_stays(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    found = shop.pipeline.jobs.find(Upload(HD))
    assert found is not None
    shop.clock.pass_(minutes=1)
    assert shop.pipeline.jobs.acquire(found) is not None
    assert [each.upload for each in shop.pipeline.jobs.unfinished() if each] == [Upload(HD)]
    assert Upload(HD).lease_key(found.etag, 0) in shop.bucket.things


def test_one_uploads_bug_does_not_hold_up_the_others_and_is_raised_in_the_end(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.bucket.put("uploads/general/common/bug.jpg", picture())
    shop.bucket.put(Upload("uploads/general/common/bug.jpg").recheck_key, b"{}")

    def bug(name: str, about: str) -> None:
        if (name, about) == ("peek", "uploads/general/common/bug.jpg"):
            raise ZeroDivisionError

    shop.bucket.before = bug
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=1)
    with pytest.raises(ZeroDivisionError):
        go(shop)
    assert shop.receipt(COMMON) is not None


def test_a_job_that_no_instance_survives_is_left_alone_and_the_log_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())

    def bug(*_: object) -> None:
        raise RuntimeError("a bug in every poll")

    monkeypatch.setattr(shop.web, "send", bug)
    for _ in range(25):
        with suppress(RuntimeError):
            go(shop)
        shop.clock.pass_(minutes=3)
    assert shop.job(HD) is not None
    assert caplog.text.count("a bug in every poll") == 20
    assert f"delete {Upload(HD).job_key}" in caplog.text


def test_a_job_in_trouble_is_not_moved_on_before_it_is_due(shop: Shop) -> None:
    shop.web.always = refused("InternalError", 500)
    shop.upload(COMMON, picture())
    sent = len(shop.web.sent)
    go(shop, seconds=0.5)
    assert len(shop.web.sent) == sent


def test_a_pair_that_waits_for_its_second_picture_is_concluded_after_its_time(shop: Shop) -> None:
    shop.upload(PAIR, picture())
    shop.clock.pass_(hours=2)
    go(shop)
    assert shop.receipt(PAIR) is not None
    assert Upload(PAIR).job_key not in shop.bucket.things


# -------------------------------------------------------------------- the vendor is down, or one photo forbidden


PAGE = (502, "<html><h1>502 Bad Gateway</h1></html>")


def settle_for(shop: Shop, **time: float) -> float:
    """The timer invokes settle every minute; for how many seconds it was awake."""
    ends, awake = shop.clock() + timedelta(**time), 0.0
    while shop.clock() < ends:
        began = shop.clock()
        go(shop, workers=1)
        awake += (shop.clock() - began).total_seconds()
        shop.clock.now = max(shop.clock(), began + timedelta(minutes=1))
    return awake


@pytest.mark.parametrize("answer", [PAGE, refused("InternalError", 500)])
@pytest.mark.parametrize(("hours", "most_calls", "most_awake"), [(11 / 60, 13, 90), (6, 40, 450)])
def test_an_outage_is_slept_through_and_afterwards_all_are_served_in_their_order(
    shop: Shop, answer: tuple[int, str], hours: float, most_calls: int, most_awake: float
) -> None:
    uploads = [common(number) for number in range(50)]
    queued(shop, *uploads)
    shop.web.always = answer
    awake = settle_for(shop, hours=hours)
    calls = len(shop.web.sent)
    assert calls <= most_calls
    assert awake <= most_awake
    assert announcement(shop)["capabilities"] == ["general/common"], "what comes meanwhile joins the queue"
    shop.web.always = ok(ImageURL=LINK)
    settle_for(shop, minutes=16)
    receipts = [shop.receipt(upload) for upload in uploads]
    assert {receipt and receipt.status for receipt in receipts} == {"done"}
    assert sum(receipt.attempts for receipt in receipts if receipt) == len(shop.web.sent)
    probe, *others = shop.web.shown_keys("ImageURL")[calls:]
    own = set(uploads[:2] if answer != PAGE else ())  # the first failures may have been theirs: they wait a moment
    assert others[: len(others) - len(own)] == [upload for upload in uploads if upload not in {probe, *own}]


def test_during_an_outage_each_photo_is_called_for_at_most_once(shop: Shop) -> None:
    queued(shop, *map(common, range(50)))
    shop.web.always = PAGE
    settle_for(shop, hours=6)
    jobs = [shop.job(common(number)) for number in range(50)]
    assert None not in jobs
    assert {job.attempts for job in jobs if job} == {0, 1}


def test_photos_that_oss_refuses_take_no_time_from_the_others(shop: Shop) -> None:
    uploads = [common(number) for number in range(60)]
    queued(shop, *uploads)
    shop.bucket.forbidden = set(uploads[::6])
    shop.web.always = ok(ImageURL=LINK)
    last_call = began = shop.clock()

    def calls(request: Request) -> None:
        nonlocal last_call
        shop.clock.pass_(seconds=0.5)
        last_call = shop.clock()

    shop.web.before = calls
    go(shop, workers=1)
    assert (last_call - began).total_seconds() == pytest.approx(50 * 0.5, rel=0.03)
    assert {upload for upload in uploads if shop.receipt(upload) is None} == shop.bucket.forbidden


# -------------------------------------------------------------------- the queue


def test_a_backlog_is_served_in_the_order_it_came_whatever_the_names(shop: Shop) -> None:
    uploads = [common(number * 37 % 100) for number in range(100)]
    queued(shop, *uploads)
    shop.web.always = ok(ImageURL=LINK)
    go(shop, workers=1)
    assert shop.web.shown_keys("ImageURL") == uploads
    assert shop.left() == sorted(shop.keys("uploads/") + shop.keys("cutouts/"))
    assert entries(shop) == []


def test_before_its_first_call_a_worker_asks_oss_as_much_with_1000_waiting_as_with_10() -> None:
    def before_the_first_call(waiting: int) -> list[tuple[str, str]]:
        shop = Shop()
        queued(shop, *map(common, range(waiting)))
        shop.bucket.requests.clear()
        requests: list[tuple[str, str]] = []
        shop.web.always = ok(ImageURL=LINK)

        def counted(request: Request) -> None:
            requests[:] = requests or shop.bucket.requests
            shop.clock.pass_(seconds=1)  # which is all the time that the worker has

        shop.web.before = counted
        go(shop, seconds=1, workers=1)
        return [(name, key if name == "list" else "") for name, key in requests]

    few, many = before_the_first_call(10), before_the_first_call(1000)
    listings = [("list", "queue/")]
    assert [each for each in many if each not in listings] == [each for each in few if each not in listings]
    assert many.count(("list", "queue/")) <= few.count(("list", "queue/")) + 2, "pages"
    assert 0 < len(few) < 20


def test_however_long_the_vendor_takes_other_calls_are_sent_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(shop, *map(common, range(150)))  # more than one listing shows
    shop.web.always = ok(ImageURL=LINK)
    with_vendor = Barrier(150, timeout=10)

    def until_all_are_there(request: Request) -> None:
        shop.clock.pass_(seconds=0.1)
        with_vendor.wait()

    shop.web.before = until_all_are_there
    monkeypatch.setattr(shop.pipeline.vendor_calls, "per_second", lambda capability: 12)
    go(shop, workers=150)
    assert entries(shop) == []


def test_an_entry_without_a_job_is_removed(shop: Shop) -> None:
    queued(shop, COMMON)
    job = shop.job(COMMON)
    assert job is not None
    shop.pipeline.jobs.remove(job)
    go(shop)
    assert (shop.web.sent, shop.keys("queue/waiting")) == ([], [])


def test_an_outdated_entry_is_removed_and_the_job_stays_due_when_it_was(shop: Shop) -> None:
    shop.web.answers = [refused("InternalError", 500)]
    queued(shop, COMMON)
    (outdated,) = shop.pipeline.jobs.heads()
    shop.resume(COMMON)
    job = shop.job(COMMON)
    assert job is not None
    assert {*shop.keys("queue/waiting")} == {outdated.key, QueueEntry.of(job).key}
    go(shop, seconds=1)
    assert shop.keys("queue/waiting") == [QueueEntry.of(job).key]
    assert len(shop.web.sent) == 1


@pytest.mark.parametrize("due", [True, False])
def test_a_job_without_an_entry_is_found_and_moved_on_or_gets_one(shop: Shop, due: bool) -> None:
    shop.web.answers = [refused("InternalError", 500)]
    shop.upload(COMMON, PHOTO)
    job = shop.job(COMMON)
    assert job is not None
    shop.pipeline.jobs.take_out((QueueEntry.of(job).key,))
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(seconds=60 if due else 0)
    go(shop, seconds=60 if due else 1)
    assert (shop.receipt(COMMON) is not None) is due
    assert entries(shop) == ([] if due else [COMMON])


def test_a_job_is_left_to_the_instance_that_holds_it_and_moved_on_when_that_died(shop: Shop) -> None:
    shop.web.always = ok(ImageURL=LINK)
    assert shop.pipeline.jobs.claim(Upload(COMMON), shop.bucket.put(COMMON, PHOTO)) is not None
    shop.clock.pass_(seconds=LEASE.total_seconds() - 60)
    go(shop)
    assert shop.web.sent == []
    shop.clock.pass_(seconds=55)
    go(shop)
    receipt = shop.receipt(COMMON)
    assert receipt is not None, "the lease expires soon enough to be waited for"
    assert receipt.attempts == 2, "nobody knows whether the dead instance's call was billed"


def test_two_workers_at_once_pay_once(shop: Shop) -> None:
    uploads = [common(number) for number in range(20)]
    queued(shop, *uploads)
    shop.web.always = ok(ImageURL=LINK)
    other = shop.meet(shop.compose(shop.web, JobStore(shop.bucket, shop.clock, LEASE)))
    calls = []

    def meanwhile(request: Request) -> None:
        calls.append(request)
        if len(calls) == 1:
            shop.worker(shop.clock() + timedelta(seconds=1), dispatcher=other).run()

    shop.web.before = meanwhile
    go(shop, workers=1)
    assert sorted(shop.web.shown_keys("ImageURL")) == uploads
    assert all(shop.receipt(upload) for upload in uploads)
    assert shop.keys("jobs/") == []
    assert entries(shop) == []


def test_a_job_that_is_over_leaves_no_entry_however_it_ended(shop: Shop) -> None:
    done, refused_, gone = common(1), common(2), common(3)
    queued(shop, done, refused_, gone)
    del shop.bucket.things[gone]
    shop.web.answers = [ok(ImageURL=LINK), refused("InvalidImage.Content")]
    go(shop, workers=1)
    assert [shop.receipt(upload) is not None for upload in (done, refused_, gone)] == [True, True, False]
    assert entries(shop) == []


def test_results_are_fetched_each_by_itself(shop: Shop) -> None:
    uploads = [f"uploads/general/hd-common/{number}.jpg" for number in range(3)]
    shop.web.always = SUBMITTED
    for upload in uploads:
        shop.upload(upload, PHOTO)
    shop.web.always = FINISHED
    shop.web.results[LINK] = Unavailable("ResultUnreachable", "not now")
    shop.clock.pass_(seconds=30)
    go(shop, seconds=1)
    assert [type(shop.job(upload).stage) for upload in uploads] == [Fetching] * 3  # type: ignore[union-attr]
    del shop.web.results[LINK]
    shop.clock.pass_(minutes=1)
    go(shop)
    assert all(shop.receipt(upload) for upload in uploads)
    assert entries(shop) == []


# -------------------------------------------------------------------- the announcement, and waking the next worker


def announcement(shop: Shop) -> dict[str, object]:
    return dict(json.loads(shop.bucket.things[keys.OWNER].body))


def slow(shop: Shop, seconds: float) -> None:
    """Let each call take so long."""
    shop.web.before = lambda request: shop.clock.pass_(seconds=seconds)


def test_a_backlog_is_announced_while_it_lasts(shop: Shop) -> None:
    queued(shop, COMMON)
    shop.web.always = ok(ImageURL=LINK)
    announced: list[object] = []
    shop.web.before = lambda request: announced.append(announcement(shop)["capabilities"])
    go(shop, workers=1)
    assert announced == [["general/common"]]
    assert announcement(shop)["capabilities"] == []


def test_a_worker_that_runs_out_of_time_wakes_the_next_one_and_leaves_the_announcement(shop: Shop) -> None:
    queued(shop, *map(common, range(40)))
    shop.web.always = ok(ImageURL=LINK)
    slow(shop, 1)
    ends = shop.clock() + timedelta(seconds=10)
    go(shop, seconds=10, workers=1)
    assert len(shop.web.sent) == 10
    assert keys.WAKE in shop.bucket.things
    assert announcement(shop)["capabilities"] == ["general/common"]
    assert str(announcement(shop)["until"]) > ends.isoformat()
    go(shop, seconds=10, workers=1)
    assert str(announcement(shop)["until"]) > (ends + timedelta(seconds=60)).isoformat(), "rewritten by the next worker"


def test_a_worker_that_had_time_enough_wakes_none(shop: Shop) -> None:
    queued(shop, *map(common, range(3)))
    shop.web.always = ok(ImageURL=LINK)
    go(shop)
    assert keys.WAKE not in shop.bucket.things


def test_a_worker_whose_capability_is_blocked_wakes_none(shop: Shop) -> None:
    queued(shop, *map(common, range(3)))
    shop.web.always = refused("InvalidApi.NotPurchase", 403)
    go(shop)
    assert len(shop.keys("jobs/")) >= 3
    assert keys.WAKE not in shop.bucket.things


def test_a_worker_lingers_for_functions_that_enqueue_because_they_saw_it_announced(shop: Shop) -> None:
    queued(shop, common(1))
    shop.web.always = ok(ImageURL=LINK)
    began = shop.clock()
    slept = 0.0

    def sleep(pause: float) -> None:
        nonlocal slept
        shop.clock.pass_(seconds=pause)
        if slept < 4 <= slept + pause:
            queued(shop, common(2))
        slept += pause

    shop.worker(began + timedelta(seconds=60), sleep=sleep).run()
    assert shop.receipt(common(2)) is not None


def test_a_bug_in_the_search_is_raised_when_all_else_is_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queued(shop, COMMON)
    shop.web.always = ok(ImageURL=LINK)

    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(shop.pipeline.jobs, "unfinished", bug)
    with pytest.raises(ZeroDivisionError):
        go(shop)
    assert shop.receipt(COMMON) is not None
    assert "ZeroDivisionError" in caplog.text


def reports(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The log lines `queue`."""
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    return [{**line} for line in lines if line.pop("event") == "queue"]


def test_a_worker_logs_how_old_the_queue_is(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    began = shop.clock()
    queued(shop, *map(common, range(3)))
    shop.clock.pass_(minutes=90)
    shop.web.always = ok(ImageURL=LINK)
    requests = len(shop.bucket.requests)
    go(shop, workers=1)
    (report,) = reports(caplog)
    assert report == {
        "waiting": 3,
        "oldest": began.isoformat(),
        "capability": "general/common",
        "age_seconds": 90 * 60,
    }
    assert shop.bucket.requests[requests] == ("list", "queue/")


def test_an_empty_queue_is_logged_too_and_no_more_than_once_a_minute(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    slept = sum(go(shop, seconds=150))
    empty = {"waiting": 0, "oldest": "", "capability": "", "age_seconds": 0}
    assert reports(caplog) == [empty] * (1 + int(slept // 60))
