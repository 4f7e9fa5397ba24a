"""What a call that brings no cutout leads to: the job waits, is blocked, or ends with a failed receipt."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import NotAccepted, Unavailable
from shared.jobs import keys
from shared.jobs.job import Blocked, Job, Waiting
from shared.jobs.upload import Upload
from shared.pipeline.circuit_breaker import State
from shared.pipeline.pipeline import MAX_ATTEMPTS
from shared.vendors.picwish import Picwish
from shared.vendors.quotas import Quotas
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, Shop
from tests.unit.until import until
from tests.unit.viapi_line import (
    COMMON,
    HD,
    LINK,
    MASK,
    PAIR,
    SUBMITTED,
    THROTTLED,
    VEHICLE,
    ok,
    refused,
    status,
)

shop = viapi_line.shop

PAGE = (502, "<html><h1>502 Bad Gateway</h1></html>")


def job_of(shop: Shop, upload: str) -> Job:
    job = shop.job(upload)
    assert job is not None
    return job


def breaker_state(shop: Shop, upload: str = COMMON) -> State:
    return shop.pipeline.vendor_calls.circuit_breaker(Upload(upload).capability).state(shop.clock())


def test_a_throttled_upload_waits_is_served_and_counts_one_attempt(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(keeps_place=True), "Throttling.User", 0)
    for _ in range(20):
        shop.after(COMMON, minutes=11)
    shop.web.always = ok(ImageURL=LINK)
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)


def test_the_pause_grows_and_is_never_over_ten_minutes(shop: Shop) -> None:
    shop.web.always = refused("InvalidApi.NotPurchase", 403)
    shop.upload(COMMON, picture())
    pauses = []
    for _ in range(12):
        job = shop.job(COMMON)
        assert job is not None
        pauses.append(job.due - shop.clock())
        shop.after(COMMON, minutes=11)
    assert pauses[0] <= timedelta(seconds=5) < pauses[3] < pauses[-1] <= timedelta(minutes=10)


@pytest.mark.parametrize("code", ["InvalidApi.NotPurchase", "InvalidImage.Region", "Unauthorized"])
def test_what_needs_the_operator_is_blocked_with_one_error_line_and_goes_on_by_itself(
    shop: Shop, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.always = refused(code, 403)
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code) == (Blocked(), code)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    for _ in range(MAX_ATTEMPTS + 1):
        shop.after(COMMON, minutes=11)
    shop.web.answers = [Unavailable("NoAnswer", "timed out")]
    shop.web.always = ok(ImageURL=LINK)
    shop.after(COMMON, minutes=11)
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2), "calls that were not accepted are not counted"


def test_an_unknown_code_is_tried_a_bounded_number_of_times_and_then_fails(shop: Shop) -> None:
    shop.web.always = refused("Sorry.Something", 500)
    shop.upload(COMMON, picture())
    until(lambda: not shop.job(COMMON), lambda: shop.after(COMMON, minutes=11), most=2 * MAX_ATTEMPTS)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("failed", "Sorry.Something", MAX_ATTEMPTS)
    assert len(shop.web.sent) == MAX_ATTEMPTS


def test_a_vendor_that_is_not_reached_is_called_again_for_as_long_as_it_takes(shop: Shop) -> None:
    shop.web.always = NotAccepted("VendorUnreachable", "not reached")
    shop.upload(COMMON, picture())
    for _ in range(3 * MAX_ATTEMPTS):
        shop.after(COMMON, minutes=11)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.attempts) == (Waiting(keeps_place=True), 0)


def test_a_call_without_an_answer_may_have_been_bought_and_is_counted(shop: Shop) -> None:
    shop.web.answers = [Unavailable("NoAnswer", "timed out")]
    shop.upload(COMMON, picture())
    shop.after(COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


@pytest.mark.parametrize(
    "answer", [ok(ImageURL=LINK), THROTTLED, Unavailable("NoAnswer", "x"), NotAccepted("Unreachable", "x")]
)
def test_a_call_is_with_its_vendor_until_there_is_an_answer_or_none_will_come(shop: Shop, answer: Any) -> None:
    shop.web.answers = [answer]
    with_vendor = []
    shop.web.before = lambda request: with_vendor.append(
        shop.pipeline.vendor_calls.concurrency("general/common").in_flight
    )
    shop.upload(COMMON, picture())
    assert with_vendor == [1]
    assert shop.pipeline.vendor_calls.concurrency("general/common").in_flight == 0


def test_the_receipt_for_an_action_that_the_vendor_retired_names_its_substitute(shop: Shop) -> None:
    shop.web.always = refused("InvalidAction.NotFound", 404)
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert receipt.status == "rejected"
    assert "general/common" in receipt.message


def test_calls_without_an_answer_leave_the_vendor_one_call_at_a_time(shop: Shop) -> None:
    limit = shop.pipeline.vendor_calls.concurrency("general/common")
    shop.web.always = ok(ImageURL=LINK)
    for name in range(5):
        shop.upload(f"uploads/general/common/{name}.jpg", picture())
    assert limit.limit == 10, "five seconds of the quota, since calls take no time here"
    shop.web.always = Unavailable("NoAnswer", "timed out")
    for name in range(5, 8):
        shop.upload(f"uploads/general/common/{name}.jpg", picture())
    assert limit.limit == 1
    assert shop.pipeline.vendor_calls.concurrency("general/logo").limit > 1, "another capability is another matter"


@pytest.mark.parametrize("answer", [THROTTLED, NotAccepted("Unreachable", "x"), refused("InternalError", 500)])
def test_what_the_vendor_refuses_says_nothing_of_how_many_calls_it_serves_at_once(shop: Shop, answer: Any) -> None:
    limit = shop.pipeline.vendor_calls.concurrency("general/common")
    before = limit.limit
    shop.web.always = answer
    shop.web.before = lambda request: shop.clock.pass_(seconds=30)
    for name in range(8):
        shop.upload(f"uploads/general/common/{name}.jpg", picture())
    assert limit.limit == before


def test_a_call_for_which_the_vendor_has_no_room_is_not_made_and_keeps_its_place(shop: Shop) -> None:
    limit = shop.pipeline.vendor_calls.concurrency("general/common")
    while limit.room:
        limit.sent()
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(keeps_place=True), "VendorSlow", 0)
    assert shop.web.sent == []
    limit.back()
    shop.web.always = ok(ImageURL=LINK)
    shop.resume(COMMON)
    assert shop.receipt(COMMON) is not None


# -------------------------------------------------------------------- the vendor fails


def common(number: int) -> str:
    return f"uploads/general/common/{number}.jpg"


def test_a_photo_that_meets_an_outage_keeps_its_place_and_its_tries_and_every_call_is_counted(shop: Shop) -> None:
    shop.web.always = PAGE
    shop.upload(COMMON, picture())
    before = job_of(shop, COMMON)
    for _ in range(2 * 24 * 3):
        shop.after(COMMON, minutes=20)
    job = job_of(shop, COMMON)
    assert (job.stage, job.due, job.code) == (Waiting(keeps_place=True), before.due, "HTTP502")
    assert (job.attempts, job.own_attempts, job.retries) == (len(shop.web.sent), 0, 0)
    shop.web.always = ok(ImageURL=LINK)
    shop.after(COMMON, minutes=20)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", len(shop.web.sent))


def test_what_looks_like_an_outage_for_three_days_ends_after_five_more_calls(shop: Shop) -> None:
    shop.web.always = PAGE
    shop.upload(COMMON, picture())
    until(lambda: not shop.job(COMMON), lambda: shop.after(COMMON, minutes=20), most=4 * 24 * 3)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("failed", "HTTP502", len(shop.web.sent))
    assert timedelta(days=3) < shop.clock() - START < timedelta(days=3, hours=2)
    assert len(shop.web.sent) == 3 * 24 * 3 + MAX_ATTEMPTS


def test_three_photos_that_fail_in_a_row_are_an_outage_from_the_third_on(shop: Shop) -> None:
    shop.web.always = refused("InternalError", 500)
    for number in range(3):
        shop.upload(common(number), picture())
    jobs = [job_of(shop, common(number)) for number in range(3)]
    assert [job.stage for job in jobs] == [Waiting(), Waiting(), Waiting(keeps_place=True)]
    assert [(job.attempts, job.own_attempts) for job in jobs] == [(1, 1), (1, 1), (1, 0)]
    assert breaker_state(shop) is State.OPEN


def test_during_an_outage_a_function_does_not_call_and_leaves_the_photo_to_settle(shop: Shop) -> None:
    shop.web.always = PAGE
    for number in range(3):
        shop.upload(common(number), picture())
        shop.clock.pass_(seconds=4)
    breaker = shop.pipeline.vendor_calls.circuit_breaker("general/common")
    breaker.failed(Unavailable("InternalError", ""), [job_of(shop, common(0))], shop.clock())  # in a thread, as it were
    sent = len(shop.web.sent)
    shop.upload(COMMON, picture())
    job = job_of(shop, COMMON)
    assert (job.stage, job.code, job.attempts) == (Waiting(keeps_place=True), "CallsPaused", 0)
    assert len(shop.web.sent) == sent
    assert keys.WAKE in shop.bucket.things


def test_a_photo_that_alone_makes_the_vendor_fail_is_given_up_after_five_calls(shop: Shop) -> None:
    culprit = common(0)
    shop.web.always = refused("InternalError", 500)
    shop.upload(culprit, picture())
    for number in range(1, MAX_ATTEMPTS + 1):
        shop.web.always = ok(ImageURL=LINK)
        shop.upload(common(number), picture())
        assert shop.receipt(common(number)) is not None
        shop.web.always = refused("InternalError", 500)
        shop.after(culprit, minutes=11)
    receipt = shop.receipt(culprit)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_so_is_one_that_a_gateway_answers_for_with_one_call_more(shop: Shop) -> None:
    culprit = common(0)
    shop.web.always = PAGE
    shop.upload(culprit, picture())
    for number in range(1, MAX_ATTEMPTS + 2):
        shop.clock.pass_(minutes=11)
        shop.web.always = ok(ImageURL=LINK)
        shop.upload(common(number), picture())
        assert shop.receipt(common(number)) is not None
        shop.web.always = PAGE
        shop.resume(culprit)
    receipt = shop.receipt(culprit)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS + 1)


def test_of_the_daily_limit_only_calls_that_were_certainly_not_billed_are_given_back() -> None:
    shop = Shop(daily_call_limit=10)

    def spent(answer: tuple[int, str]) -> int:
        before = len(shop.keys("calls/"))
        shop.web.always = answer
        for _ in range(3):
            shop.after(COMMON, minutes=20)
        return len(shop.keys("calls/")) - before

    shop.web.always = PAGE
    shop.upload(COMMON, picture())
    assert spent(PAGE) == 3
    assert spent((504, "")) == 3
    assert spent(THROTTLED) == 1, "one number, kept for the next call"


def test_accepted_work_of_three_photos_that_fails_in_a_row_is_an_outage_until_a_result_comes(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.web.polls = status("PROCESS_FAILED", ErrorCode="InternalError", ErrorMessage="no idea")
    photos = [f"uploads/general/hd-common/{number}.jpg" for number in range(3)]
    for photo in photos:
        shop.upload(photo, picture())
    shop.clock.pass_(minutes=1)
    for photo in photos:
        shop.resume(photo)
    assert [job_of(shop, photo).own_attempts for photo in photos] == [1, 1, 0]
    assert job_of(shop, photos[2]).stage == Waiting(keeps_place=True)
    shop.web.polls = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
    shop.after(photos[2], minutes=1)
    assert breaker_state(shop, HD) is State.OPEN, "the vendor gave a ticket, and so it did before"
    shop.after(photos[2], minutes=1)
    assert breaker_state(shop, HD) is State.CLOSED
    receipt = shop.receipt(photos[2])
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


# -------------------------------------------------------------------- OSS refuses one object


def test_a_photo_that_oss_refuses_is_blocked_by_itself_and_others_are_served(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.bucket.forbidden.add(COMMON)
    shop.upload(COMMON, picture())
    job = job_of(shop, COMMON)
    assert (job.stage, job.code, job.attempts) == (Blocked(), "ObjectForbidden", 0)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert breaker_state(shop) is State.CLOSED
    shop.upload(common(1), picture())
    assert shop.receipt(common(1)) is not None
    for _ in range(MAX_ATTEMPTS + 1):
        shop.after(COMMON, minutes=11)
    assert shop.web.shown_keys("ImageURL") == [common(1)]
    shop.bucket.forbidden.clear()
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)


def test_a_photo_whose_second_picture_oss_refuses_is_blocked_by_itself(shop: Shop) -> None:
    shop.bucket.forbidden.add(MASK)
    shop.bucket.put(MASK, picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    assert (job_of(shop, PAIR).stage, job_of(shop, PAIR).code) == (Blocked(), "ObjectForbidden")
    assert breaker_state(shop, PAIR) is State.CLOSED


def test_a_second_picture_waits_until_oss_shows_whether_its_photo_is_there(shop: Shop) -> None:
    shop.bucket.forbidden.add(PAIR)
    shop.bucket.put(MASK, picture(form="PNG", mode="L"))
    shop.pipeline.jobs.enqueue(Upload(MASK), "")
    shop.resume(MASK)
    assert (job_of(shop, MASK).stage, job_of(shop, MASK).code) == (Blocked(), "ObjectForbidden")
    shop.bucket.forbidden.clear()
    shop.after(MASK, minutes=11)
    assert (job_of(shop, MASK).stage, job_of(shop, MASK).code) == (Waiting(), "PictureMissing")


@pytest.mark.parametrize("is_deleted", [False, True])
def test_what_was_bought_before_oss_refused_the_photo_is_stored(shop: Shop, is_deleted: bool) -> None:
    shop.web.always = SUBMITTED
    shop.web.polls = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
    shop.upload(HD, picture())
    shop.bucket.forbidden.add(HD)
    if is_deleted:  # which cannot be seen
        del shop.bucket.things[HD]
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)


def test_missing_settings_pause_the_capability(shop: Shop) -> None:
    shop.providers["picwish"] = Picwish({"picwish/cutout": ""}, "", Quotas(2))
    upload = "uploads/picwish/cutout/shoe.jpg"
    shop.upload(upload, picture())
    assert (job_of(shop, upload).stage, job_of(shop, upload).code) == (Blocked(), "Settings")
    assert breaker_state(shop, upload) is State.OPEN
