"""Results are fetched while their links are valid, and no other call is bought until they expire."""

from __future__ import annotations

import pytest

from shared.errors import Misconfigured, Unavailable
from shared.jobs.job import Fetching, Waiting
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, LINK

shop = viapi_line.shop


def test_a_failed_download_is_tried_again_without_paying_again(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert isinstance(job.stage, Fetching)
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 1)


def test_while_the_results_host_is_not_allowed_no_other_call_is_bought(shop: Shop) -> None:
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    shop.upload(COMMON, picture())
    for _ in range(30):
        shop.after(COMMON, minutes=11)
    assert len(shop.web.sent) == 1
    assert shop.receipt(COMMON) is None
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=11)  # the link is long dead
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_a_result_at_a_host_that_is_not_known_ends_in_a_failed_receipt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(url: str, hosts: tuple[str, ...]) -> None:
        raise Unavailable("ResultHostUnknown", "no address")

    monkeypatch.setattr(shop.web, "allow", unknown)
    shop.web.results[LINK] = Unavailable("ResultHostUnknown", "no address")
    shop.upload(COMMON, picture())
    for _ in range(20 * MAX_ATTEMPTS):
        if shop.job(COMMON):
            shop.after(COMMON, minutes=31)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_a_result_whose_link_has_died_is_made_again_and_counted(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    assert shop.job(COMMON) is not None
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=31)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), "ResultExpired")
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_results_that_never_arrive_end_in_a_failed_receipt(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultNotAnImage", "a page")
    shop.upload(COMMON, picture())
    while shop.job(COMMON):
        shop.after(COMMON, minutes=31)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)
    assert "ResultNotAnImage" in receipt.message
