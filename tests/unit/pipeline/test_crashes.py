"""Instances that die again and again, or contend for a job; and what lies in the place of documents."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from shared.jobs.job import Claimed
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pictures.header import WINDOW
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Died, Shop
from tests.unit.viapi_line import COMMON, LINK, THROTTLED, ok

shop = viapi_line.shop


def test_an_instance_that_dies_in_every_call_ends_in_a_failed_receipt(shop: Shop) -> None:
    def die(name: str, key: str) -> None:
        if name == "write" and key == Upload(COMMON).job_key and shop.web.sent and len(shop.web.sent) > calls:
            raise Died

    calls = 0
    etag = shop.bucket.put(COMMON, picture())
    shop.bucket.before = die
    with pytest.raises(Died):
        shop.dispatcher.dispatch(Upload(COMMON), etag)
    for _ in range(3 * MAX_ATTEMPTS):
        calls = len(shop.web.sent)
        shop.clock.pass_(minutes=3)
        with suppress(Died):
            if shop.job(COMMON):
                shop.resume(COMMON)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, len(shop.web.sent)) == ("failed", "NoRecord", MAX_ATTEMPTS)


def deaths(shop: Shop, key: str, at: tuple[str, str]) -> int:
    """How many of fifty instances died of a job, of which each does so that sends this request."""
    died = 0

    def die(name: str, about: str) -> None:
        nonlocal died
        if (name, about) == at:
            died += 1
            raise Died

    shop.bucket.before = die
    for _ in range(50):
        with suppress(Died):
            if shop.job(key):
                shop.after(key, minutes=12)
    shop.bucket.before = lambda name, about: None
    return died


@pytest.mark.parametrize(("begin", "more"), [(JobStore.claim, MAX_ATTEMPTS - 1), (JobStore.enqueue, MAX_ATTEMPTS)])
def test_a_picture_that_no_instance_survives_reading_ends_in_a_failed_receipt(
    shop: Shop, begin: Callable[[JobStore, Upload, str], object], more: int
) -> None:
    large = picture() + bytes(WINDOW)
    body = b"\xff\xd8\xff\xfe\xff\xff" + bytes(0xFFFD) + large[2:]  # its header lies beyond what is read at first
    begin(shop.pipeline.jobs, Upload(COMMON), shop.bucket.put(COMMON, body))
    assert deaths(shop, COMMON, ("read_range", COMMON)) == more, "beside the one that claimed it, if any"
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, shop.web.sent) == ("failed", "NoRecord", [])
    assert shop.job(COMMON) is None


@pytest.mark.parametrize("key", [COMMON, "uploads/general/refine-mask/_mask.png"])
def test_an_upload_that_no_instance_survives_looking_at_is_left_alone_and_told(
    shop: Shop, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.pipeline.jobs.enqueue(Upload(key), "E")
    shop.bucket.put(key, picture())
    assert deaths(shop, key, ("peek", key)) == 21
    assert "job_stuck" in caplog.text
    job = shop.job(key)
    assert job is not None
    shop.resume(key)
    assert shop.job(key) == job, "until somebody acts"


def test_what_is_no_job_in_a_jobs_place_is_removed_and_the_upload_served(shop: Shop) -> None:
    shop.bucket.put(Upload(COMMON).job_key, b"hello")
    shop.upload(COMMON, picture())
    shop.dispatcher.recheck(Upload(COMMON))
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"


def test_a_copied_receipt_does_not_choose_what_is_deleted(shop: Shop) -> None:
    other = "uploads/general/common/other.jpg"
    shop.upload(other, picture())
    copied = shop.bucket.things[Upload(other).receipt_key]
    shop.bucket.things[Upload(COMMON).receipt_key] = copied
    shop.upload(COMMON, picture(800, 600))
    assert Upload(other).output_key("", "png") in shop.bucket.things


def test_a_stale_claim_is_taken_over_once(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.claim(Upload(COMMON), etag) is not None
    shop.clock.pass_(minutes=3)
    found = shop.pipeline.jobs.find(Upload(COMMON))
    assert found is not None
    taken = [shop.pipeline.jobs.acquire(found) for _ in range(3)]
    assert [job is not None for job in taken] == [True, False, False]
    assert shop.job(COMMON) == taken[0]
    assert taken[0] is not None
    assert (taken[0].stage, taken[0].attempts) == (Claimed(), 1)


def test_whoever_reads_a_job_that_has_moved_on_leaves_it_alone(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    found = shop.pipeline.jobs.find(Upload(COMMON))
    assert found is not None
    shop.web.always = ok(ImageURL=LINK)
    shop.pipeline.resume(found)
    for lease in shop.keys("jobs/"):
        del shop.bucket.things[lease]  # long swept, and this reader is very slow
    assert shop.pipeline.resume(found) == []
    assert len(shop.web.sent) == 2
    assert shop.receipt(COMMON) is not None


def test_a_dead_takers_turn_passes_to_the_next(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    found = shop.pipeline.jobs.find(Upload(COMMON))
    assert found is not None
    shop.bucket.create(Upload(COMMON).lease_key(found.etag, 0), b'"2026-11-21T08:02:00Z"')
    assert shop.pipeline.resume(found) == []
    shop.clock.pass_(minutes=2)
    assert shop.pipeline.resume(found) != []


def test_a_claim_whose_answer_was_lost_is_still_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    create = shop.bucket.create
    monkeypatch.setattr(shop.bucket, "create", lambda key, body: create(key, body) and False)
    assert shop.pipeline.jobs.claim(Upload(COMMON), "E") is not None
