"""`{"listing": "…"}`: listing pictures are made of the cutouts that are there, and nothing is bought."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.errors import Misconfigured
from shared.jobs import keys
from shared.jobs.upload import Upload
from shared.pipeline.backfill_order import Order
from tests.unit.fakes import Shop
from tests.unit.pipeline import listed, test_backfill
from tests.unit.pipeline.listed import orders, upload, work_off, wrong
from tests.unit.pipeline.test_backfill import Invocations, backfill
from tests.unit.viapi_line import LINK

functions = test_backfill.functions
TRIMMED = Order(listing="trimmed")
FOLDER = "uploads/goods/commodity/"


@pytest.fixture
def shop() -> Shop:
    return listed.listed_shop()


def test_listings_of_what_has_a_cutout_are_ordered(shop: Shop, functions: Invocations) -> None:
    uploads = [f"{FOLDER}{name}.jpg" for name in "ab"]
    for key in uploads:
        upload(shop, key)
    shop.bucket.put(f"{FOLDER}new.jpg", listed.photo("blue"))
    upload(shop, f"{FOLDER}return-form=crop/c.jpg")
    calls = len(shop.web.sent)
    report = backfill(shop, functions, TRIMMED)
    assert (report.found, report.set_going, report.queued, report.price_yuan, report.unpriced) == (2, 2, 0, 0.0, 0)
    assert report.passed_over == {"not_listable": 1, "no_cutout": 1}
    work_off(shop)
    for key in uploads:
        assert wrong(shop, key, presets="trimmed") == ""
    assert (len(shop.web.sent), functions.told, shop.keys(keys.BACKFILL)) == (calls, [], [])


def test_what_is_listed_already_is_left_alone_and_what_was_tried_in_vain_is_not(
    shop: Shop, functions: Invocations
) -> None:
    key = f"{FOLDER}a.jpg"
    upload(shop, key, listing="trimmed")
    work_off(shop)
    assert backfill(shop, functions, TRIMMED).found == 0
    assert backfill(shop, functions, Order(listing="trimmed+original", dry_run=True)).found == 1
    document = shop.bucket.things[Upload(key).listing_key].body.replace(b'"code": ""', b'"code": "NotListed"')
    shop.bucket.put(Upload(key).listing_key, document)
    assert backfill(shop, functions, TRIMMED).set_going == 1


def test_an_older_versions_cutout_and_an_empty_one_are_not_listed(shop: Shop, functions: Invocations) -> None:
    upload(shop, f"{FOLDER}a.jpg")
    shop.bucket.put(f"{FOLDER}a.jpg", listed.photo("blue"))
    shop.web.results[LINK] = listed.nothing()
    shop.upload(f"{FOLDER}b.jpg", listed.photo())
    report = backfill(shop, functions, TRIMMED)
    assert (report.found, report.passed_over, orders(shop)) == (0, {"no_cutout": 2}, [])


def test_what_cannot_be_ordered_is_counted(shop: Shop, functions: Invocations) -> None:
    upload(shop, f"{FOLDER}a.jpg")

    def refuse(name: str, key: str) -> None:
        if name == "write" and key.startswith(keys.ORDERS):
            raise Misconfigured("AccessDenied", "no right")

    shop.bucket.before = refuse
    report = backfill(shop, functions, TRIMMED)
    assert (report.found, report.set_going, report.not_set_going) == (1, 0, 1)
    assert "no right" in report.message


def test_many_are_ordered_with_a_confirmation_only(shop: Shop, functions: Invocations) -> None:
    for name in "ab":
        upload(shop, f"{FOLDER}{name}.jpg")
    assert backfill(shop, functions, Order(listing="trimmed", confirm_over=1)).set_going == 0
    assert backfill(shop, functions, Order(listing="trimmed", confirm_over=1, confirm=True)).set_going == 2


def test_another_listing_does_not_go_on_where_the_last_one_stopped(shop: Shop, functions: Invocations) -> None:
    upload(shop, f"{FOLDER}a.jpg")
    progress = f'{{"last": "{FOLDER}b.jpg", "set_going": 2, "at": "{shop.clock().isoformat()}", "of": "original"}}'
    shop.bucket.put(keys.progress(keys.UPLOADS), progress.encode())
    assert backfill(shop, functions, Order(listing="original", dry_run=True)).found == 1
    assert backfill(shop, functions, TRIMMED).set_going == 1


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="taobao-white"):
        Order(listing="taobao")
