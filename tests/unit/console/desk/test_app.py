"""What the page asks, and what it is answered."""

from __future__ import annotations

import base64
import errno
import io
import socket
import sqlite3
import subprocess
import tempfile
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from console.account import ApiError
from console.desk import changes, uploads
from console.desk.desk import Desk
from shared.jobs.receipt import Receipt
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from tests.scenarios.shop import photo
from tests.unit.console.records.made import NOON, listing, receipt
from tests.unit.console.test_report import MARKUP
from tests.unit.console.test_status import _park
from tests.unit.fakes import MemoryBucket
from tests.unit.until import until

COMMON = "uploads/general/common/"


def _cutout(bucket: MemoryBucket, name: str, **said: object) -> str:
    key = f"cutouts/general/common/{name}.png"
    bucket.put(f"{COMMON}{name}", photo())
    bucket.put(key, photo("PNG", mode="RGBA"))
    return receipt(bucket, name, outputs=[{"key": key, "label": "", "content_type": "image/png", "bytes": 1}], **said)


# ---------------------------------------------------------------- the list


def test_photos_under_way_come_first_and_records_after_them(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    _cutout(bucket, "a.jpg")
    receipt(bucket, "b.jpg", status="failed", code="Timeout", message="No result.", message_zh="无结果")
    _park(bucket, "general/common", "c.jpg", "NotActivated", blocked=True)
    listing(bucket, _cutout(bucket, "d.jpg"), "look")
    desk.mirror.refresh()
    desk.watcher.look()
    found = browser.get("/api/photos", params={"order": "name"}).json()
    assert [each["name"] for each in found["photos"]] == ["c.jpg", "a.jpg", "b.jpg", "d.jpg"]
    assert [each["stage"] for each in found["photos"]] == ["blocked", "done", "failed", "done"]
    assert found["photos"][2]["message"] == {"en": "No result.", "zh": "无结果"}
    assert found["photos"][3]["verdict"] == "look"
    assert found["counts"] == {"done": 2, "failed": 1, "rejected": 0, "look": 1, "under_way": 1}
    assert found["total"] == 4


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"status": "failed,rejected"}, ["b.jpg"]),
        ({"status": "under_way"}, ["c.jpg"]),
        ({"verdict": "look"}, ["d.jpg"]),
        ({"q": "A.JP"}, ["a.jpg"]),
        ({"capability": "goods/commodity"}, []),
        ({"since": "2026-11-27T00:00Z"}, []),
    ],
)
def test_what_is_asked_for_is_shown(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket, asked: dict[str, str], names: list[str]
) -> None:
    test_photos_under_way_come_first_and_records_after_them(browser, desk, bucket)
    assert [each["name"] for each in browser.get("/api/photos", params=asked).json()["photos"]] == names


@pytest.mark.parametrize("asked", ["status=x", "order=x", "limit=x", "after=x x", "since=x"])
def test_what_nobody_can_ask_is_refused(browser: httpx.Client, asked: str) -> None:
    assert browser.get(f"/api/photos?{asked}").status_code == 400


def test_ten_thousand_photos_are_shown_a_page_at_a_time(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    for number in range(10_000):
        receipt(bucket, f"{number:05}.jpg")
    desk.mirror.refresh()
    first = browser.get("/api/photos", params={"order": "name"}).json()
    assert (len(first["photos"]), first["total"]) == (60, 10_000)
    second = browser.get("/api/photos", params={"order": "name", "after": first["next"]}).json()
    assert (second["photos"][0]["name"], second["photos"][-1]["name"]) == ("00060.jpg", "00119.jpg")
    late = f"2026-11-26T12:00:00+00:00 {COMMON}09959.jpg"
    last = browser.get("/api/photos", params={"order": "name", "after": late}).json()
    assert (len(last["photos"]), last["next"], last["photos"][-1]["name"]) == (40, None, "09999.jpg")


def _all_pages(browser: httpx.Client, page: Any, **asked: str) -> list[str]:
    """The names on `page` and on all pages after it."""
    names = [each["name"] for each in page["photos"]]
    while page["next"]:
        page = browser.get("/api/photos", params={**asked, "after": page["next"]}).json()
        names += [each["name"] for each in page["photos"]]
    return names


@pytest.mark.parametrize("order", ["new", "old", "name"])
def test_photos_that_are_forgotten_between_two_pages_hide_no_others(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket, order: str
) -> None:
    for number in range(130):
        receipt(bucket, f"{number:03}.jpg", finished_at=NOON + timedelta(seconds=number // 2))
    desk.mirror.refresh()
    first = browser.get("/api/photos", params={"order": order}).json()
    for each in first["photos"][:20]:
        del bucket.things[Upload(each["source"]).receipt_key]
    desk.mirror.refresh()
    assert len({*_all_pages(browser, first, order=order)}) == 130


def test_every_photo_under_way_is_on_some_page_and_counts_once(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    for number in range(1_100):
        _park(bucket, "general/common", f"{number}.jpg")
    receipt(bucket, "7.jpg")
    receipt(bucket, "done.jpg")
    desk.mirror.refresh()
    desk.watcher.look()
    first = browser.get("/api/photos").json()
    assert (first["total"], first["counts"]["done"], first["counts"]["under_way"]) == (1_101, 1, 1_100)
    names = _all_pages(browser, first)
    assert len(names) == len({*names}) == 1_101
    assert names[-1] == "done.jpg"


def test_a_photo_is_known_at_every_stage(browser: httpx.Client, desk: Desk, bucket: MemoryBucket) -> None:
    source = f"{COMMON}a.jpg"
    assert browser.get("/api/photo", params={"source": source}).status_code == 404
    bucket.put(source, photo())
    assert browser.get("/api/photo", params={"source": source}).json()["stage"] == "uploaded"
    _park(bucket, "general/common", "a.jpg", "NotActivated", blocked=True)
    desk.watcher.look()
    under_way = browser.get("/api/photo", params={"source": source}).json()
    assert (under_way["stage"], under_way["code"], under_way["message"]["zh"]) == ("blocked", "NotActivated", "原因")
    for key in [key for key in bucket.things if key.startswith(("jobs/", "queue/"))]:
        del bucket.things[key]
    _cutout(bucket, "a.jpg")
    desk.watcher.look()
    assert browser.get("/api/photo", params={"source": source}).json()["status"] == "done"


# ---------------------------------------------------------------- pictures


def test_a_picture_is_what_its_bytes_are(browser: httpx.Client, bucket: MemoryBucket) -> None:
    source = _cutout(bucket, "a.jpg")
    bucket.unprocessable.add(source)
    whole = browser.get("/api/picture", params={"key": source})
    assert (whole.headers["content-type"], whole.content) == ("image/jpeg", bucket.things[source].body)
    small = browser.get("/api/picture", params={"key": source, "size": "320"})
    assert small.headers["content-type"] == "image/webp"
    assert "sandbox" in small.headers["content-security-policy"]


@pytest.mark.parametrize(
    "body",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"",
    ],
)
@pytest.mark.parametrize("size", ["full", "320"])
def test_what_is_no_picture_is_never_sent(browser: httpx.Client, bucket: MemoryBucket, body: bytes, size: str) -> None:
    bucket.put("cutouts/general/common/a.png", body)
    bucket.unprocessable.add("cutouts/general/common/a.png")
    answer = browser.get("/api/picture", params={"key": "cutouts/general/common/a.png", "size": size})
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/json")


@pytest.mark.parametrize("key", ["jobs/a.json", "queue/x", "calls/1", "", "/uploads/a.jpg", "work/a.jpg", "../s.yaml"])
def test_only_pictures_of_photos_are_sent(browser: httpx.Client, bucket: MemoryBucket, key: str) -> None:
    bucket.put(key, photo())
    assert browser.get("/api/picture", params={"key": key}).status_code == 415


def test_the_cutout_of_a_large_photo_is_shown_and_downloaded(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    source = _cutout(bucket, "a.jpg")
    key = Upload(source).output_key("", "png")
    bucket.put(key, photo("PNG") + bytes(45_000_000))
    desk.mirror.refresh()
    assert len(browser.get("/api/picture", params={"key": key}).content) > 45_000_000
    answer = browser.post("/api/zip", data={"source": [source], "what": "cutouts"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.namelist() == [key]


def test_a_picture_that_is_gone_is_not_there(browser: httpx.Client) -> None:
    assert browser.get("/api/picture", params={"key": "uploads/a.jpg"}).status_code == 404


# ---------------------------------------------------------------- uploads


def test_an_upload_is_checked_and_priced_before_it_is_sent(browser: httpx.Client) -> None:
    asked = {
        "capability": "general/common",
        "listings": ["taobao-white"],
        "files": [{"name": "a.jpg", "bytes": 1}, {"name": "sub/b.jpg", "bytes": 1}, {"name": ".DS_Store", "bytes": 1}],
    }
    found = browser.post("/api/check", json=asked).json()
    assert (found["prefix"], found["count"], found["price_yuan"]) == (f"{COMMON}listing=taobao-white/", 2, 0.02)
    assert [each["file"] for each in found["problems"]] == [".DS_Store"]
    refused = browser.post("/api/check", json={**asked, "options": {"colour": "red"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "UnknownOption")
    assert refused.json()["message"]["zh"]


def test_the_same_bytes_are_uploaded_once(browser: httpx.Client, bucket: MemoryBucket) -> None:
    where = {"prefix": COMMON, "name": "商品/a.jpg"}
    first = browser.put("/api/upload", params=where, content=photo()).json()
    assert first == {
        "source": f"{COMMON}商品/a.jpg",
        "etag": bucket.things[f"{COMMON}商品/a.jpg"].etag,
        "skipped": False,
    }
    assert browser.put("/api/upload", params=where, content=photo()).json()["skipped"]


def test_no_photo_is_replaced(browser: httpx.Client, bucket: MemoryBucket) -> None:
    bucket.put(f"{COMMON}a.jpg", photo())
    asked = {"capability": "general/common", "files": [{"name": "a.jpg", "bytes": 1}]}
    (problem,) = browser.post("/api/check", json=asked).json()["problems"]
    assert "another file of this name is there" in problem["message"]["en"]
    answer = browser.put("/api/upload", params={"prefix": COMMON, "name": "a.jpg"}, content=photo(of="rocket"))
    assert (answer.status_code, answer.json()["code"]) == (422, "Taken")
    assert bucket.things[f"{COMMON}a.jpg"].body == photo()


def test_what_is_there_is_not_priced_and_what_is_no_picture_is_named(
    browser: httpx.Client, bucket: MemoryBucket
) -> None:
    bucket.put(f"{COMMON}a.jpg", photo())
    head = base64.b64encode(b"some notes").decode()
    files = [
        {"name": "a.jpg", "bytes": len(photo())},
        {"name": "b.jpg", "bytes": 1, "head": base64.b64encode(photo()[:192]).decode()},
        {"name": "notes.txt", "bytes": 10, "head": head},
    ]
    found = browser.post("/api/check", json={"capability": "general/common", "files": files}).json()
    assert (found["count"], found["there"], found["price_yuan"]) == (1, 1, 0.01)
    assert [each["file"] for each in found["problems"]] == ["notes.txt"]
    answer = browser.put("/api/upload", params={"prefix": COMMON, "name": "notes.txt"}, content=b"some notes")
    assert (answer.status_code, answer.json()["code"]) == (422, "NotServed")


def test_a_companion_goes_first_and_has_no_card(
    browser: httpx.Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    monkeypatch.setattr(
        desk.watcher, "_tell", lambda name, facts: told.append(facts["source"]) if name == "photo" else None
    )
    files = [{"name": name, "bytes": 1} for name in ("a.jpg", "a.jpg.mask.png")]
    found = browser.post("/api/check", json={"capability": "picwish/watermark", "files": files}).json()
    assert (found["count"], found["companions"]) == (1, ["a.jpg.mask.png"])
    for name in ("a.jpg.mask.png", "a.jpg"):
        where = {"prefix": found["prefix"], "name": name}
        assert browser.put("/api/upload", params=where, content=photo()).status_code == 200
    assert told == [f"{found['prefix']}a.jpg"]


@pytest.mark.parametrize(
    ("prefix", "name", "status"),
    [("cutouts/", "a.jpg", 400), (COMMON, "", 400), ("uploads", "a.jpg", 400), (COMMON, ".a.jpg", 422)],
)
def test_nothing_is_stored_elsewhere(
    browser: httpx.Client, bucket: MemoryBucket, prefix: str, name: str, status: int
) -> None:
    answer = browser.put("/api/upload", params={"prefix": prefix, "name": name}, content=b"x")
    assert answer.status_code == status
    assert not bucket.things


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ApiError("OSS", "PutObject", 403, "AccessDenied", "no right"), 403, "lacks `oss:PutObject`; have an admin"),
        (ApiError("OSS", "PutObject", 0, "ConnectionError", "no route"), 503, "OSS was not reached"),
        (OSError(errno.ENOSPC, "No space left on device"), 500, "OSError: [Errno 28] No space left on device"),
        (sqlite3.OperationalError("disk I/O error"), 500, "OperationalError: disk I/O error"),
    ],
)
def test_why_an_upload_is_not_stored_is_said(
    capfd: pytest.CaptureFixture[str],
    browser: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    said: str,
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(uploads, "store", refuse)
    answer = browser.put("/api/upload", params={"prefix": COMMON, "name": "a.jpg"}, content=photo())
    assert (answer.status_code, said in answer.json()["message"]["en"]) == (status, True)
    assert not capfd.readouterr().err


def test_an_upload_that_is_broken_off_is_no_error(
    capfd: pytest.CaptureFixture[str], browser: httpx.Client, bucket: MemoryBucket
) -> None:
    host, port = browser.base_url.host, browser.base_url.port or 80
    ((name, cookie),) = browser.cookies.items()
    with socket.create_connection((host, port)) as connection:
        connection.sendall(
            f"PUT /api/upload?prefix={COMMON}&name=a.jpg HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Origin: http://{host}:{port}\r\nCookie: {name}={cookie}\r\nContent-Length: 1000000\r\n\r\n".encode()
            + bytes(70_000)
        )
        time.sleep(0.5)  # the desk waits for the rest
    time.sleep(0.5)
    assert browser.get("/api/status").status_code == 200
    assert not capfd.readouterr().err
    assert not bucket.things


# ---------------------------------------------------------------- changes


def test_redo_says_the_price_first_and_does_it_when_confirmed(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    source = _cutout(bucket, "a.jpg")
    receipt(bucket, "gone.jpg")
    told = Receipt.model_validate_json(bucket.things[Upload(source).receipt_key].body)
    told = told.model_copy(update={"etag": bucket.things[source].etag})
    bucket.put(Upload(source).receipt_key, told.model_dump_json().encode())
    desk.mirror.refresh()
    asked = {"sources": [source, f"{COMMON}gone.jpg"]}
    said = browser.post("/api/redo", json=asked).json()
    assert (said["count"], said["price_yuan"]) == (1, 0.01)
    assert [each["source"] for each in said["skipped"]] == [f"{COMMON}gone.jpg"]
    assert not [key for key in bucket.things if key.startswith("jobs/")]
    assert browser.post("/api/redo", json={**asked, "confirm": True}).json()["set_going"] == 1
    assert [key for key in bucket.things if key.startswith("jobs/")] == [Upload(source).job_key]


def test_the_instances_at_work_on_photos_to_be_forgotten_are_waited_for_together(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_PATIENCE", 1.0)
    store = JobStore(bucket, desk.account.clock, timedelta(minutes=2))
    sources = [f"{COMMON}{number}.jpg" for number in range(4)]
    for source in sources:
        bucket.put(source, photo())
        store.claim(Upload(source), "E")
    began = time.monotonic()
    assert browser.post("/api/forget", json={"sources": sources, "confirm": True}).json() == {"objects": {"uploads": 4}}
    assert 1 <= time.monotonic() - began < 3


def test_forget_counts_first_and_deletes_when_confirmed(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket
) -> None:
    source = _cutout(bucket, "a.jpg")
    kept = _cutout(bucket, "b.jpg")
    desk.mirror.refresh()
    said = browser.post("/api/forget", json={"sources": [source]}).json()
    assert said == {"objects": {"uploads": 1, "cutouts": 2}}
    assert source in bucket.things
    assert browser.post("/api/forget", json={"sources": [source], "confirm": True}).json() == said
    assert [key for key in bucket.things if "a.jpg" in key] == []
    assert [each["source"] for each in browser.get("/api/photos").json()["photos"]] == [kept]


def test_only_uploads_can_be_forgotten(browser: httpx.Client, bucket: MemoryBucket) -> None:
    bucket.put("calls/1", b"")
    assert browser.post("/api/forget", json={"sources": ["calls/1"], "confirm": True}).status_code == 400
    assert "calls/1" in bucket.things


# ---------------------------------------------------------------- many at once


@pytest.mark.skipif(not which("unzip"), reason="there is no unzip")
def test_many_are_downloaded_as_a_zip(browser: httpx.Client, desk: Desk, bucket: MemoryBucket, tmp_path: Path) -> None:
    sources = [_cutout(bucket, name) for name in ("a.jpg", "商品.jpg", "gone.jpg")]
    del bucket.things["cutouts/general/common/gone.jpg.png"]
    desk.mirror.refresh()
    answer = browser.post("/api/zip", data={"source": sources, "what": "cutouts"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="shop-photos-')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert sorted(names[:2]) == ["cutouts/general/common/a.jpg.png", "cutouts/general/common/商品.jpg.png"]
        assert found.read("missing.txt").startswith(b"cutouts/general/common/gone.jpg.png\tNoSuchKey")
    file = tmp_path / "found.zip"
    file.write_bytes(answer.content)
    subprocess.run(["unzip", "-tqq", str(file)], check=True)


def test_a_zip_unpacks_into_its_own_folder(browser: httpx.Client, desk: Desk, bucket: MemoryBucket) -> None:
    name = "../../../etc/passwd.jpg"
    desk.mirror.refresh()
    _cutout(bucket, name)
    desk.mirror.refresh()
    answer = browser.post("/api/zip", data={"source": [f"{COMMON}{name}"], "what": "cutouts"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.namelist() == ["cutouts/general/common/_/_/_/etc/passwd.jpg.png"]


def test_each_picture_of_a_zip_has_a_name_of_its_own(browser: httpx.Client, desk: Desk, bucket: MemoryBucket) -> None:
    sources = [_cutout(bucket, name) for name in ("a\\b.jpg", "a_b.jpg", "a_b.jpg.png")]
    desk.mirror.refresh()
    answer = browser.post("/api/zip", data={"source": sources, "what": "cutouts"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        names = [name.rpartition("/")[2] for name in found.namelist()]
    assert names == ["a_b.jpg.png", "a_b.jpg-2.png", "a_b.jpg.png.png"]


def test_a_zip_has_nothing_that_a_forged_receipt_names(browser: httpx.Client, desk: Desk, bucket: MemoryBucket) -> None:
    bucket.put("jobs/general/common/a.jpg.json", b"{}")
    other = Upload(_cutout(bucket, "other.jpg")).output_key("", "png")
    outputs = [
        {"key": key, "label": "", "content_type": "image/png", "bytes": 1}
        for key in ("jobs/general/common/a.jpg.json", other)
    ]
    source = receipt(bucket, "a.jpg", outputs=outputs)
    desk.mirror.refresh()
    answer = browser.post("/api/zip", data={"source": [source], "what": "all"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.namelist() == []


def test_ten_thousand_photos_with_long_names_are_downloaded(browser: httpx.Client) -> None:
    sources = [f"{COMMON}{'商品' * 40}{number}.jpg" for number in range(10_000)]
    assert browser.post("/api/zip", data={"source": sources, "what": "cutouts"}).status_code == 200


def test_nothing_stays_of_a_zip_that_nobody_wants_any_more(
    browser: httpx.Client, desk: Desk, bucket: MemoryBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    source = _cutout(bucket, "a.jpg")
    bucket.put(Upload(source).output_key("", "png"), bytes(32 << 20))
    desk.mirror.refresh()
    with browser.stream("POST", "/api/zip", data={"source": [source], "what": "cutouts"}) as answer:
        next(answer.iter_raw())
        assert [*folder.iterdir()]
    until(lambda: not [*folder.iterdir()], lambda: time.sleep(0.05), 200)


def test_texts_of_strangers_are_data(browser: httpx.Client, desk: Desk, bucket: MemoryBucket) -> None:
    receipt(bucket, MARKUP, status="failed", message=MARKUP, finished_at=NOON)
    desk.mirror.refresh()
    answer = browser.get("/api/photos")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["photos"][0]["message"]["en"] == MARKUP


def test_there_is_no_box_in_a_real_account(browser: httpx.Client) -> None:
    assert browser.get("/api/box").status_code == 404
    assert browser.get("/api/settings").json()["is_box"] is False


def test_settings_say_what_there_is_and_no_key(browser: httpx.Client) -> None:
    found = browser.get("/api/settings").json()
    assert len(found["capabilities"]) == 25
    (common,) = [each for each in found["capabilities"] if each["name"] == "general/common"]
    assert common["options"][0]["kind"] == "one"
    assert len(found["presets"]) == 23
