"""Another try, from the console's side and through the line itself."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from console.records.mirror import Mirror
from console.records.record import Query, Record
from console.redo import command
from console.redo.redo import examine, price, redo
from console.screen import Screen
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.vendors.prices import Prices
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.console.desk.conftest import OneAccount
from tests.unit.console.records.made import receipt
from tests.unit.fakes import Clock, MemoryBucket, Shop
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


def test_one_photo_that_oss_refuses_keeps_no_others_from_being_redone(shop: Shop, tmp_path: Path) -> None:
    sources = [f"uploads/general/common/{number}.jpg" for number in range(3)]
    for source in sources:
        shop.upload(source, picture())
    records = _records(shop, tmp_path)
    shop.bucket.forbidden.add(sources[1])
    examined = [*examine(shop.bucket, shop.bucket, records)]
    assert [each.standing for each in examined] == ["redo", "forbidden", "redo"]
    assert redo(shop.bucket, shop.bucket, examined, shop.clock) == 2


def test_a_receipt_that_is_newer_than_this_machines_time_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bucket = MemoryBucket(Clock())
    account = OneAccount(bucket)
    for name in ("objects", "job_objects"):
        monkeypatch.setattr(account, name, lambda *_: bucket)
    now = datetime.now(timezone.utc)
    etag = bucket.put(COMMON, b"photo")
    source = receipt(bucket, COMMON.rpartition("/")[2], etag=etag, finished_at=now + timedelta(seconds=90))
    asked = command.asked([source], failed=False, rejected=False, prefix="", since="", before="")
    command.run(Screen(machine=True), account, asked, yes=True, dry_run=False)
    assert json.loads(capsys.readouterr().out)["photos"] == [source]
    earlier = now.isoformat()
    asked = command.asked([source], failed=False, rejected=False, prefix="", since="", before=earlier)
    command.run(Screen(machine=True), account, asked, yes=True, dry_run=False)
    assert json.loads(capsys.readouterr().out)["photos"] == []
