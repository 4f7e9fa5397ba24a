"""Tickets that take long or whose polls fail, and a vendor whose settings are missing."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from shared.jobs.job import Blocked, Submitted, Waiting
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from shared.vendors.damo import Damo
from shared.vendors.quotas import Quotas
from tests.pictures import picture
from tests.unit import damo_line
from tests.unit.damo_line import FOLDER, PHOTO, PROCESSING, Vendor, all_done, crowd, receipt_of, refused
from tests.unit.fakes import Clock, Shop, is_poll
from tests.unit.pipeline.test_worker import go

shop, vendor = damo_line.shop, damo_line.vendor


# ---------------------------------------------------------------- tickets and time


def test_a_ticket_that_outlives_what_the_vendor_may_take_is_bought_again_a_bounded_number_of_times(
    shop: Shop, vendor: Vendor
) -> None:
    uploads = crowd(shop, 3)
    vendor.poll_answers = {uploads[1]: [PROCESSING] * 1000}
    for _ in range(60):
        go(shop, seconds=0.5)
        shop.clock.pass_(hours=5)
    assert all_done(shop, [uploads[0], uploads[2]])
    receipt = receipt_of(shop, uploads[1])
    assert (receipt.status, receipt.code, receipt.attempts) == ("failed", "TicketLost", MAX_ATTEMPTS)
    assert vendor.times == {uploads[0]: 1, uploads[1]: MAX_ATTEMPTS, uploads[2]: 1}


class Ticking(Clock):
    """A clock that shows a different time whenever it is read."""

    def __call__(self) -> datetime:
        self.pass_(milliseconds=1)
        return self.now


def test_jobs_that_share_a_ticket_share_every_poll(shop: Shop, vendor: Vendor) -> None:
    shop.clock.__class__ = Ticking
    uploads = crowd(shop, 10)
    vendor.poll_answers = {upload: [PROCESSING, PROCESSING] for upload in uploads}
    go(shop, seconds=0.5)
    vendor.answers = [refused(23500000)]
    for _ in range(5):
        shop.clock.pass_(minutes=1)
        go(shop, seconds=0.5)
        vendor.answers = []
    assert all_done(shop, uploads)
    polls = [request for request in vendor.sent if is_poll(request)]
    assert len(polls) == 4, "one that failed, two too early, and the last"


def test_polls_that_fail_for_less_than_a_day_lose_no_ticket_of_the_batch(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    failed = refused(23500000)
    vendor.poll_answers = {upload: [PROCESSING] for upload in uploads}
    go(shop, seconds=0.5)
    for _ in range(23):
        vendor.answers = [failed]
        shop.clock.pass_(hours=1)
        go(shop, seconds=0.5)
    assert all(isinstance(job.stage, Submitted) for job in map(shop.job, uploads) if job)
    vendor.answers = []
    for _ in range(2):
        shop.clock.pass_(minutes=11)
        go(shop)
    assert all_done(shop, uploads)
    assert vendor.times == dict.fromkeys(uploads, 1)


def test_a_poll_that_fails_after_a_day_loses_the_ticket(shop: Shop, vendor: Vendor) -> None:
    (upload,) = crowd(shop, 1)
    go(shop, seconds=0.5)
    vendor.answers = [refused(23500000)]
    shop.clock.pass_(hours=24, seconds=1)
    go(shop, seconds=0.5)
    job = shop.job(upload)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(), "TicketLost", 1)


@pytest.mark.parametrize("age", [29, 31])
def test_picwish_has_thirty_seconds_for_what_it_did_not_finish_at_once(age: int) -> None:
    shop = Shop()
    upload = "uploads/picwish/cutout/a.jpg"
    shop.web.always = (200, json.dumps({"status": 200, "data": {"task_id": "T-1", "state": 4}}))
    shop.upload(upload, PHOTO)
    shop.clock.pass_(seconds=age)
    found = shop.pipeline.jobs.find(Upload(upload))
    assert found is not None
    shop.pipeline.resume(found)
    job = shop.job(upload)
    assert job is not None
    assert isinstance(job.stage, Submitted if age <= 30 else Waiting)


# ---------------------------------------------------------------- a vendor that was not set up


def test_uploads_for_a_vendor_whose_settings_are_missing_wait_until_they_are_set(
    shop: Shop, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    ready = shop.providers["damo"]
    shop.providers["damo"] = Damo("", "", Quotas(2), "/submit")
    upload = f"{FOLDER}a.jpg"
    shop.upload(upload, PHOTO)
    job = shop.job(upload)
    assert job is not None
    assert (job.stage, job.attempts) == (Blocked(), 0)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "DAMO_ENDPOINT and DAMO_APPCODE" in str(vars(line))
    assert vendor.sent == []
    shop.providers["damo"] = ready
    shop.clock.pass_(minutes=10)
    go(shop)
    assert receipt_of(shop, upload).attempts == 1


def test_a_picture_that_the_vendor_would_refuse_is_rejected_even_if_settings_are_missing(shop: Shop) -> None:
    shop.providers["damo"] = Damo("", "", Quotas(2), "/submit")
    shop.upload(f"{FOLDER}a.jpg", picture(300, 300))
    assert receipt_of(shop, f"{FOLDER}a.jpg").code == "PictureTooSmall"


def test_an_open_circuit_breaker_does_not_keep_bought_results_from_being_fetched(shop: Shop, vendor: Vendor) -> None:
    blocked = refused(23500003, 403)
    uploads = crowd(shop, 11, blocked)
    vendor.poll_answers = {upload: [PROCESSING] for upload in uploads}
    vendor.answers = [blocked]  # the ten that came first
    go(shop, seconds=0.5, workers=1)
    assert vendor.bought == [], "nor is there a call for the eleventh"
    vendor.answers = []
    shop.upload(f"{FOLDER}late.jpg", PHOTO)
    shop.clock.pass_(minutes=11)
    vendor.answers = [blocked]
    go(shop, seconds=0.5, workers=1)
    assert vendor.polls_sent == ["1"]
    assert receipt_of(shop, f"{FOLDER}late.jpg").status == "done"
