"""Deleting an upload is final: what was bought for it meanwhile is not stored, and nothing of it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.jobs import keys
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, HD, LINK, SUBMITTED, refused, status

shop = viapi_line.shop

SUCCESS = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
FAILED = status("PROCESS_FAILED", ErrorCode="InvalidImage.Content", ErrorMessage="bad")


def left(shop: Shop) -> list[str]:
    """What is there when settle has swept the leases of jobs that are over."""
    list(shop.pipeline.jobs.unfinished())  # deletes leases on past states
    return shop.left()


@pytest.mark.parametrize("answer", [SUCCESS, FAILED])
def test_nothing_comes_back_of_an_upload_that_was_deleted_while_the_vendor_worked(shop: Shop, answer: Any) -> None:
    shop.web.answers = [SUBMITTED, answer]
    shop.upload(HD, picture())
    del shop.bucket.things[HD]
    shop.after(HD, minutes=1)
    assert left(shop) == []
    assert shop.web.fetched == []


@pytest.mark.parametrize("answer", [SUCCESS, FAILED])
def test_what_was_bought_for_an_earlier_version_is_not_stored_under_the_next_one(shop: Shop, answer: Any) -> None:
    shop.web.answers = [SUBMITTED, answer, SUBMITTED, SUCCESS]
    shop.upload(HD, picture())
    shop.upload(HD, picture(80, 60))
    shop.after(HD, minutes=1)
    assert shop.keys(keys.CUTOUTS) == []
    shop.dispatcher.recheck(Upload(HD))
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.etag) == ("done", shop.bucket.things[HD].etag)


def test_a_result_that_could_not_be_fetched_at_once_is_not_stored_for_an_upload_that_is_gone(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "half-way")
    shop.upload(COMMON, picture())
    del shop.bucket.things[COMMON]
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=1)
    assert left(shop) == []


def test_of_several_pictures_those_that_were_stored_before_the_upload_was_deleted_go_with_it(shop: Shop) -> None:
    heads = [{"ImageURL": LINK}, {"ImageURL": f"{LINK}2"}]
    shop.web.results[f"{LINK}2"] = Unavailable("ResultBroken", "half-way")
    shop.web.always = viapi_line.ok(Elements=heads)
    shop.upload("uploads/portrait/head/people.jpg", picture())
    assert shop.keys(keys.CUTOUTS) != []
    del shop.bucket.things["uploads/portrait/head/people.jpg"]
    shop.after("uploads/portrait/head/people.jpg", minutes=1)
    assert left(shop) == []


def test_an_asynchronous_result_costs_one_request_to_see_that_its_upload_is_there_and_a_synchronous_one_none(
    shop: Shop,
) -> None:
    shop.web.answers = [SUBMITTED, SUCCESS]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    assert shop.bucket.requests.count(("etag", HD)) == 1
    shop.upload(COMMON, picture())
    assert ("etag", COMMON) not in shop.bucket.requests


@pytest.mark.parametrize("body", [None, b""])
def test_an_event_for_what_is_gone_costs_one_request_and_leaves_no_error(
    shop: Shop, body: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    if body is not None:
        shop.bucket.put(COMMON, body)
    assert shop.dispatcher.dispatch(Upload(COMMON), "AN-ETAG") is False
    assert shop.bucket.requests == [("peek", COMMON)]
    assert caplog.records == []


def test_a_version_that_was_served_between_the_look_and_the_claim_is_not_bought_again(shop: Shop) -> None:
    def overtake(name: str, key: str) -> None:
        if name == "create":
            shop.bucket.before = lambda name, key: None
            shop.upload(COMMON, picture(80, 60))

    shop.bucket.before = overtake
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert len(shop.web.sent) == 1


def test_a_refusal_of_a_deleted_upload_that_waited_is_not_written(shop: Shop) -> None:
    shop.web.answers = [refused("InternalError", 500)]
    shop.upload(COMMON, picture())
    del shop.bucket.things[COMMON]
    shop.after(COMMON, minutes=1)
    assert left(shop) == []
