"""Where a watermark lies: a mask, or rectangles in the photo's metadata or in a document beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import NotAccepted
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import go

FOLDER = "uploads/picwish/watermark/"
PHOTO = f"{FOLDER}shoe.jpg"
MASK = f"{PHOTO}.mask.png"
DOCUMENT = f"{PHOTO}.rectangles.json"
DONE = 200, json.dumps({"status": 200, "data": {"state": 1, "task_id": "T-1", "image": "https://x.aoscdn.com/1.jpg"}})


def box(x: int = 10, y: int = 20, width: int = 100, height: int = 50) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def boxes(*each: dict[str, int]) -> bytes:
    return json.dumps(each or [box()]).encode()


BODIES = {PHOTO: picture(), MASK: picture(form="PNG", mode="L"), DOCUMENT: boxes()}


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.web.always = DONE
    return shop


def told(shop: Shop, key: str = PHOTO) -> Receipt:
    receipt = shop.receipt(key)
    assert receipt is not None, f"{key} has no receipt"
    return receipt


def rectangles(shop: Shop, call: int = -1) -> Any:
    """As the vendor was told them."""
    return json.loads(shop.web.sent[call].form["rectangles"])


def later(shop: Shop, **time: float) -> None:
    """Settle comes by, until nothing is left that it would do at this time."""
    shop.clock.pass_(**time)
    for _ in range(3):
        go(shop, seconds=1)


# ---------------------------------------------------------------- a mask


@pytest.mark.parametrize("order", [(PHOTO, MASK), (MASK, PHOTO), (PHOTO, DOCUMENT), (DOCUMENT, PHOTO)])
def test_whichever_comes_last_starts_the_work_and_it_is_done_once(shop: Shop, order: tuple[str, str]) -> None:
    shop.upload(order[0], BODIES[order[0]])
    assert shop.web.sent == []
    shop.upload(order[1], BODIES[order[1]])
    later(shop, hours=2)
    assert told(shop).status == "done"
    assert len(shop.web.sent) == 1
    assert [key for key in shop.keys("cutouts/") if key.endswith(".json")] == [Upload(PHOTO).receipt_key]
    assert shop.keys("jobs/") == []


def test_a_mask_is_shown_beside_its_photo(shop: Shop) -> None:
    shop.upload(MASK, BODIES[MASK])
    shop.upload(PHOTO, BODIES[PHOTO])
    assert (shop.web.shown("image_url")[0], shop.web.shown("mask_url")[0]) == (PHOTO, MASK)
    assert "rectangles" not in shop.web.sent[0].form
    assert told(shop).options == {}


def test_the_mask_of_a_photo_that_is_resized_and_turned_is_shown_pixel_upon_pixel(shop: Shop) -> None:
    shop.upload(MASK, picture(2500, 5000, form="PNG", mode="L"))
    shop.upload(PHOTO, picture(5000, 2500, orientation=6))
    _, of_photo = shop.web.shown("image_url")
    _, of_mask = shop.web.shown("mask_url")
    assert of_photo.startswith("image/auto-orient,0/resize,m_fixed,w_4096,h_2048/rotate,90/")
    assert of_mask == "image/resize,m_fixed,w_2048,h_4096/format,png"


@pytest.mark.parametrize("order", [(MASK, DOCUMENT), (DOCUMENT, MASK)])
def test_of_a_mask_and_rectangles_the_mask_is_used_whichever_came_first(shop: Shop, order: tuple[str, str]) -> None:
    for key in order:
        shop.upload(key, BODIES[key])
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=boxes().decode())
    assert shop.web.shown("mask_url")[0] == MASK
    assert "rectangles" not in shop.web.sent[0].form
    later(shop, hours=2)
    assert (len(shop.web.sent), told(shop).options) == (1, {})
    assert shop.receipt(DOCUMENT) is None
    assert shop.keys("jobs/") == []


@pytest.mark.parametrize("metadata", [{}, {"rectangles": boxes().decode()}])
def test_a_mask_that_comes_when_the_rectangles_were_done_is_new_work(shop: Shop, metadata: dict[str, str]) -> None:
    if not metadata:
        shop.upload(DOCUMENT, BODIES[DOCUMENT])
    shop.upload(PHOTO, BODIES[PHOTO], **metadata)
    shop.upload(MASK, BODIES[MASK])
    assert len(shop.web.sent) == 2
    assert shop.web.shown("mask_url")[0] == MASK
    later(shop, hours=2)
    assert len(shop.web.sent) == 2


# ---------------------------------------------------------------- rectangles


def test_rectangles_in_the_photos_metadata_need_nothing_beside_it(shop: Shop) -> None:
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=boxes(box(), box(x=200)).decode())
    assert rectangles(shop) == [box(), box(x=200)]
    assert "mask_url" not in shop.web.sent[0].form
    assert json.loads(told(shop).options["rectangles"]) == [box(), box(x=200)]


def test_the_photos_own_metadata_win_over_a_document_beside_it(shop: Shop) -> None:
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=boxes(box(x=300)).decode())
    assert rectangles(shop) == [box(x=300)]


@pytest.mark.parametrize("document", [DOCUMENT, f"{FOLDER}_rectangles.json"])
def test_a_document_that_the_metadata_overrule_is_not_paid_for(shop: Shop, document: str) -> None:
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=boxes(box(x=300)).decode())
    shop.upload(document, BODIES[DOCUMENT])
    later(shop, hours=2)
    assert len(shop.web.sent) == 1
    assert [key for key in shop.keys("cutouts/") if key.endswith(".json")] == [Upload(PHOTO).receipt_key]
    assert shop.keys("jobs/") == []


def test_a_document_that_will_not_do_is_no_matter_when_the_metadata_overrule_it(shop: Shop) -> None:
    shop.upload(DOCUMENT, b"[[" + b" " * 10_000_000)
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=boxes().decode())
    assert told(shop).status == "done"


def test_a_document_whose_photo_never_comes_is_told_so_after_an_hour(shop: Shop) -> None:
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    later(shop, minutes=59)
    assert shop.receipt(DOCUMENT) is None
    later(shop, minutes=12)
    assert (told(shop, DOCUMENT).status, told(shop, DOCUMENT).code) == ("rejected", "PictureMissing")
    shop.upload(PHOTO, BODIES[PHOTO])
    assert told(shop).status == "done"
    assert shop.receipt(DOCUMENT) is None, "it was served after all"


def test_a_photo_with_neither_is_told_both_ways_after_an_hour(shop: Shop) -> None:
    shop.upload(PHOTO, BODIES[PHOTO])
    later(shop, minutes=72)
    receipt = told(shop)
    assert (receipt.code, receipt.attempts) == ("CompanionMissing", 0)
    assert "mask" in receipt.message
    assert "rectangles" in receipt.message


def test_another_document_is_new_work_and_the_same_one_again_is_not(shop: Shop) -> None:
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    shop.upload(PHOTO, BODIES[PHOTO])
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    assert len(shop.web.sent) == 1
    shop.upload(DOCUMENT, boxes(box(x=300)))
    assert [rectangles(shop, call) for call in (0, 1)] == [[box()], [box(x=300)]]
    later(shop, hours=2)
    assert len(shop.web.sent) == 2


def test_a_document_that_changes_while_its_photo_waits_is_told_as_it_is_then(shop: Shop) -> None:
    shop.web.answers = [NotAccepted("VendorUnreachable", "x")]
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    shop.upload(PHOTO, BODIES[PHOTO])
    shop.bucket.put(DOCUMENT, boxes(box(x=300)))
    later(shop, minutes=1)
    assert rectangles(shop) == [box(x=300)]


def test_a_folders_document_serves_every_photo_without_one_of_its_own(shop: Shop) -> None:
    photos = [f"{FOLDER}{name}.jpg" for name in "abc"]
    for photo in photos:
        shop.upload(photo, BODIES[PHOTO])
    shop.upload(f"{photos[1]}.rectangles.json", boxes(box(x=300)))
    shop.upload(f"{FOLDER}_rectangles.json", BODIES[DOCUMENT])
    later(shop, minutes=1)
    assert {told(shop, photo).status for photo in photos} == {"done"}
    first = {shop.web.shown_keys("image_url")[call]: rectangles(shop, call) for call in range(3)}
    assert first == {photos[0]: [box()], photos[1]: [box(x=300)], photos[2]: [box()]}
    assert len(shop.web.sent) == 3


def test_a_folders_mask_takes_the_place_of_a_folders_rectangles(shop: Shop) -> None:
    photos = [f"{FOLDER}{name}.jpg" for name in "ab"]
    shop.upload(f"{FOLDER}_rectangles.json", BODIES[DOCUMENT])
    for photo in photos:
        shop.upload(photo, BODIES[PHOTO])
    shop.upload(f"{FOLDER}_mask.png", BODIES[MASK])
    later(shop, minutes=1)
    assert len(shop.web.sent) == 4
    assert [request.form.get("rectangles") for request in shop.web.sent[2:]] == [None, None]
    assert shop.web.shown("mask_url")[0] == f"{FOLDER}_mask.png"


# ---------------------------------------------------------------- rectangles in the shown picture's pixels


@pytest.mark.parametrize(
    ("size", "orientation", "given", "shown"),
    [
        ((640, 480), 1, box(10, 20, 100, 50), box(10, 20, 100, 50)),
        ((640, 480), 3, box(10, 20, 100, 50), box(530, 410, 100, 50)),
        ((640, 480), 6, box(10, 20, 100, 50), box(410, 10, 50, 100)),
        ((640, 480), 8, box(10, 20, 100, 50), box(20, 530, 50, 100)),
        ((8192, 4096), 1, box(1000, 500, 200, 100), box(500, 250, 100, 50)),
        ((8192, 4096), 1, box(1001, 501, 201, 101), box(500, 250, 101, 51)),
        ((8192, 4096), 6, box(1000, 500, 200, 100), box(2048 - 250 - 50, 500, 50, 100)),
    ],
)
def test_rectangles_are_told_in_pixels_of_the_picture_as_the_vendor_sees_it(
    shop: Shop, size: tuple[int, int], orientation: int, given: dict[str, int], shown: dict[str, int]
) -> None:
    shop.upload(PHOTO, picture(*size, orientation=orientation), rectangles=boxes(given).decode())
    assert rectangles(shop) == [shown]
    assert json.loads(told(shop).options["rectangles"]) == [given], "the receipt says what the uploader said"


# ---------------------------------------------------------------- rectangles that will not do


@pytest.mark.parametrize("by_document", [False, True])
@pytest.mark.parametrize(
    "given",
    [
        b" ",
        b"[]",
        b"[[",
        b"no JSON",
        b'{"x": 1}',
        b'[{"x": 1, "y": 1, "width": 10}]',
        b'[{"x": "1", "y": 1, "width": 10, "height": 10}]',
        b'[{"x": 1.5, "y": 1, "width": 10, "height": 10}]',
        boxes(box(x=-1)),
        boxes(box(width=0)),
        boxes(box(x=600, width=41)),
        boxes(box(y=430, height=51)),
        boxes(box(x=10**30)),
        boxes(box(0, 0, 640, 241)),
        boxes(box(0, 0, 320, 480), box(320, 0, 1, 1)),
        boxes(*[box()] * 51),
    ],
    ids=lambda given: str(given)[:40],
)
def test_rectangles_that_the_vendor_does_not_take_are_refused_unpaid(
    shop: Shop, given: bytes, by_document: bool
) -> None:
    if by_document:
        shop.upload(DOCUMENT, given)
        shop.upload(PHOTO, BODIES[PHOTO])
    else:
        shop.upload(PHOTO, BODIES[PHOTO], rectangles=given.decode())
    receipt = told(shop)
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "InvalidAreas", 0)
    assert shop.web.sent == []
    later(shop, hours=2)
    assert shop.keys("jobs/") == []


@pytest.mark.parametrize(
    "given",
    [boxes(box(0, 0, 640, 240)), boxes(*[box(0, 0, 640, 240)] * 50), boxes(box(639, 479, 1, 1))],
    ids=["half", "half, fifty times", "the last pixel"],
)
def test_rectangles_up_to_the_limits_pass(shop: Shop, given: bytes) -> None:
    shop.upload(PHOTO, BODIES[PHOTO], rectangles=given.decode())
    assert rectangles(shop) == json.loads(given)


def test_a_document_of_ten_megabytes_is_refused_with_its_size_and_not_read(shop: Shop) -> None:
    shop.upload(DOCUMENT, boxes() + b" " * 10_000_000)
    shop.upload(PHOTO, BODIES[PHOTO])
    receipt = told(shop)
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "InvalidOption", 0)
    assert f"{10_000_000 + len(boxes()):,} bytes" in receipt.message
    assert len(receipt.message) < 300
    assert ("read", DOCUMENT) not in shop.bucket.requests


def test_a_document_in_no_encoding_of_text_is_refused(shop: Shop) -> None:
    shop.upload(DOCUMENT, b"\xff\xfe" + '[{"x": 1}]'.encode("utf-16-le"))
    shop.upload(PHOTO, BODIES[PHOTO])
    assert told(shop).code == "InvalidAreas"


def test_a_document_may_begin_with_a_byte_order_mark_as_windows_writes_it(shop: Shop) -> None:
    shop.upload(DOCUMENT, b"\xef\xbb\xbf" + BODIES[DOCUMENT])
    shop.upload(PHOTO, BODIES[PHOTO])
    assert rectangles(shop) == [box()]


def test_a_mended_document_is_served(shop: Shop) -> None:
    shop.upload(DOCUMENT, b"[[")
    shop.upload(PHOTO, BODIES[PHOTO])
    shop.upload(DOCUMENT, BODIES[DOCUMENT])
    assert (told(shop).status, len(shop.web.sent)) == ("done", 1)


@pytest.mark.parametrize("beside", [DOCUMENT, MASK])
def test_an_empty_object_beside_a_photo_is_passed_over_like_any_other(shop: Shop, beside: str) -> None:
    shop.upload(PHOTO, BODIES[PHOTO])
    shop.upload(beside, b"")
    later(shop, hours=2)
    assert told(shop).code == "CompanionMissing"
