"""The mirror of receipts: what has changed is read, and what is asked for is found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import get_args

import pytest

from console.records.cache import CacheLost
from console.records.mirror import Mirror, Refreshed
from console.records.record import Order, Query
from shared.errors import Misconfigured
from shared.jobs.upload import Upload
from tests.unit.console.records.made import NOON, listing, receipt
from tests.unit.fakes import Clock, MemoryBucket


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


@pytest.fixture
def mirror(bucket: MemoryBucket, tmp_path: Path) -> Iterator[Mirror]:
    opened = Mirror(bucket, tmp_path / "cache" / "bucket.sqlite")
    yield opened
    opened.close()


def _sources(mirror: Mirror, query: Query = Query()) -> list[str]:  # noqa: B008 - it is frozen
    return [each.source.rpartition("/")[2] for each in mirror.find(query, "name")]


def test_only_what_has_changed_is_read_again(bucket: MemoryBucket, mirror: Mirror) -> None:
    for number in range(5):
        receipt(bucket, f"{number}.jpg")
    assert mirror.refresh() == Refreshed(listed=5, read=5)
    assert mirror.refresh() == Refreshed(listed=5, read=0)
    receipt(bucket, "3.jpg", status="failed", code="Timeout")
    del bucket.things["cutouts/general/common/0.jpg.json"]
    assert mirror.refresh() == Refreshed(listed=4, read=1)
    assert _sources(mirror) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert mirror.count(Query()) == {"done": 3, "failed": 1}


def test_a_refresh_of_one_folder_leaves_the_others(bucket: MemoryBucket, mirror: Mirror) -> None:
    receipt(bucket, "a/1.jpg")
    receipt(bucket, "b/1.jpg")
    mirror.refresh()
    bucket.things.clear()
    assert mirror.refresh("uploads/general/common/a/") == Refreshed()
    assert [each.source for each in mirror.find(Query())] == ["uploads/general/common/b/1.jpg"]


def test_what_is_asked_for_is_found(bucket: MemoryBucket, mirror: Mirror) -> None:
    receipt(bucket, "a.jpg", finished_at=NOON - timedelta(days=1))
    receipt(bucket, "b_%.jpg", status="failed", code="Timeout", message="The vendor gave no result.")
    look = receipt(bucket, "c.jpg", finished_at=NOON + timedelta(microseconds=1))
    listing(bucket, look, "look")
    other = receipt(bucket, "d.jpg", capability="goods/commodity")
    listing(bucket, other, "look", etag="another version")
    mirror.refresh()
    assert _sources(mirror, Query(statuses=("failed", "rejected"))) == ["b_%.jpg"]
    assert _sources(mirror, Query(verdict="look")) == ["c.jpg"]
    assert _sources(mirror, Query(text="TIMEOUT")) == ["b_%.jpg"]
    assert _sources(mirror, Query(text="_%")) == ["b_%.jpg"]
    assert _sources(mirror, Query(capability="goods/commodity")) == ["d.jpg"]
    assert _sources(mirror, Query(since=NOON)) == ["b_%.jpg", "c.jpg", "d.jpg"]
    assert _sources(mirror, Query(until=NOON)) == ["a.jpg"]
    assert _sources(mirror, Query(prefix="uploads/general/common/b_")) == ["b_%.jpg"]
    assert _sources(mirror, Query(sources=(look,))) == ["c.jpg"]
    assert [each.source[-5:] for each in mirror.find(Query(), "new", limit=1)] == ["c.jpg"]
    assert [each.source[-5:] for each in mirror.find(Query(), "old", limit=1)] == ["a.jpg"]
    for order in get_args(Order):
        found = [*mirror.find(Query(), order)]
        assert [*mirror.find(Query(), order, after=found[1].position)] == found[2:]
    assert next(mirror.find(Query(sources=(look,)))).verdict == "look"


def test_a_file_that_is_no_receipt_is_read_once_and_never_found(bucket: MemoryBucket, mirror: Mirror) -> None:
    bucket.put("cutouts/general/common/note.json", b"not ours")
    bucket.put("cutouts/general/common/copied.jpg.json", b"{}")
    stolen = receipt(bucket, "a.jpg")
    bucket.put("cutouts/general/common/b.jpg.json", bucket.things[Upload(stolen).receipt_key].body)
    assert mirror.refresh() == Refreshed(listed=4, read=4)
    assert mirror.refresh() == Refreshed(listed=4, read=0)
    assert _sources(mirror) == ["a.jpg"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attempts", f"1{'0' * 30}"),
        ("attempts", "-1"),
        ("price_yuan", "NaN"),
        ("price_yuan", "1e999"),
        ("price_yuan", "1e308"),
        ("finished_at", '"0001-01-01T00:00:00+14:00"'),
        ("finished_at", '"9999-12-31T23:59:59-14:00"'),
        ("finished_at", '"2026-11-26T12:00:00"'),
        ("uploaded_at", '"2026-11-26T12:00:00"'),
    ],
)
def test_a_receipt_that_none_of_ours_can_be_is_none(
    bucket: MemoryBucket, mirror: Mirror, field: str, value: str
) -> None:
    receipt(bucket, "good.jpg")
    key = Upload(receipt(bucket, "bad.jpg")).receipt_key
    document = json.loads(bucket.things[key].body) | {field: None}
    bucket.put(key, json.dumps(document).replace(f'"{field}": null', f'"{field}": {value}').encode())
    assert mirror.refresh() == Refreshed(listed=2, read=2)
    assert _sources(mirror) == ["good.jpg"]


def test_listing_pictures_judged_by_what_is_no_number_are_none(bucket: MemoryBucket, mirror: Mirror) -> None:
    source = receipt(bucket, "a.jpg")
    listing(bucket, source, "look")
    key = Upload(source).listing_key
    bucket.put(key, bucket.things[key].body.replace(b'"metrics":{}', b'"metrics":{"peak":NaN}'))
    mirror.refresh()
    assert [(each.source, each.verdict) for each in mirror.find(Query())] == [(source, "")]


def test_a_document_that_may_not_be_read_keeps_no_others_from_being_shown(bucket: MemoryBucket, mirror: Mirror) -> None:
    receipt(bucket, "a.jpg")
    source = receipt(bucket, "b.jpg")
    bucket.forbidden.add(Upload(source).receipt_key)
    (refused,) = mirror.refresh().refused
    assert refused.code == "AccessDenied"
    assert _sources(mirror) == ["a.jpg"]
    assert mirror.take_in(source) is None
    bucket.forbidden.clear()
    mirror.refresh()
    assert _sources(mirror) == ["a.jpg", "b.jpg"], "the right was given"


def test_without_a_right_to_read_any_document_nothing_is_answered(bucket: MemoryBucket, mirror: Mirror) -> None:
    bucket.forbidden |= {Upload(receipt(bucket, f"{number}.jpg")).receipt_key for number in range(3)}
    with pytest.raises(Misconfigured):
        mirror.refresh()


def test_one_upload_is_taken_in_anew(bucket: MemoryBucket, mirror: Mirror) -> None:
    source = receipt(bucket, "a.jpg", status="failed")
    assert mirror.take_in("uploads/general/common/none.jpg") is None
    found = mirror.take_in(source)
    assert found is not None
    assert found.receipt.status == "failed"
    assert mirror.refresh() == Refreshed(listed=1, read=0)
    bucket.things.clear()
    assert mirror.take_in(source) is None
    assert not _sources(mirror)


def test_two_refreshes_at_once_drop_nothing_that_is_there(bucket: MemoryBucket, tmp_path: Path) -> None:
    file = tmp_path / "cache" / "bucket.sqlite"
    first, second = Mirror(bucket, file), Mirror(bucket, file)
    for number in range(3):
        receipt(bucket, f"{number}.jpg")
    first.refresh()
    began, ended = Event(), Event()

    def wait(name: str, key: str) -> None:
        if not began.is_set():  # the older refresh lists, and notes what it saw when the younger one is nearly over
            began.set()
            assert ended.wait(20)

    def finish_older(_: Refreshed) -> None:
        ended.set()
        older.result()

    bucket.before = wait
    with ThreadPoolExecutor(1) as pool:
        older = pool.submit(first.refresh)
        assert began.wait(20)
        found = second.refresh(say=finish_older)
    assert (found.listed, _sources(second)) == (3, ["0.jpg", "1.jpg", "2.jpg"])
    assert second.refresh() == Refreshed(listed=3, read=0)
    first.close()
    second.close()


def test_a_clock_that_was_set_back_keeps_nothing_that_is_gone(
    bucket: MemoryBucket, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = receipt(bucket, "a.jpg")
    mirror.refresh()
    del bucket.things[Upload(source).receipt_key]
    monkeypatch.setattr("time.time_ns", lambda: 0)
    mirror.refresh()
    assert not _sources(mirror)


def test_more_uploads_can_be_asked_for_than_a_statement_has_values(bucket: MemoryBucket, mirror: Mirror) -> None:
    source = receipt(bucket, "商品 \U0001f457.jpg")
    mirror.refresh()
    many = tuple(f"uploads/general/common/{number}.jpg" for number in range(300_000))
    assert [each.source for each in mirror.find(Query(sources=(*many, source)))] == [source]
    assert not [*mirror.find(Query(without=(*many, source)))]


# ---------------------------------------------------------------- a file that is no good


def test_a_file_that_is_deleted_meanwhile_is_made_anew(bucket: MemoryBucket, mirror: Mirror, tmp_path: Path) -> None:
    receipt(bucket, "a.jpg")
    mirror.refresh()
    for _ in range(2):
        for each in (tmp_path / "cache").iterdir():
            each.unlink()
        with pytest.raises(CacheLost):
            mirror.count(Query())
        assert mirror.count(Query()) == {}
        assert mirror.refresh() == Refreshed(listed=1, read=1)
        assert _sources(mirror) == ["a.jpg"]
    (tmp_path / "cache" / "bucket.sqlite").unlink()
    assert mirror.refresh() == Refreshed(listed=1, read=1), "nobody has to run it again"


def test_a_file_whose_pages_are_damaged_is_made_anew(bucket: MemoryBucket, tmp_path: Path) -> None:
    for number in range(1_000):
        receipt(bucket, f"{number}.jpg")
    file = tmp_path / "cache" / "bucket.sqlite"
    mirror = Mirror(bucket, file)
    mirror.refresh()
    mirror.close()
    body = bytearray(file.read_bytes())
    for page in range(8 * 4096, len(body), 4096):
        body[page : page + 200] = bytes(200)
    file.write_bytes(body)
    mirror = Mirror(bucket, file)
    with pytest.raises(CacheLost):
        [*mirror.find(Query())]
    assert mirror.refresh() == Refreshed(listed=1_000, read=1_000)
    assert len(_sources(mirror)) == 1_000
    mirror.close()


def test_a_document_that_was_damaged_is_noticed(bucket: MemoryBucket, tmp_path: Path) -> None:
    receipt(bucket, "a.jpg")
    file = tmp_path / "cache" / "bucket.sqlite"
    mirror = Mirror(bucket, file)
    mirror.refresh()
    with closing(sqlite3.connect(file)) as tables, tables:
        tables.execute("UPDATE receipts SET body = x'00'")
    with pytest.raises(CacheLost):
        _sources(mirror)
    mirror.refresh()
    assert _sources(mirror) == ["a.jpg"]
    mirror.close()


def test_a_file_that_another_command_writes_to_is_left_alone(
    bucket: MemoryBucket, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.records.cache._PATIENCE", 0.1)
    receipt(bucket, "a.jpg")
    mirror.refresh()
    file = tmp_path / "cache" / "bucket.sqlite"
    with closing(sqlite3.connect(file)) as another:
        another.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError):
            Mirror(bucket, file)
    assert _sources(mirror) == ["a.jpg"]


def test_a_file_that_was_torn_is_made_anew(bucket: MemoryBucket, tmp_path: Path) -> None:
    file = tmp_path / "cache" / "bucket.sqlite"
    Mirror(bucket, file).close()
    file.write_bytes(b"SQLite format 3\0" + b"torn" * 2000)
    receipt(bucket, "a.jpg")
    mirror = Mirror(bucket, file)
    mirror.refresh()
    assert _sources(mirror) == ["a.jpg"]
    mirror.close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_one_thread_began_to_find_another_goes_on_with(bucket: MemoryBucket, mirror: Mirror) -> None:
    for name in ("a.jpg", "b.jpg"):
        receipt(bucket, name)
    mirror.refresh()
    found = mirror.find(Query(), "name")
    assert next(found).source.endswith("a.jpg")
    with ThreadPoolExecutor(1) as another:
        rest = another.submit(list, found).result()
    assert [each.source for each in rest] == ["uploads/general/common/b.jpg"]
