"""Another try, from the console's side and through the line itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from console.records.mirror import Mirror
from console.records.record import Query, Record
from console.redo.redo import examine, price, redo
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.vendors.prices import Prices
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import go
from tests.unit.viapi_line import COMMON

shop = viapi_line.shop


def _records(shop: Shop, folder: Path) -> list[Record]:
    mirror = Mirror(shop.bucket, folder / "bucket.sqlite")
    mirror.refresh()
    found = [*mirror.find(Query(), "name")]
    mirror.close()
    return found


def _redone(shop: Shop, folder: Path) -> int:
    return redo(shop.bucket, shop.bucket, examine(shop.bucket, shop.bucket, _records(shop, folder)), shop.clock)


def test_a_photo_that_is_done_is_done_again(shop: Shop, tmp_path: Path) -> None:
    shop.upload(COMMON, picture())
    first = shop.receipt(COMMON)
    calls = len(shop.web.sent)
    shop.clock.pass_(minutes=1)
    assert _redone(shop, tmp_path) == 1
    assert "wake/settle" in shop.bucket.things
    go(shop)
    second = shop.receipt(COMMON)
    assert first is not None
    assert second is not None
    assert second.finished_at > first.finished_at
    assert len(shop.web.sent) == calls + 1


def test_a_photo_under_way_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    shop.upload(COMMON, picture())
    assert _redone(shop, tmp_path) == 1
    assert _redone(shop, tmp_path) == 0
    (photo,) = examine(shop.bucket, shop.bucket, _records(shop, tmp_path))
    assert photo.standing == "under way"


def test_what_is_gone_or_newer_is_not_redone(shop: Shop, tmp_path: Path) -> None:
    shop.upload(COMMON, picture())
    records = _records(shop, tmp_path)
    shop.bucket.put(COMMON, picture() + b"another version")
    assert [each.standing for each in examine(shop.bucket, shop.bucket, records)] == ["newer"]
    del shop.bucket.things[COMMON]
    assert [each.standing for each in examine(shop.bucket, shop.bucket, records)] == ["gone"]


def test_the_price_is_that_of_a_call_each(shop: Shop, tmp_path: Path) -> None:
    for number in range(3):
        shop.upload(f"uploads/general/common/{number}.jpg", picture())
    examined = [*examine(shop.bucket, shop.bucket, _records(shop, tmp_path))]
    assert price(examined, Prices({"general/common": 0.01})) == (0.03, 0)
    JobStore(shop.bucket, shop.clock, timedelta(0)).enqueue(Upload("uploads/general/common/1.jpg"), "")
    examined = [*examine(shop.bucket, shop.bucket, _records(shop, tmp_path))]
    assert price(examined, Prices({"general/common": 0.01})) == (0.02, 0)
