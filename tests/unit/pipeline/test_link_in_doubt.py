"""A vendor says that it could not fetch the picture: the link is read from here before another call."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Unavailable
from shared.jobs.job import Waiting
from tests.pictures import picture
from tests.unit import damo_line, viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, HD, LINK, SUBMITTED, ok, refused, status

shop = viapi_line.shop

NOT_FETCHED = [refused(code) for code in ("InvalidImage.Download", "InvalidFile.Download", "InvalidImage.Timeout")]
FAILED = status("PROCESS_FAILED", ErrorCode="InvalidFile.Download", ErrorMessage="no picture came")


@pytest.mark.parametrize("answer", NOT_FETCHED)
def test_what_oss_cannot_process_is_bought_at_most_once_and_its_reason_is_on_the_receipt(
    shop: Shop, answer: Any
) -> None:
    shop.bucket.unprocessable.add(COMMON)
    shop.web.always = answer
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "BadImage", 1)
    assert "OSS" in receipt.message
    assert len(shop.web.sent) == 1


def test_the_same_holds_if_an_asynchronous_vendor_says_so_in_its_answer_to_a_poll(shop: Shop) -> None:
    shop.bucket.unprocessable.add(HD)
    shop.web.answers = [SUBMITTED, FAILED]
    shop.upload(HD, picture())
    shop.after(HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "BadImage", 1)


def test_a_sound_link_is_called_with_again_after_a_pause_and_read_only_once(shop: Shop) -> None:
    shop.web.answers = [NOT_FETCHED[0], NOT_FETCHED[0]]
    shop.upload(COMMON, picture())
    for attempts in (1, 2):
        job = shop.job(COMMON)
        assert job is not None
        assert (job.stage, job.attempts, job.code) == (Waiting(), attempts, "InvalidImage.Download")
        assert job.due > shop.clock()
        shop.after(COMMON, minutes=1)
    assert shop.bucket.requests.count(("check_link", COMMON)) == 1
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, receipt.code) == ("done", 3, "")


def test_a_photo_that_was_deleted_before_the_vendor_fetched_it_leaves_nothing(shop: Shop) -> None:
    def delete(request: Any) -> None:
        shop.bucket.things.pop(COMMON, None)

    shop.web.before = delete
    shop.web.always = NOT_FETCHED[0]
    shop.upload(COMMON, picture())
    assert shop.left() == []
    assert len(shop.web.sent) == 1


def test_a_link_that_the_vendor_cannot_read_is_read_here_too_before_the_picture_is_rejected() -> None:
    key = f"{damo_line.FOLDER}shoe.jpg"
    shop = Shop()
    shop.bucket.unprocessable.add(key)
    shop.web.always = damo_line.refused(23500006, 400)
    shop.upload(key, picture(500, 400))
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "BadImage", 1)


def test_a_link_that_cannot_be_read_from_here_holds_up_no_other_call(shop: Shop) -> None:
    def fail(name: str, key: str) -> None:
        if name == "check_link":
            raise Unavailable("OssUnreachable", "not from here")

    shop.bucket.before = fail
    shop.web.answers = [NOT_FETCHED[0]]
    shop.upload(COMMON, picture())
    shop.after(COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_the_link_of_a_photo_that_the_vendor_could_read_is_not_read_here(shop: Shop) -> None:
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    assert not [name for name, _ in shop.bucket.requests if name == "check_link"]
