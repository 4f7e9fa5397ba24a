"""An asynchronous job is bought once, and polled until the vendor answers what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.errors import NotAccepted, Unavailable
from shared.jobs.job import Submitted, Waiting
from shared.pipeline.pipeline import MAX_ATTEMPTS
from shared.vendors.protocol import Provider
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, Shop
from tests.unit.releases import deploy
from tests.unit.viapi_line import HD, LINK, SUBMITTED, THROTTLED, refused, status

shop = viapi_line.shop

DONE = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))


def test_an_asynchronous_job_keeps_its_ticket_and_settle_concludes_it(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Submitted(ticket="R-1", since=START)
    shop.web.answers = [status("PROCESSING"), DONE]
    shop.after(HD, minutes=1)
    assert shop.job(HD) is not None
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, receipt.price_yuan) == ("done", 1, 0.007)
    assert [request.form["JobId"] for request in shop.web.sent[1:]] == ["R-1", "R-1"]


@pytest.mark.parametrize("error", [THROTTLED, refused("InternalError", 500), NotAccepted("VendorUnreachable", "x")])
def test_a_poll_that_fails_keeps_the_ticket(shop: Shop, error: Any) -> None:
    shop.web.answers = [SUBMITTED, error]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert isinstance(job.stage, Submitted)
    assert job.attempts == 1


def test_a_poll_that_is_too_early_when_it_has_its_slot_is_not_sent_and_is_no_error(shop: Shop) -> None:
    other = HD.replace(".jpg", "-2.jpg")
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    shop.clock.pass_(seconds=7)
    shop.upload(other, picture())
    shop.web.always, shop.web.answers = None, [status("PROCESSING"), DONE]
    shop.after(HD, seconds=1)
    shop.after(HD, seconds=2)
    shop.resume(other)  # three seconds old, when the first one has just taken ten
    job = shop.job(other)
    assert job is not None
    assert isinstance(job.stage, Submitted)
    assert (job.stage.polls, job.retries, job.code, job.lease_until) == (0, 0, "", None)
    assert job.due < shop.clock(), "it keeps its place in the queue, and the worker postpones it"


def test_a_failed_job_of_a_bad_picture_is_refused(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, status("PROCESS_FAILED", ErrorCode="InvalidImage.Content", ErrorMessage="bad")]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", "InvalidImage.Content")


@pytest.mark.parametrize("answer", [status("TIMEOUT_FAILED"), status("LIMIT_RETRY_FAILED"), status("PROCESS_SUCCESS")])
def test_a_job_the_vendor_gave_up_is_submitted_again(shop: Shop, answer: Any) -> None:
    shop.web.answers = [SUBMITTED, answer, SUBMITTED]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Waiting()
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert (isinstance(job.stage, Submitted), job.attempts) == (True, 2)


@pytest.mark.parametrize("code", ["ServiceUnavailable", "Throttling.User", "InvalidApi.NotPurchase"])
def test_an_accepted_job_that_always_fails_is_not_submitted_for_ever(shop: Shop, code: str) -> None:
    shop.web.always = SUBMITTED
    shop.web.polls = status("PROCESS_FAILED", ErrorCode=code, ErrorMessage="given up")
    shop.upload(HD, picture())
    for _ in range(4 * MAX_ATTEMPTS):
        if shop.job(HD):
            shop.after(HD, minutes=11)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_a_ticket_the_vendor_no_longer_knows_is_submitted_again(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, refused("InvalidParameter")]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Waiting()


def test_a_job_that_never_ends_is_given_up_after_a_day(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    shop.after(HD, hours=25)
    job = shop.job(HD)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), "TicketLost")


@pytest.mark.parametrize("answer", [(200, "{}"), refused("InternalError", 500), (502, "<html>"), THROTTLED])
def test_a_ticket_whose_every_poll_fails_is_not_polled_for_ever(shop: Shop, answer: Any) -> None:
    shop.web.always = SUBMITTED
    shop.web.polls = answer
    shop.upload(HD, picture())
    for _ in range(6 * 26):
        shop.after(HD, minutes=10)
    job = shop.job(HD)
    assert job is not None
    assert job.attempts >= 2
    for _ in range(6 * 26 * MAX_ATTEMPTS):
        if shop.job(HD):
            shop.after(HD, minutes=10)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


class Synchronous:
    """A dialect that cannot be polled."""

    def __init__(self, dialect: Provider) -> None:
        self.quotas, self.result_hosts, self.links_live = dialect.quotas, dialect.result_hosts, dialect.links_live
        self.missing, self.call, self.answer = dialect.missing, dialect.call, dialect.answer


def test_a_ticket_of_a_vendor_that_is_no_longer_polled_is_lost_and_the_job_is_called_for_again(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())

    shop.providers["viapi"] = Synchronous(shop.providers["viapi"])
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert (job.code, job.attempts, type(job.stage)) == ("TicketLost", 1, Waiting)


# ---------------------------------------------------------------- a release without the capability


@pytest.fixture
def without_hd() -> Iterator[Callable[[], None]]:
    """Deploys a release that has the capability no more."""
    yield lambda: deploy(without="general/hd-common")
    deploy()


def test_a_ticket_of_a_capability_that_is_gone_ends_in_a_receipt_that_says_so(
    shop: Shop, without_hd: Callable[[], None]
) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    without_hd()
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "UnknownCapability", 1)
    assert "there is no capability general/hd-common" in receipt.message
    assert (shop.job(HD), len(shop.web.sent)) == (None, 1)


def test_what_was_bought_of_a_capability_that_is_gone_is_fetched(shop: Shop, without_hd: Callable[[], None]) -> None:
    shop.web.answers = [SUBMITTED, DONE]
    shop.web.results[LINK] = Unavailable("ResultBroken", "it broke off")
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    without_hd()
    del shop.web.results[LINK]
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)


def test_what_was_bought_of_a_capability_that_is_gone_and_cannot_be_fetched_ends_as_well(
    shop: Shop, without_hd: Callable[[], None]
) -> None:
    shop.web.answers = [SUBMITTED, DONE]
    shop.web.results[LINK] = Unavailable("ResultBroken", "it broke off")
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    without_hd()
    for _ in range(4):
        if shop.job(HD):
            shop.after(HD, minutes=31)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", "UnknownCapability")


@pytest.mark.parametrize("answer", [THROTTLED, refused("InvalidApi.NotPurchase", 403)])
def test_a_job_that_waits_for_a_capability_that_is_gone_ends_as_well(
    shop: Shop, without_hd: Callable[[], None], answer: Any
) -> None:
    shop.web.answers = [answer]
    shop.upload(HD, picture())
    without_hd()
    shop.after(HD, minutes=11)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "UnknownCapability", 0)
