"""A receipt has a price where one is known: by the setting PRICES, else by the vendor's list, else none."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from shared.jobs.upload import Upload
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.prices import Prices
from tests.pictures import picture
from tests.unit.fakes import START, Shop
from tests.unit.viapi_line import COMMON, LINK, ok, refused

HD_BODY = "uploads/portrait/hd-body/a.jpg"


def test_the_list_has_the_manuals_prices_of_pay_as_you_go_and_none_for_what_it_called_free() -> None:
    assert {row.name: row.price_yuan for row in CAPABILITIES.values() if row.price_yuan is not None} == {
        "portrait/hd-body": 0.007,
        "portrait/head": 0.006,
        "general/hd-common": 0.007,
        "general/food": 0.005,
        "general/refine-mask": 0.007,
        "scenery/hd-sky": 0.007,
    }


def test_an_accounts_own_price_wins() -> None:
    prices = Prices({"portrait/hd-body": 0.004, "goods/commodity": 0.0})
    assert prices.of("portrait/hd-body") == 0.004
    assert prices.of("goods/commodity") == 0.0
    assert prices.of("general/food") == 0.005
    assert prices.of("general/common") is None
    assert prices.of("general/no-such") is None


def served(shop: Shop, key: str, *answers: tuple[int, str], always: tuple[int, str]) -> tuple[str, int, float | None]:
    shop.web.answers, shop.web.always = list(answers), always
    shop.upload(key, picture())
    for _ in range(10):
        if shop.job(key):
            shop.after(key, hours=1)
    receipt = shop.receipt(key)
    assert receipt is not None
    return receipt.status, receipt.attempts, receipt.price_yuan


DONE, REFUSED, BROKEN = ok(ImageURL=LINK), refused("InvalidImage.Content"), refused("InternalError", 500)


@pytest.mark.parametrize(
    ("key", "always", "expected"),
    [
        (HD_BODY, DONE, ("done", 1, 0.007)),
        (COMMON, DONE, ("done", 1, None)),
        ("uploads/goods/commodity/a.jpg", DONE, ("done", 1, 0.003)),
        (HD_BODY, REFUSED, ("rejected", 1, None)),
        (HD_BODY, BROKEN, ("failed", 5, None)),
    ],
)
def test_a_receipt_tells_the_price_of_a_cutout_that_is_known(
    key: str, always: tuple[int, str], expected: tuple[str, int, float | None]
) -> None:
    shop = Shop(prices={"goods/commodity": 0.003})
    assert served(shop, key, always=always) == expected


def test_what_was_refused_without_a_call_cost_nothing() -> None:
    shop = Shop()
    shop.upload("uploads/general/no-such/a.jpg", picture())
    receipt = shop.receipt("uploads/general/no-such/a.jpg")
    assert receipt is not None
    assert (receipt.attempts, receipt.price_yuan) == (0, 0.0)


def test_a_receipt_of_an_earlier_release_is_still_read() -> None:
    """There the price was 0.0 where calls were free."""
    shop = Shop()
    shop.web.always = DONE
    shop.upload(COMMON, picture())
    things, key = shop.bucket.things, Upload(COMMON).receipt_key
    body = json.dumps(json.loads(things[key].body) | {"price_yuan": 0.0}).encode()
    things[key] = replace(things[key], body=body)
    shop.upload(COMMON, picture())
    assert len(shop.web.sent) == 1


@pytest.mark.parametrize(("always", "level"), [(DONE, "INFO"), (REFUSED, "INFO"), (BROKEN, "WARNING")])
def test_the_line_that_concludes_an_upload_says_what_its_receipt_says(
    always: tuple[int, str], level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    shop = Shop()
    served(shop, HD_BODY, always=always)
    (record,) = [record for record in caplog.records if '"concluded"' in record.getMessage()]
    said, receipt = json.loads(record.getMessage()), shop.receipt(HD_BODY)
    assert record.levelname == level
    assert receipt is not None
    assert receipt.finished_at > START or level == "INFO"
    for name in ("status", "code", "message", "price_yuan", "attempts"):
        assert said[name] == getattr(receipt, name)
