"""The line over a bucket in memory, and VIAPI: a photo goes in, its cutout comes out, or a sentence why not."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import PNG, Shop
from tests.unit.viapi_line import COMMON, LINK, THROTTLED, VEHICLE, ok, refused

shop = viapi_line.shop


# ---------------------------------------------------------------- a photo goes in, its cutout comes out


def test_a_photo_becomes_a_cutout_and_a_receipt_and_no_job_is_left(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, receipt.request_id) == ("done", 1, "R-1")
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert [output.key for output in receipt.outputs] == ["cutouts/general/common/shoe.jpg.png"]
    assert shop.bucket.things["cutouts/general/common/shoe.jpg.png"].body == PNG
    assert shop.keys("jobs/") == []


def test_seven_requests_go_to_oss_for_a_photo_that_fits(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    assert shop.bucket.requests == [
        ("peek", COMMON),
        ("create", "jobs/general/common/shoe.jpg.json"),
        ("read", "cutouts/general/common/shoe.jpg.json"),
        ("write", "jobs/general/common/shoe.jpg.json"),
        ("store", "cutouts/general/common/shoe.jpg.png"),
        ("write", "cutouts/general/common/shoe.jpg.json"),
        ("delete", "jobs/general/common/shoe.jpg.json"),
    ]


def test_the_receipt_is_written_after_every_output_and_before_the_job_goes(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}, {"ImageURL": LINK}])
    shop.upload(VEHICLE, picture())
    names = [name for name, _ in shop.bucket.requests]
    assert names[names.index("store") :] == ["store", "store", "write", "delete"]


def test_options_come_from_folders_and_the_objects_own_metadata_wins(shop: Shop) -> None:
    shop.upload("uploads/general/common/return-form=mask/a.jpg", picture())
    assert shop.web.sent[-1].query["ReturnForm"] == "mask"
    shop.upload("uploads/general/common/return-form=mask/b.jpg", picture(), **{"return-form": "crop", "camera": "x"})
    assert shop.web.sent[-1].query["ReturnForm"] == "crop"
    receipt = shop.receipt("uploads/general/common/return-form=mask/b.jpg")
    assert receipt is not None
    assert receipt.options == {"return-form": "crop"}


def test_several_elements_become_numbered_pictures(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK, "OriginImageURL": "x"}, {"ImageURL": LINK + "2"}])
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert [(output.label, output.key) for output in receipt.outputs] == [
        ("0", "cutouts/general/vehicle/street.jpg.0.png"),
        ("1", "cutouts/general/vehicle/street.jpg.1.png"),
    ]


def test_a_picture_that_does_not_fit_is_reshaped_by_oss_and_the_receipt_says_so(shop: Shop) -> None:
    shop.upload(COMMON, picture(3000, 1500))
    _, process = shop.web.shown("ImageURL")
    receipt = shop.receipt(COMMON)
    assert process == "image/resize,m_fixed,w_1999,h_999/format,jpg/quality,Q_90"
    assert receipt is not None
    assert receipt.reshaped == process


def test_a_size_that_stands_deep_in_the_file_is_read_where_it_stands_and_no_further_than_the_file_goes(
    shop: Shop,
) -> None:
    # A frame header behind 300 kB of thumbnails and profiles.
    plain = picture()
    segments = b"".join(b"\xff\xe2" + (60_000).to_bytes(2, "big") + bytes(59_998) for _ in range(5))
    shop.upload(COMMON, plain[:2] + segments + plain[2:])
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"
    assert ("read_range", COMMON) in shop.bucket.requests


def test_a_vendor_that_finds_nothing_is_not_asked_again(shop: Shop) -> None:
    shop.web.always = ok(Elements=[])
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert (receipt.status, receipt.code, len(shop.web.sent)) == ("rejected", "EmptyResult", 1)


def test_a_picture_in_which_nothing_shows_is_a_result_that_says_so(shop: Shop) -> None:
    shop.web.results[LINK] = picture(form="PNG", mode="RGBA")
    blank = io.BytesIO()
    Image.new("RGBA", (30, 20), (9, 9, 9, 0)).save(blank, "PNG")
    shop.upload("uploads/general/common/clear.jpg", picture())
    shop.web.results[LINK] = blank.getvalue()
    shop.upload(COMMON, picture())
    clear, empty = shop.receipt("uploads/general/common/clear.jpg"), shop.receipt(COMMON)
    assert clear is not None
    assert empty is not None
    assert (clear.status, clear.code) == ("done", "")
    assert (empty.status, empty.code, len(empty.outputs)) == ("done", "EmptyResult", 1)


@pytest.mark.parametrize(("shade", "code"), [(255, "CmykColours"), (0, "EmptyResult")])
def test_colours_of_print_are_passed_on_and_the_receipt_says_so_unless_there_is_nothing_to_see(
    shop: Shop, shade: int, code: str
) -> None:
    made = io.BytesIO()
    Image.new("RGBA", (30, 20), (9, 9, 9, shade)).save(made, "PNG")
    shop.web.results[LINK] = made.getvalue()
    shop.upload(COMMON, picture(mode="CMYK"))
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.reshaped) == ("done", code, "")
    assert ("save it again as RGB" in receipt.message) is (code == "CmykColours")


def test_a_box_on_the_receipt_is_in_pixels_of_the_upload_as_it_is_stored(shop: Shop) -> None:
    key = "uploads/portrait/head/people.jpg"
    shop.web.always = ok(Elements=[{"ImageURL": LINK, "X": 100, "Y": 0, "Width": 50, "Height": 40}])
    shop.upload(key, picture(400, 300, orientation=6))  # shown upright it is 300 × 400
    receipt = shop.receipt(key)
    assert receipt is not None
    (output,) = receipt.outputs
    assert (output.x, output.y, output.width, output.height) == (0, 150, 40, 50)


def test_a_sky_may_have_any_size_and_is_shown_as_a_picture_of_its_own(shop: Shop) -> None:
    key = "uploads/scenery/change-sky/bay.jpg"
    shop.upload(f"{key}.sky.jpg", picture(3000, 1000))
    shop.upload(key, picture())
    assert shop.web.shown("ImageURL") == (key, "")
    assert shop.web.shown("ReplaceImageURL") == (
        f"{key}.sky.jpg",
        "image/resize,m_fixed,w_1999,h_666/format,jpg/quality,Q_90",
    )


# ---------------------------------------------------------------- what cannot be served


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("uploads/general/x.jpg", picture(), "InvalidPath"),
        ("uploads/general/comon/x.jpg", picture(), "UnknownCapability"),
        ("uploads/general/common/retrun-form=mask/x.jpg", picture(), "UnknownOption"),
        ("uploads/general/common/return-form=whitebk/x.jpg", picture(), "InvalidOption"),
        ("uploads/general/common/Return-Form=mask/x.jpg", picture(), "InvalidOption"),
        ("uploads/general/vehicle/x.jpg.0", picture(), "AmbiguousName"),
        ("uploads/general/common/x.jpg", b"no picture at all", "NotAnImage"),
        ("uploads/general/common/x.jpg", picture(20, 20), "PictureTooSmall"),
    ],
)
def test_what_cannot_be_served_gets_a_sentence_and_is_never_paid_for(
    shop: Shop, key: str, body: bytes, code: str
) -> None:
    shop.upload(key, body)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", code, 0)
    assert receipt.etag == shop.bucket.things[key].etag
    assert shop.web.sent == []
    assert shop.keys("jobs/") == []


def test_the_vendors_refusal_is_on_the_receipt_with_its_code_and_request(shop: Shop) -> None:
    shop.web.always = refused("InvalidImage.Content")
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.request_id, receipt.attempts) == (
        "rejected",
        "InvalidImage.Content",
        "R-9",
        1,
    )


@pytest.mark.parametrize("key", ["uploads/general/common/.DS_Store", "uploads/general/common/_x.jpg", "uploads/a/"])
def test_what_is_not_a_picture_by_its_name_is_passed_over(shop: Shop, key: str) -> None:
    shop.upload(key, picture())
    assert shop.bucket.requests == []


def test_an_upload_deleted_before_its_turn_leaves_nothing(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    del shop.bucket.things[COMMON]
    shop.after(COMMON, minutes=1)
    list(shop.pipeline.jobs.unfinished())  # deletes leases on past states
    assert shop.left() == []


def test_a_result_of_ours_brought_back_is_passed_over_with_a_warning(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.upload(COMMON, picture())
    ours = shop.bucket.things[Upload(COMMON).output_key("", "png")]
    looped = "uploads/general/common/looped.png"
    shop.bucket.things[looped] = ours  # as a copy is: with its metadata
    shop.dispatcher.dispatch(Upload(looped), ours.etag)
    assert (len(shop.web.sent), shop.receipt(looped), shop.job(looped)) == (1, None, None)
    (line,) = [record for record in caplog.records if looped in record.getMessage()]
    assert line.levelname == "WARNING", "anybody can write that mark on an upload, and no alarm is to ring"
    assert "x-oss-meta-oss-cutout" in line.getMessage()
