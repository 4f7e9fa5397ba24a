"""Listing pictures in the cloud in a box: from an upload that asks for them, or a default, to the files."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from PIL import Image

from shared.jobs import keys
from shared.jobs.listing import Listing
from shared.jobs.upload import Upload
from tests.cloud.box import Cloud
from tests.cloud.effects import Effect, Moment
from tests.scenarios.shop import Shop, photo, wait_for

PHOTO, OTHER = photo(), photo(size=(540, 360))
LISTED = "uploads/goods/commodity/listing=taobao-white+original"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(timer_seconds=math.inf, qps=50, environment={"LISTINGS": "general/common=trimmed"}) as cloud:
        yield cloud


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


def listing(shop: Shop, key: str) -> Listing | None:
    stored = shop.bucket.read(Upload(key).listing_key)
    return Listing.model_validate_json(stored.body) if stored else None


def orders(shop: Shop, key: str = keys.UPLOADS) -> list[str]:
    return [each.key for each in shop.bucket.list(key.replace(keys.UPLOADS, keys.ORDERS, 1))]


def ends(shop: Shop, key: str) -> Listing:
    """The listing of the photo's newest version, when no order of it is left."""
    etag = shop.raw.head_object(key).etag

    def newest() -> Listing | None:
        found = listing(shop, key)
        return found if found and found.etag == etag and not orders(shop, key) else None

    return wait_for(newest, f"the listing of {key}")


def receipt_of_newest(shop: Shop, key: str) -> None:
    etag = shop.raw.head_object(key).etag
    wait_for(lambda: (found := shop.receipt(key)) and found.etag == etag, "the receipt of the newest version")


def pictures(shop: Shop, found: Listing) -> dict[str, Image.Image]:
    shown: dict[str, Image.Image] = {}
    for row in found.pictures:
        stored = shop.bucket.read(row.key)
        assert stored is not None, row.message
        assert len(stored.body) == row.bytes
        shown[row.preset] = Image.open(io.BytesIO(stored.body))
    below = Upload(found.source).listing_key.removesuffix("json")
    assert sorted(each.key for each in shop.bucket.list(below)) == sorted([*found.keys(), f"{below}json"])
    return shown


def test_a_photo_that_asks_for_them_gets_its_listing_pictures(shop: Shop) -> None:
    key = shop.upload(f"{LISTED}/咖啡 1+2%.jpg", PHOTO)
    found = ends(shop, key)
    shown = pictures(shop, found)
    assert (found.status, [*shown]) == ("done", ["taobao-white", "original"])
    assert (shown["taobao-white"].format, shown["taobao-white"].size) == ("JPEG", (800, 800))
    assert (shown["original"].mode, shown["original"].size) == ("RGBA", (600, 400))
    receipt = shop.wait(key)
    assert receipt.options == {"listing": "taobao-white+original"}
    assert shop.billed(key) == 1


def test_a_default_counts_for_its_capability_and_not_where_it_cannot(shop: Shop) -> None:
    key = shop.upload("uploads/general/common/default.jpg", PHOTO)
    white = shop.upload("uploads/general/common/return-form=whiteBK/default.jpg", PHOTO)
    found = ends(shop, key)
    assert [*pictures(shop, found)] == ["trimmed"]
    assert shop.wait(key).options == {"listing": "trimmed"}
    assert shop.wait(white).options == {"return-form": "whiteBK"}
    shop.cloud.fc.quiet(30)
    assert listing(shop, white) is None


def test_a_bmp_which_the_picture_library_cannot_read_is_converted_by_oss(shop: Shop) -> None:
    key = shop.upload("uploads/goods/commodity/listing=original/cup.bmp", photo("BMP"))
    found = ends(shop, key)
    assert pictures(shop, found)["original"].size == (600, 400)
    assert found.reshaped.endswith("format,png")


def test_a_photo_that_exif_turns_is_listed_upright(shop: Shop) -> None:
    key = shop.upload("uploads/goods/commodity/listing=original/turned.jpg", photo(orientation=6))
    assert pictures(shop, ends(shop, key))["original"].size == (400, 600)


def test_a_photo_that_ends_too_early_gets_a_sentence_and_no_picture(shop: Shop) -> None:
    key = shop.upload("uploads/goods/commodity/listing=original/cut.jpg", PHOTO[: len(PHOTO) * 3 // 4])
    if shop.wait(key).status == "done":
        found = ends(shop, key)
        assert (found.status, found.code) == ("rejected", "PhotoUnreadable")
        assert [row.key for row in found.pictures] == [""]


def test_a_mask_is_enough(shop: Shop) -> None:
    key = shop.upload("uploads/goods/commodity/return-form=mask,listing=trimmed/cup.jpg", PHOTO)
    (shown,) = pictures(shop, ends(shop, key)).values()
    assert shown.mode == "RGBA"
    alpha = shown.getchannel("A").getextrema()
    assert alpha == (0, 255)


@pytest.mark.parametrize(
    "folder",
    [
        "goods/commodity/return-form=crop,listing=original",
        "general/common/return-form=whiteBK/listing=original",
        "picwish/cutout/format=jpg,listing=original",
        "picwish/cutout/crop=1,listing=original",
        "portrait/head/listing=original",
        "goods/cloth/cloth-class=tops,listing=original",
        "picwish/watermark/listing=original",
    ],
)
def test_what_cannot_be_combined_is_refused_before_anything_is_bought(shop: Shop, folder: str) -> None:
    if "watermark" in folder:
        shop.upload(f"uploads/{folder}/_mask.png", photo("PNG", mode="L"))
    key = shop.upload(f"uploads/{folder}/cup.jpg", PHOTO)
    receipt = shop.wait(key)
    assert (receipt.status, receipt.code, shop.billed(key)) == ("rejected", "NoListing", 0)
    assert orders(shop, key) == []


def test_an_unknown_preset_in_the_metadata_is_refused_with_the_names_of_those_that_there_are(shop: Shop) -> None:
    key = shop.upload("uploads/goods/commodity/unknown.jpg", PHOTO, listing="taobao")
    receipt = shop.wait(key)
    assert (receipt.code, shop.billed(key)) == ("InvalidOption", 0)
    assert "taobao-white" in receipt.message


@contextmanager
def held(shop: Shop) -> Iterator[list[dict[str, Any]]]:
    """The events of orders are kept meanwhile, and told to nobody."""
    deliver, events = shop.cloud.oss.on_event, list[dict[str, Any]]()

    def on_event(document: dict[str, Any]) -> None:
        (record,) = document["events"]
        if record["oss"]["object"]["key"].startswith(keys.ORDERS):
            events.append(document)
        else:
            deliver(document)

    shop.cloud.oss.on_event = on_event
    yield events
    shop.cloud.oss.on_event = deliver


def test_an_event_that_comes_twice_late_and_in_another_order_makes_one_listing_of_the_newest(shop: Shop) -> None:
    key = f"{LISTED}/twice.jpg"
    with held(shop) as events:
        for body in (PHOTO, OTHER):
            shop.upload(key, body)
            receipt_of_newest(shop, key)
    assert len(orders(shop, key)) == 2
    for event in (*reversed(events), *events):
        shop.cloud.oss.on_event(event)
    found = ends(shop, key)
    shop.cloud.fc.quiet(30)
    assert pictures(shop, found)["original"].size == (540, 360)


def test_a_photo_that_was_deleted_before_its_order_was_worked_off_gets_no_listing(shop: Shop) -> None:
    key = f"{LISTED}/deleted.jpg"
    with held(shop) as events:
        shop.upload(key, PHOTO)
        shop.wait(key)
        shop.raw.delete_object(key)
    for event in events:
        shop.cloud.oss.on_event(event)
    wait_for(lambda: not orders(shop, key), "the end of the order")
    assert listing(shop, key) is None


def test_versions_that_come_at_once_end_with_the_listing_of_the_newest(shop: Shop) -> None:
    key = f"{LISTED}/versions.jpg"
    sides = [(600, 400), (540, 360), (480, 320), (450, 300)]
    for size in sides:
        shop.upload(key, photo(size=size))
    found = ends(shop, key)
    shop.cloud.fc.quiet(60)
    assert pictures(shop, found)["original"].size == sides[-1]


WIDTHS = count(300)
"""Another one for each version, which would be none with the same bytes."""
KILLS = [
    ("GetObject", "uploads/"),
    ("GetObject", "cutouts/"),
    ("PutObject", "listings/goods/commodity/listing=taobao-white+original/killed.jpg.taobao"),
    ("PutObject", "listings/goods/commodity/listing=taobao-white+original/killed.jpg.original"),
    ("PutObject", "listings/goods/commodity/listing=taobao-white+original/killed.jpg.json"),
    ("DeleteObject", "orders/"),
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("operation", "prefix"), KILLS)
def test_an_instance_that_is_killed_over_an_order_is_made_good(
    shop: Shop, operation: str, prefix: str, moment: Moment
) -> None:
    key = f"{LISTED}/killed.jpg"
    with held(shop) as events:
        shop.upload(key, photo(size=(next(WIDTHS), 200)))
        receipt_of_newest(shop, key)
        shop.wait(key)
        shop.cloud.fc.quiet(30)

    def match(effect: Effect, when: Moment) -> bool:
        return effect.name == operation and effect.key.startswith(prefix) and when == moment

    shop.cloud.kill_on(match)
    for event in events:
        shop.cloud.oss.on_event(event)
    found = ends(shop, key)
    shop.cloud.fc.quiet(30)
    assert shop.cloud.kills_to_come == []
    assert [*pictures(shop, found)] == ["taobao-white", "original"]


def order(shop: Shop, **said: Any) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(shop.cloud.fc.invoke("backfill", json.dumps(said).encode()).body)
    return report


def test_a_backfill_has_listing_pictures_made_of_the_cutouts_that_are_there_and_buys_nothing(shop: Shop) -> None:
    folder = "uploads/goods/commodity/old/"
    uploads = [shop.upload(f"{folder}{number}.jpg", PHOTO) for number in range(3)]
    white = shop.upload(f"{folder}return-form=whiteBK/3.jpg", PHOTO)
    for key in (*uploads, white):
        shop.wait(key)
    assert order(shop, prefix=folder, listing="amazon")["message"].count("amazon-main") == 1
    counted = order(shop, prefix=folder, listing="jd-main", dry_run=True)
    assert (counted["found"], counted["price_yuan"], counted["passed_over"]) == (3, 0.0, {"not_listable": 1})
    assert order(shop, prefix=folder, listing="jd-main")["set_going"] == 3
    for key in uploads:
        assert [*pictures(shop, ends(shop, key))] == ["jd-main"]
    assert order(shop, prefix=folder, listing="jd-main")["found"] == 0
    assert order(shop, prefix=folder, listing="jd-main+trimmed")["set_going"] == 3
    for key in uploads:
        wait_for(lambda: len(ends(shop, key).pictures) == 2, "both")  # noqa: B023 - called at once
        assert (shop.billed(key), [*pictures(shop, ends(shop, key))]) == (1, ["jd-main", "trimmed"])
