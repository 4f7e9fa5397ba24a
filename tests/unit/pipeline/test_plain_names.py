"""If a vendor cannot read a link, it is called once more with a link to a copy under an ASCII name."""

from __future__ import annotations

import json

import pytest

from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, LINK, SUBMITTED, THROTTLED, ok, refused, status

shop = viapi_line.shop


def test_after_a_link_that_the_vendor_cannot_read_it_gets_one_to_a_copy_with_a_plain_name(shop: Shop) -> None:
    shop.web.answers = [refused("InvalidImage.URL")]
    key = "uploads/general/common/红鞋 1.jpg"
    shop.upload(key, picture())
    shown, _ = shop.web.shown("ImageURL")
    assert shown.startswith("work/")
    assert shown.isascii()
    receipt = shop.receipt(key)
    assert receipt is not None
    assert receipt.status == "done"
    assert shop.keys("work/") == []


@pytest.mark.parametrize("code", ["InvalidImage.URL", "InvalidFile.URL", "IllegalUrlParameter"])
@pytest.mark.parametrize(("name", "calls"), [("shoe", 1), ("鞋", 2)])
def test_a_plain_name_is_tried_once_and_only_if_the_uploads_own_name_is_not_plain(
    shop: Shop, code: str, name: str, calls: int
) -> None:
    key = f"uploads/general/common/{name}.jpg"
    shop.web.always = refused(code)
    shop.upload(key, picture())
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts, len(shop.web.sent)) == ("rejected", code, calls, calls)
    assert shop.keys("work/") == []


def published(shop: Shop) -> list[str]:
    return [about for name, about in shop.bucket.requests if name == "publish_copy"]


def test_the_copy_is_made_anew_for_the_next_call(shop: Shop) -> None:
    key = "uploads/general/common/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), refused("InvalidApi.NotPurchase", 403)]
    shop.upload(key, picture())
    (copy,) = published(shop)
    assert shop.keys("work/") == []
    shop.after(key, hours=30)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, published(shop), shop.keys("work/")) == ("done", [copy, copy], [])


def test_a_new_version_begins_without_attempts_and_retries(shop: Shop) -> None:
    shop.web.always = refused("InternalError", 500)
    shop.upload(COMMON, picture())
    for _ in range(MAX_ATTEMPTS - 2):
        shop.after(COMMON, minutes=11)
    shop.upload(COMMON, picture(800, 600))
    job = shop.job(COMMON)
    assert job is not None
    assert (job.attempts, job.retries) == (1, 1)


def test_an_asynchronous_job_whose_link_could_not_be_read_gets_a_copy_too(shop: Shop) -> None:
    key = "uploads/general/hd-common/鞋.jpg"
    shop.web.answers = [
        SUBMITTED,
        status("PROCESS_FAILED", ErrorCode="InvalidImage.URL", ErrorMessage="bad link"),
        SUBMITTED,
        status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK})),
    ]
    shop.upload(key, picture())
    shop.after(key, minutes=1)
    assert shop.web.shown("ImageUrl")[0].startswith("work/")
    shop.after(key, minutes=1)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)
    assert shop.keys("work/") == []


def test_the_copy_of_a_replaced_mask_is_not_used(shop: Shop) -> None:
    pair = "uploads/general/refine-mask/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), THROTTLED]
    shop.upload(pair, picture())
    shop.upload(f"{pair}.mask.png", picture(form="PNG", mode="L"))
    copies = published(shop)
    shop.clock.pass_(seconds=4)
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(f"{pair}.mask.png", picture(form="PNG", mode="1"))
    assert len(copies) == 2
    assert shop.web.shown("MaskImageURL")[0] == f"{pair}.mask.png"
    assert shop.keys("work/") == []


def test_copies_of_an_older_version_are_not_used(shop: Shop) -> None:
    key = "uploads/general/common/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), THROTTLED]
    shop.upload(key, picture())
    assert len(published(shop)) == 1
    shop.clock.pass_(seconds=4)
    shop.upload(key, picture(800, 600))
    assert (shop.web.shown("ImageURL")[0], len(published(shop))) == (key, 1)
