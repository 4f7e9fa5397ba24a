"""What moves in the bucket is told to pages, with few requests."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from console.desk.desk import Desk
from console.desk.serve import Server
from console.records.mirror import Refreshed
from shared.cloud.oss_errors import Unforeseen
from shared.jobs.job import Submitted
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from tests.unit.console.records.made import listing, receipt
from tests.unit.console.test_status import _park
from tests.unit.fakes import MemoryBucket
from tests.unit.until import until

COMMON = "uploads/general/common/"


@pytest.fixture
def told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What pages are told."""
    events = list[tuple[str, Any]]()
    monkeypatch.setattr(desk.hub, "tell", lambda name, data: events.append((name, data)))
    return events


@pytest.fixture
def watched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a page were open."""
    monkeypatch.setattr(desk.hub, "has_pages", lambda: True)


def _photos(told: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    found = [(data["name"], data["stage"]) for name, data in told if name == "photo"]
    told.clear()
    return found


def _gone(bucket: MemoryBucket, prefix: str) -> None:
    for key in [key for key in bucket.things if key.startswith(prefix)]:
        del bucket.things[key]


def test_each_stage_of_a_photo_is_told_once(desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]) -> None:
    desk.watcher.look()
    store = JobStore(bucket, bucket.clock, timedelta(minutes=2))
    job = store.claim(Upload(f"{COMMON}a.jpg"), "E")
    assert job is not None
    desk.watcher.look()
    desk.watcher.look()
    assert _photos(told) == [("a.jpg", "claimed")]
    parked = replace(job, stage=Submitted("T", bucket.clock()), lease_until=None)
    store.save(parked)
    store.put_in_queue(parked)
    desk.watcher.look()
    assert _photos(told) == [("a.jpg", "submitted")]
    receipt(bucket, "a.jpg")
    store.remove(parked)
    _gone(bucket, "queue/")
    desk.watcher.look()
    assert _photos(told) == [("a.jpg", "done")]


def test_listing_pictures_are_told_when_their_order_is_gone(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    source = receipt(bucket, "a.b.jpg", options={"listing": "original"})
    bucket.put(Upload(source).order_key("0" * 32), b"{}")
    desk.watcher.look()
    listing(bucket, source, "look")
    _gone(bucket, "orders/")
    desk.watcher.look()
    (card,) = [data for name, data in told if name == "photo"]
    assert (card["name"], card["verdict"]) == ("a.b.jpg", "look")


def test_a_photo_that_was_deleted_while_under_way_is_told_as_gone(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    _park(bucket, "general/common", "a.jpg")
    desk.watcher.look()
    bucket.things.clear()
    desk.watcher.look()
    assert ("gone", {"source": f"{COMMON}a.jpg"}) in told


def test_an_upload_that_is_done_before_a_look_is_found(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    desk.watcher.look()
    desk.watcher.await_upload(f"{COMMON}a.jpg")
    assert _photos(told) == [("a.jpg", "uploaded")]
    receipt(bucket, "a.jpg")
    desk.watcher.look()
    assert _photos(told) == [("a.jpg", "done")]
    before = len(bucket.requests)
    desk.watcher.look()
    assert len(bucket.requests) - before == 3, "jobs, queue and orders are listed, and nothing else is asked"


def test_a_thousand_photos_take_as_many_requests_as_one(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    for number in range(900):
        _park(bucket, "general/common", f"{number}.jpg")
    desk.watcher.look()
    before = len(bucket.requests)
    desk.watcher.look()
    assert len(bucket.requests) - before == 4, "the first job of the lane is read, which says why it waits"


def test_what_others_have_changed_is_found_by_listing_all(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    receipt(bucket, "a.jpg")
    desk.watcher.list_all()
    assert _photos(told) == []
    receipt(bucket, "b.jpg", status="failed")
    desk.watcher.list_all()
    assert "sync" not in [name for name, _ in told], "a page would begin its list anew, wherever somebody looks"
    assert _photos(told) == [("b.jpg", "failed")]


def test_what_others_have_deleted_is_found_by_listing_all(
    desk: Desk, bucket: MemoryBucket, told: list[tuple[str, Any]]
) -> None:
    forgotten, again = receipt(bucket, "a.jpg"), receipt(bucket, "b.jpg")
    listing(bucket, receipt(bucket, "c.jpg"), "look")
    desk.watcher.list_all()
    for source in (forgotten, again):
        del bucket.things[Upload(source).receipt_key]
    _gone(bucket, "listings/")
    _park(bucket, "general/common", "b.jpg")  # its receipt was deleted for another try
    desk.watcher.look()
    told.clear()
    desk.watcher.list_all()
    assert [data["source"] for name, data in told if name == "gone"] == [forgotten]
    assert [(data["name"], data["verdict"]) for name, data in told if name == "photo"] == [("c.jpg", "")]


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
        Unforeseen("OSS answers 400 InvalidArgument"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_goes_wrong_is_told_and_receipts_are_listed_again(
    desk: Desk, told: list[tuple[str, Any]], watched: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise error

    refresh = desk.mirror.refresh
    monkeypatch.setattr(desk.mirror, "refresh", failing)
    desk.watcher.start()
    _soon(lambda: [data for name, data in told if name == "trouble"])
    assert [data["message"]["en"] for name, data in told if name == "trouble"] == [f"{type(error).__name__}: {error}"]
    monkeypatch.setattr(desk.mirror, "refresh", refresh)
    desk.watcher.wake()
    _soon(lambda: desk.watcher.synced["finished"])
    desk.watcher.stop()


def test_a_desk_that_nobody_looks_at_ends_at_once(desk: Desk) -> None:
    desk.watcher.start()
    time.sleep(0.2)  # its threads pause
    began = time.monotonic()
    desk.watcher.stop()
    assert time.monotonic() - began < 0.5


def test_receipts_that_are_being_listed_do_not_outlive_the_desk(
    desk: Desk, watched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {*threading.enumerate()}
    began = Event()

    def refresh(*_: Any, say: Callable[[Refreshed], object]) -> Refreshed:
        began.set()
        for number in range(1_000):
            time.sleep(0.01)
            say(Refreshed(number, number))
        return Refreshed()

    monkeypatch.setattr(desk.mirror, "refresh", refresh)
    desk.watcher.start()
    assert began.wait(20)
    desk.watcher.stop()
    assert not {*threading.enumerate()} - before


def _soon(condition: Callable[[], object]) -> None:
    until(condition, lambda: time.sleep(0.05), 200)


def _events(client: httpx.Client) -> Iterator[tuple[str, Any]]:
    with client.stream("GET", "/api/events", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


def test_a_page_hears_what_happens_and_nobody_looks_when_it_is_closed(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket, server: Server
) -> None:
    assert not bucket.requests, "nobody has opened a page yet"
    heard = list[tuple[str, Any]]()

    def listen() -> None:
        for name, data in _events(browser):
            heard.append((name, data))
            if name == "photo":
                return

    page = Thread(target=listen)
    page.start()
    _soon(lambda: ("sync", {"done": 0, "finished": True}) in heard)
    _soon(lambda: ("list", "orders/") in bucket.requests)
    assert heard[0] == ("again", {}), "a list that is read before somebody hears what happens may miss something"
    _park(bucket, "general/common", "商品.jpg", "NotActivated", blocked=True)
    page.join(20)
    assert heard[-1][1]["name"] == "商品.jpg"
    _soon(lambda: not desk.hub.has_pages())


def test_an_open_page_does_not_hold_up_the_end(browser: httpx.Client, desk: Desk, server: Server) -> None:
    ended = list[bool]()

    def listen() -> None:
        for _ in _events(browser):
            pass
        ended.append(True)  # an answer that is cut off raises instead

    page = Thread(target=listen)
    page.start()
    _soon(desk.hub.has_pages)
    server.should_exit = True
    page.join(20)
    assert ended == [True]
