"""The whole line in the cloud in a box: real functions in processes of their own, real HTTP, real pictures."""

from __future__ import annotations

import io
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, zip_longest

import numpy as np
import pytest
from PIL import Image

from shared.jobs.upload import Upload
from shared.pictures.header import WINDOW
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud import segment
from tests.cloud.box import Cloud
from tests.cloud.oss_image_actions import AS_WRITTEN, READINGS
from tests.demo.photos import Photo, samples
from tests.samples import photo as pixels
from tests.scenarios.shop import Shop, photo, subject_share

OWNER = "LTAI-EXAMPLE-owner"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Time runs faster here: settle comes by every second."""
    with Cloud(timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


def test_a_photo_becomes_a_cutout_with_a_subject_in_it(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/common/coffee.jpg", photo()))
    assert receipt.status == "done"
    cutout = shop.picture(receipt)
    assert cutout.size == (600, 400)
    assert 0.1 < subject_share(cutout) < 0.9


def test_an_asynchronous_cutout_is_concluded_by_settle(shop: Shop) -> None:
    key = shop.upload("uploads/general/hd-common/coffee.jpg", photo())
    receipt = shop.wait(key)
    assert (receipt.status, receipt.attempts, shop.billed(key)) == ("done", 1, 1)
    assert 0.1 < subject_share(shop.picture(receipt)) < 0.9


def test_vehicles_come_as_pictures_of_their_own(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/vehicle/rocket.jpg", photo()))
    assert receipt.status == "done"
    for index in range(len(receipt.outputs)):
        assert subject_share(shop.picture(receipt, index)) > 0.001


def test_every_capability_serves_a_photo_and_is_paid_for_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "_SEARCH", 64)  # any cutout will do
    uploads = [photo for photo in samples() if photo.key.split("/")[1] != "general"]  # those have tests of their own
    for together in one_for_each_function(uploads):
        for sample in together:
            assert isinstance(sample.content, bytes)
            shop.upload(sample.key, sample.content)
        for key in (sample.key for sample in together if not sample.companion_of):
            receipt = shop.wait(key)
            assert (key, receipt.status, receipt.code, shop.billed(key)) == (key, "done", "", 1)
    others = {name for name in CAPABILITIES if not name.startswith("general/")}
    assert {Upload(sample.key).capability for sample in uploads} == others


def one_for_each_function(photos: list[Photo]) -> list[list[Photo]]:
    """Lists of photos to send at once, a pair counting as one photo: each function then needs one instance."""
    pairs = defaultdict[str, list[Photo]](list)
    for each in photos:
        pairs[each.companion_of or each.key].append(each)
    functions = defaultdict[str, list[list[Photo]]](list)
    for key, pair in pairs.items():
        functions[key.split("/")[1]].append(pair)
    return [list(chain(*filter(None, pairs))) for pairs in zip_longest(*functions.values())]


def test_a_heads_box_lies_where_the_head_is_also_when_oss_turned_and_shrank_the_photo(shop: Shop) -> None:
    upright = Image.fromarray(pixels("astronaut")).resize((2400, 2400))
    plain, turned, exif = io.BytesIO(), io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    upright.resize((512, 512)).save(plain, "JPEG")
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, "JPEG", exif=exif)
    plain_key = shop.upload("uploads/portrait/head/plain.jpg", plain.getvalue())
    (head,) = shop.wait(plain_key).outputs
    turned_receipt = shop.wait(shop.upload("uploads/portrait/head/turned.jpg", turned.getvalue()))
    (found,) = turned_receipt.outputs
    assert "auto-orient" in turned_receipt.reshaped
    assert head.x is not None
    assert head.y is not None
    assert head.width is not None
    assert head.height is not None
    # What is at (x, y) upright lies at (y, side - x) in a photo that was laid on its left side.
    scale = 2400 / 512
    expected = (head.y * scale, (512 - head.x - head.width) * scale, head.height * scale, head.width * scale)
    assert (found.x, found.y, found.width, found.height) == pytest.approx(expected, abs=0.06 * 2400)


@pytest.mark.parametrize("mask_first", [True, False])
def test_a_mask_is_refined_whichever_picture_comes_first(shop: Shop, mask_first: bool) -> None:
    key = f"uploads/general/refine-mask/{mask_first}.jpg"
    mask = np.zeros((400, 600), np.uint8)
    mask[60:340, 140:460] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    uploads = [(f"{key}.mask.png", out.getvalue()), (key, photo())]
    for name, body in uploads if mask_first else reversed(uploads):
        shop.upload(name, body)
        time.sleep(0.3)
    receipt = shop.wait(key)
    assert (receipt.status, shop.billed(key)) == ("done", 1)
    assert shop.picture(receipt).convert("L").getextrema() == (0, 255)


@pytest.mark.parametrize("name", ["红鞋 1+2%.jpg", "a//b/../c.jpg", "100%25 'q' (x)*~.jpg", "e=mc².jpg"])
def test_any_name_goes_through(shop: Shop, name: str) -> None:
    receipt = shop.wait(shop.upload(f"uploads/general/common/{name}", photo()))
    assert (receipt.status, receipt.code) == ("done", "")
    assert shop.picture(receipt).size == (600, 400)


@pytest.mark.parametrize("reading", READINGS)
def test_what_does_not_fit_is_reshaped_by_oss(shop: Shop, reading: str) -> None:
    shop.cloud.oss.reading = READINGS[reading]
    uploads = {
        "big.jpg": (photo(size=(2400, 1200)), (1999, 999)),
        "palette.png": (photo("PNG", mode="P"), (600, 400)),
        "turned.jpg": (photo(orientation=6), (400, 600)),
        "large-and-turned.jpg": (photo(size=(2400, 1200), orientation=6), (999, 1999)),
        "scan.tiff": (photo("TIFF"), (600, 400)),
    }
    for name, (body, _) in uploads.items():
        shop.upload(f"uploads/general/common/reshaped/{reading}/{name}", body)
    for name, (_, size) in uploads.items():
        receipt = shop.wait(f"uploads/general/common/reshaped/{reading}/{name}")
        assert (receipt.status, receipt.code) == ("done", "")
        assert receipt.reshaped
        assert shop.picture(receipt).size == size
    shop.cloud.oss.reading = AS_WRITTEN


def test_options_reach_the_vendor(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/common/return-form=mask/coffee.jpg", photo()))
    assert shop.picture(receipt).mode == "L"
    receipt = shop.wait(shop.upload("uploads/general/common/plain/coffee.jpg", photo(), **{"return-form": "whiteBK"}))
    assert receipt.options == {"return-form": "whiteBK"}
    assert receipt.outputs[0].content_type in ("image/jpeg", "image/png")


def test_seven_requests_and_one_head_of_the_photo_are_all_that_goes_to_oss(shop: Shop) -> None:
    key = "uploads/general/common/counted.jpg"
    body = photo(quality=100) + bytes(2 * WINDOW)
    shop.wait(shop.upload("uploads/general/common/first.jpg", photo()))  # an instance is warm
    shop.wait(shop.upload(key, body))
    own = [key, Upload(key).job_key, Upload(key).receipt_key, Upload(key).output_key("", "png")]
    requests = [
        request
        for request in shop.cloud.oss.requests
        if request.key in own
        and request.access_key_id != OWNER
        and (request.operation, request.key) != ("GetObject", Upload(key).job_key)  # settle, coming by
    ]
    assert Counter(request.operation for request in requests) == {
        "PutObject": 4,  # claim, record of the call, result, receipt
        "GetObject": 2 + 1,  # the photo's head, the receipt that is not there; and the vendor's, through the link
        "DeleteObject": 1,
    }
    assert sorted(request.bytes_out for request in requests if request.key == key) == [WINDOW, len(body)]


def test_nothing_is_left_when_all_is_quiet(shop: Shop) -> None:
    shop.is_quiet()
