"""One photo of ten fails, or the call does: that costs the others as little as possible."""

from __future__ import annotations

from contextlib import suppress

import pytest

from shared.errors import Unavailable
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import damo_line
from tests.unit.damo_line import FOLDER, PHOTO, PROCESSING, THROTTLED, Vendor, all_done, crowd, receipt_of, refused
from tests.unit.fakes import Died, Shop
from tests.unit.pipeline.test_worker import go

shop, vendor = damo_line.shop, damo_line.vendor


def test_a_task_that_failed_is_tried_again_alone(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.poll_answers[uploads[4]] = [{"status": "FAILED", "code": "23500011", "message": "overworked"}]
    go(shop)
    shop.clock.pass_(minutes=1)
    go(shop)
    assert vendor.bought == [uploads, [uploads[4]]]
    assert all_done(shop, uploads)
    assert [receipt_of(shop, upload).attempts for upload in uploads] == [1, 1, 1, 1, 2, 1, 1, 1, 1, 1]


def test_a_task_that_failed_for_its_picture_is_refused_and_no_other(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.poll_answers[uploads[4]] = [{"status": "FAILED", "code": "23500007", "message": "no picture"}]
    go(shop)
    assert [receipt_of(shop, upload).status for upload in uploads].count("rejected") == 1
    assert (receipt_of(shop, uploads[4]).code, len(vendor.bought)) == ("23500007", 1)


def test_of_a_refused_batch_every_picture_is_tried_alone_and_the_culprit_refused(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.culprits = {uploads[3]}
    go(shop)
    assert len(vendor.calls) == 1 + 10
    assert vendor.bought == [[upload] for upload in uploads if upload != uploads[3]]
    assert receipt_of(shop, uploads[3]).status == "rejected"
    assert all_done(shop, [upload for upload in uploads if upload != uploads[3]])
    assert {receipt_of(shop, upload).attempts for upload in uploads} == {1}, "the refused batch was not billed"


def test_what_was_bought_alone_is_recorded_before_the_next_is_tried(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.culprits, vendor.dies_at = {uploads[0]}, 1 + 6
    with suppress(Died):
        go(shop)
    assert shop.receipt(uploads[0]), "rejected, with a receipt"
    shop.clock.pass_(minutes=3)
    go(shop)
    assert all_done(shop, uploads[1:])
    assert vendor.times == {upload: 2 if upload == uploads[5] else 1 for upload in uploads[1:]}
    assert receipt_of(shop, uploads[1]).attempts == 1
    assert receipt_of(shop, uploads[5]).attempts == 2


def test_a_task_whose_link_was_not_read_is_shown_a_copy_alone(shop: Shop, vendor: Vendor) -> None:
    uploads = [f"{FOLDER}{name}.jpg" for name in ("a", "鞋", "b")]
    for upload in uploads:
        shop.not_accepted(upload, PHOTO, THROTTLED)
    vendor.poll_answers[uploads[1]] = [{"status": "FAILED", "code": "23500006", "message": "bad address"}]
    shop.clock.pass_(minutes=10)
    go(shop)
    assert all_done(shop, uploads)
    first, second = vendor.bought
    assert (first, len(second), second[0].startswith("work/")) == (uploads, 1, True)
    assert shop.keys("work/") == []


@pytest.mark.parametrize(("answer", "attempts"), [(THROTTLED, 0), (refused(23500003, 403), 0), (refused(23500000), 1)])
def test_a_batch_whose_call_fails_counts_an_attempt_for_each_job_if_it_may_have_been_billed(
    shop: Shop, vendor: Vendor, answer: tuple[int, str], attempts: int
) -> None:
    uploads = crowd(shop, 10)
    vendor.answers = [answer] * 5
    go(shop, seconds=0.5)
    vendor.answers = []
    jobs = [shop.job(upload) for upload in uploads]
    assert [job.attempts for job in jobs if job] == [attempts] * 10
    shop.clock.pass_(minutes=11)
    go(shop)
    assert {receipt_of(shop, upload).attempts for upload in uploads} == {attempts + 1}


def test_a_batch_that_was_throttled_is_called_for_again_as_one(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.answers = [THROTTLED]
    go(shop)
    shop.clock.pass_(minutes=1)
    go(shop)
    assert (len(vendor.calls), vendor.bought) == (2, [uploads])


def test_a_photo_that_makes_every_call_fail_does_not_fail_its_batch(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.breaks = uploads[3]
    for _ in range(10):
        go(shop)
        shop.clock.pass_(minutes=1)
    assert all_done(shop, [upload for upload in uploads if upload != uploads[3]])
    assert (receipt_of(shop, uploads[3]).status, receipt_of(shop, uploads[3]).attempts) == ("failed", MAX_ATTEMPTS)


def test_a_photo_deleted_while_its_batch_waits_is_not_paid_for(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    gone = uploads.pop(4)
    del shop.bucket.things[gone]
    go(shop)
    assert vendor.bought == [uploads]
    assert all_done(shop, uploads)
    go(shop)
    assert (shop.receipt(gone), shop.keys("jobs/")) == (None, [])


def test_a_photo_overwritten_while_its_batch_waits_is_shown_as_it_is_now(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    etag = shop.bucket.put(uploads[4], picture(800, 600))
    go(shop)
    shop.dispatcher.dispatch(Upload(uploads[4]), etag)  # its event comes late
    assert receipt_of(shop, uploads[4]).etag == etag
    assert set(vendor.times.values()) == {1}


def test_a_photo_overwritten_while_the_vendor_works_is_new_work_and_its_batch_is_not(
    shop: Shop, vendor: Vendor
) -> None:
    uploads = crowd(shop, 3)
    vendor.poll_answers = {upload: [PROCESSING] for upload in uploads}
    go(shop, seconds=0.5)
    shop.upload(uploads[1], picture(800, 600))
    for _ in range(3):
        shop.clock.pass_(minutes=1)
        go(shop)
    assert vendor.times == {upload: 2 if upload == uploads[1] else 1 for upload in uploads}
    assert receipt_of(shop, uploads[1]).etag == shop.bucket.things[uploads[1]].etag


def test_a_bug_over_one_photo_is_raised_and_costs_the_others_of_its_batch_nothing(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)

    def bug(name: str, about: str) -> None:
        if (name, about) == ("peek", uploads[9]):
            raise ZeroDivisionError

    shop.bucket.before = bug
    with pytest.raises(ZeroDivisionError):
        go(shop)
    shop.clock.pass_(minutes=1)
    go(shop)
    assert vendor.bought == [uploads[:9]]
    assert all_done(shop, uploads[:9])
    assert {receipt_of(shop, upload).attempts for upload in uploads[:9]} == {1}


def test_a_job_that_cannot_be_acquired_does_not_hold_up_the_others_of_its_batch(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 3)

    def fault(name: str, about: str) -> None:
        if name == "create" and about.startswith(Upload(uploads[2]).job_key.removesuffix(".json")):
            raise Unavailable("OssFailed", "a moment")

    shop.bucket.before = fault
    with pytest.raises(Unavailable, match="a moment"):
        go(shop)
    assert vendor.bought == [uploads[:2]]
    shop.bucket.before = lambda name, about: None
    shop.clock.pass_(minutes=1)
    go(shop)
    assert all_done(shop, uploads)
    assert set(vendor.times.values()) == {1}


def test_a_ticket_that_could_not_be_saved_costs_no_other_one(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)

    def fault(name: str, about: str) -> None:
        if vendor.bought and (name, about) == ("write", Upload(uploads[2]).job_key):
            raise Unavailable("OssFailed", "a moment")

    shop.bucket.before = fault
    with pytest.raises(Unavailable, match="a moment"):
        go(shop)
    shop.bucket.before = lambda name, about: None
    shop.clock.pass_(minutes=3)
    go(shop)
    assert all_done(shop, uploads)
    assert vendor.times == {upload: 2 if upload == uploads[2] else 1 for upload in uploads}
    assert receipt_of(shop, uploads[2]).attempts == 2
