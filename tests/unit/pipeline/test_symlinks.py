"""Symbolic links: who puts one needs no right to read what it names, so nothing is read through it."""

from __future__ import annotations

import json

import pytest

from shared.jobs import keys
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, HD, LINK, MASK, PAIR, SUBMITTED, status

shop = viapi_line.shop

SECRET = "uploads/general/common/somebody-else.jpg"
CUTOUT = "uploads/picwish/cutout/shoe.jpg"
WATERMARK = "uploads/picwish/watermark/shoe.jpg"
RECTANGLES = b'[{"x": 0, "y": 0, "width": 9, "height": 9}]'


@pytest.fixture(autouse=True)
def _secret(shop: Shop) -> None:
    shop.bucket.put(SECRET, picture())
    shop.bucket.put("uploads/picwish/watermark/other.json", RECTANGLES)


def link(shop: Shop, key: str, target: str = SECRET) -> None:
    """Put a symbolic link and tell the line, as a trigger would that fires for it."""
    shop.dispatcher.dispatch(Upload(key), shop.bucket.put_link(key, target))


@pytest.mark.parametrize("target", [SECRET, "uploads/nothing.jpg"])
@pytest.mark.parametrize("key", [COMMON, HD, CUTOUT])
def test_a_link_is_refused_with_a_sentence_and_no_vendor_sees_it(shop: Shop, key: str, target: str) -> None:
    link(shop, key, target)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "Symlink", 0)
    assert receipt.etag == shop.bucket.things[key].etag
    assert "upload the file itself" in receipt.message
    assert "软链接" in receipt.message_zh
    assert shop.web.sent == []
    assert shop.keys(keys.JOBS) == shop.keys(keys.WORK) == []


@pytest.mark.parametrize("beside", [MASK, "uploads/general/refine-mask/_mask.png"])
def test_a_second_picture_that_is_a_link_is_refused_as_such(shop: Shop, beside: str) -> None:
    shop.bucket.put_link(beside, SECRET)
    shop.upload(PAIR, picture())
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", "Symlink")
    assert receipt.message.startswith("the mask: ")
    assert shop.web.sent == []


def test_of_a_document_that_is_a_link_nothing_is_taken(shop: Shop) -> None:
    shop.bucket.put_link(f"{WATERMARK}.rectangles.json", "uploads/picwish/watermark/other.json")
    shop.upload(WATERMARK, picture())
    receipt = shop.receipt(WATERMARK)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", "Symlink")
    assert receipt.message.startswith("the rectangles: ")


def test_a_document_that_is_a_link_does_no_harm_where_the_photo_says_the_same_itself(shop: Shop) -> None:
    shop.bucket.put_link(f"{WATERMARK}.rectangles.json", "uploads/picwish/watermark/other.json")
    shop.web.always = (200, json.dumps({"status": 200, "data": {"state": 1, "task_id": "T-1", "image": LINK}}))
    shop.upload(WATERMARK, picture(), rectangles=RECTANGLES.decode())
    receipt = shop.receipt(WATERMARK)
    assert receipt is not None
    assert receipt.status == "done"


def test_the_photo_itself_in_a_links_place_is_served(shop: Shop) -> None:
    link(shop, COMMON)
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"


def test_a_link_that_takes_a_photos_place_meanwhile_gets_nothing(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    shop.bucket.put_link(HD, SECRET)
    shop.web.answers = [status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))]
    shop.after(HD, minutes=1)
    assert shop.keys(keys.CUTOUTS) == []
    shop.resume(HD)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.code, receipt.outputs, receipt.earlier_calls) == ("Symlink", (), {"2026-11": 1})
    assert shop.job(HD) is None


def test_a_link_in_a_jobs_place_gives_way_to_the_job(shop: Shop) -> None:
    shop.bucket.put_link(Upload(COMMON).job_key, Upload(SECRET).job_key)
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)
