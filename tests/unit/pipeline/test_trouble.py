"""What a call that brings no cutout leads to: the job waits, is blocked, or ends with a failed receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.cloud.concurrency import VENDOR_SLOW
from shared.errors import NotAccepted, Unavailable
from shared.jobs.job import Blocked, Waiting
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, LINK, THROTTLED, VEHICLE, ok, refused

shop = viapi_line.shop


def test_a_throttled_upload_waits_is_served_and_counts_one_attempt(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(not_accepted=True), "Throttling.User", 0)
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
    while shop.job(COMMON):
        shop.after(COMMON, minutes=11)
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
    assert (job.stage, job.attempts) == (Waiting(not_accepted=True), 0)


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
    assert (job.stage, job.code, job.attempts) == (Waiting(not_accepted=True), VENDOR_SLOW, 0)
    assert shop.web.sent == []
    limit.back()
    shop.web.always = ok(ImageURL=LINK)
    shop.resume(COMMON)
    assert shop.receipt(COMMON) is not None
