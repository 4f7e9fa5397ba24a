"""The questions of day two, each asked with its command of a bucket in which the functions are at work."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from console.account import BOX
from console.main import app
from console.settings import KEY, defaults
from shared.jobs.upload import Upload
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop, photo, wait_for

COMMON = "uploads/general/common/"


@pytest.fixture(scope="module")
def running() -> Iterator[Shop]:
    with Cloud(timer_seconds=1, qps=20, environment={"PRICES": "general/common=0.01"}) as cloud:
        yield Shop(cloud)


@pytest.fixture
def shop(running: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    cloud = running.cloud
    for name in (*defaults(), *KEY, "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (cloud.settings() | {BOX: cloud.openapi.url, "PRICES": "general/common=0.01"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield running
    cloud.viapi.lift_all()
    asked("forget", "uploads/", "--yes")


def cutout(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def asked(*arguments: str, stdin: str = "") -> str:
    result = cutout(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.output


def document(*arguments: str) -> Any:
    return json.loads(asked(*arguments, "--json"))


def _served(shop: Shop, *names: str) -> list[str]:
    keys = [shop.upload(f"{COMMON}{name}", photo()) for name in names]
    for key in keys:
        shop.wait(key)
    return keys


def test_which_photos_failed_and_why(shop: Shop) -> None:
    _served(shop, "good.jpg")
    shop.upload(f"{COMMON}notes.txt", b"no picture")
    shop.wait(f"{COMMON}notes.txt")
    said = asked("failed", "--since", "24h")
    assert "(rejected), photos: 1" in said
    assert "save it as JPEG or PNG" in said
    assert f"{COMMON}notes.txt" in said
    assert "good.jpg" not in said
    (found,) = document("failed")["photos"]
    assert (found["source"], found["status"]) == (f"{COMMON}notes.txt", "rejected")
    assert "No photo failed" in asked("failed", "--prefix", "uploads/goods/")


def test_what_came_of_each_photo(shop: Shop) -> None:
    _served(shop, "a.jpg", "b.jpg")
    rows = [*csv.DictReader(io.StringIO(asked("receipts", "--format", "csv", "--order", "name")))]
    assert [row["source"] for row in rows] == [f"{COMMON}a.jpg", f"{COMMON}b.jpg"]
    assert {row["status"] for row in rows} == {"done"}
    lines = [json.loads(line) for line in asked("receipts", "--format", "jsonl", "--search", "B.JPG").splitlines()]
    assert [line["source"] for line in lines] == [f"{COMMON}b.jpg"]
    assert "a.jpg" in asked("receipts", "--limit", "5")
    assert "no such receipt" in asked("receipts", "--status", "failed")


def test_what_is_asked_for_in_a_way_that_there_is_not_is_said(shop: Shop) -> None:
    for arguments in (
        ["receipts", "--since", "tomorrow"],
        ["receipts", "--status", "good"],
        ["receipts", "--capability", "general/none"],
        ["failed", "--prefix", "cutouts/"],
        ["spend", "--month", "November"],
        ["redo"],
        ["forget", "cutouts/a.png", "--yes"],
    ):
        assert cutout(*arguments).exit_code == 2, arguments


def test_what_was_spent_counts_what_an_overwrite_hides(shop: Shop) -> None:
    before = document("spend", "--from", "receipts")["all"]
    (key,) = _served(shop, "spent.jpg")
    time.sleep(1.1)
    shop.upload(key, photo(of="rocket"))
    wait_for(lambda: shop.billed(key) == 2, "the second call")
    shop.wait(key)
    time.sleep(0.5)
    spent = document("spend", "--from", "receipts")
    assert spent["all"]["calls"] - before["calls"] == 2
    assert round(spent["all"]["yuan"] - before["yuan"], 4) == 0.02
    assert f"{spent['all']['yuan']:.2f}" in asked("spend")
    assert "may have been billed" in asked("spend", "--month", "2020-01", "--from", "receipts")


def test_is_it_stuck(shop: Shop) -> None:
    assert "Nothing waits" in asked("status")
    fault = shop.cloud.viapi.fault("blocked")
    key = shop.upload(f"{COMMON}stuck.jpg", photo())
    wait_for(lambda: shop.has_stage(key, "blocked"), "the job to be blocked")
    wait_for(lambda: document("status")["notices"], "a notice")
    found = document("status")
    assert (found["waiting"], found["lanes"][0]["capability"], found["lanes"][0]["stage"]) == (
        1,
        "general/common",
        "blocked",
    )
    assert "photos wait until you act" in asked("status")
    fault.lift()
    shop.wait(key)


def test_do_these_again(shop: Shop) -> None:
    done, other = _served(shop, "again.jpg", "not again.jpg")
    calls = shop.billed(done)
    plan = document("redo", Upload(done).receipt_key, f"{COMMON}none.jpg", "--dry-run")
    assert (plan["photos"], plan["price_yuan"], plan["set_going"]) == ([done], 0.01, 0)
    assert [*plan["skipped"]] == [f"{COMMON}none.jpg"]
    assert cutout("redo", done).exit_code == 2, "nobody can be asked"
    time.sleep(1.1)
    assert "1 photos wait" in asked("redo", "-", "--yes", stdin=f"{done}\n")
    wait_for(lambda: shop.billed(done) == calls + 1, "another call")
    shop.wait(done)
    assert shop.billed(other) == 1
    began = shop.receipt(other)
    assert began is not None
    again = document("redo", "--prefix", COMMON, "--before", began.finished_at.isoformat(), "--yes")
    assert done not in again["photos"], "it was finished since"


def test_all_that_failed_is_done_again(shop: Shop) -> None:
    bad, good = _served(shop, "bad.jpg", "good.jpg")
    done = shop.receipt(bad)
    assert done is not None
    failed = done.model_copy(update={"status": "failed", "code": "Timeout", "outputs": ()})
    shop.upload(Upload(bad).receipt_key, failed.model_dump_json().encode())
    calls = shop.billed(bad), shop.billed(good)
    assert document("redo", "--failed", "--yes")["photos"] == [bad]
    wait_for(lambda: (found := shop.receipt(bad)) and found.status == "done", "a receipt that is done")
    assert (shop.billed(bad), shop.billed(good)) == (calls[0] + 1, calls[1])
    assert "no photo to be redone" in asked("redo", "--failed", "--yes")


def test_a_customer_is_forgotten_while_the_photos_are_under_way(shop: Shop) -> None:
    (kept,) = _served(shop, "kept.jpg")
    folder = f"{COMMON}customer/"
    for number in range(4):
        shop.upload(f"{folder}{number}.jpg", photo(size=(300 + number, 200)))
    shop.upload("uploads/general/hd-common/customer/a.jpg", photo())
    wait_for(lambda: shop.receipt(f"{folder}0.jpg"), "a receipt")
    slip = cutout("forget", folder.removesuffix("/"), "--yes")
    assert (slip.exit_code, folder in slip.output) == (2, True), "nothing is deleted, and that is not said to be done"
    counted = document("forget", folder, "--dry-run")
    assert counted["found"]["uploads/"] == 4
    assert counted["deleted"] == {}
    deleted = document("forget", folder, "--yes")["deleted"]
    assert deleted["uploads/"] == 4
    asked("forget", "uploads/general/hd-common/customer/", "--yes")
    time.sleep(4)
    left = [each.key for prefix in ("uploads/", "cutouts/", "jobs/") for each in shop.bucket.list(prefix)]
    assert [key for key in left if "customer" in key] == []
    assert kept in left
    assert "There is nothing of" in asked("forget", folder, "--yes")


def test_what_a_bucket_keeps_of_what_is_forgotten_is_said_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (key,) = _served(shop, "kept version.jpg")
    assert "versioning" not in asked("forget", key, "--dry-run")
    monkeypatch.setattr("shared.cloud.oss.OssBucket.versioned", lambda bucket: True)
    said = asked("forget", key, "--yes")
    assert said.index("earlier versions of what is deleted stay") < said.index("Deleted:")


def test_a_folder_is_uploaded_once_however_often_it_is_ordered(shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "autumn 秋"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photo())
    (folder / "deep" / "b#1+%.jpg").write_bytes(photo(of="rocket"))
    (folder / ".hidden").write_bytes(b"x")
    (folder / "empty.jpg").touch()
    (folder / "out").symlink_to("/etc/passwd")
    order = ["upload", str(folder), "--capability", "general/common", "--to", "autumn", "--listing", "original"]
    plan = document(*order, "--dry-run")
    assert (plan["photos"], plan["price_yuan"], plan["sent"]) == (2, 0.02, 0)
    assert sorted(Path(file).name for file in plan["skipped"]) == [".hidden", "empty.jpg", "out"]
    assert f"2 photos to {COMMON}listing=original/autumn/, for 0.02 yuan" in asked(*order, "--dry-run")
    assert document(*order)["sent"] == 2
    again = document(*order)
    assert (again["sent"], again["there"]) == (0, 2)
    key = f"{COMMON}listing=original/autumn/deep/b#1+%.jpg"
    assert shop.wait(key).options == {"listing": "original"}
    assert cutout("upload", str(folder), "--capability", "general/common", "--option", "x=y").exit_code == 2


def test_a_report_is_a_folder_that_a_browser_shows(shop: Shop, tmp_path: Path) -> None:
    _served(shop, "shown.jpg")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "private.txt").write_text("it was there before")
    found = document("report", str(folder), "--day", "today", "--in-bucket")
    assert found["photos"] == 1
    page = (folder / "index.html").read_text("utf-8")
    assert "shown.jpg" in page
    assert len([*(folder / "pictures").iterdir()]) == 2
    first = found["stored"]
    stored = [each.key for each in shop.bucket.list(first.removesuffix("index.html"))]
    types = {key.rpartition(".")[2]: shop.raw.head_object(key).headers["Content-Type"] for key in stored}
    assert first in stored
    assert types == {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8", "webp": "image/webp"}


def test_whatever_moves_is_a_line(shop: Shop) -> None:
    from threading import Event, Thread

    from console.account import Account
    from console.answers import watch
    from console.screen import Screen
    from console.settings import read

    lines, over = list[str](), Event()

    class Watched(Screen):
        def say(self, text: Any, style: str = "") -> None:
            lines.append(self.text(text))

    account = Account(read(Path("no such file")))
    thread = Thread(target=watch.run, args=(Watched(), account), kwargs={"over": over})
    thread.start()
    wait_for(lambda: any("Ctrl-C" in line for line in lines), "the beginning")
    time.sleep(1.5)
    _served(shop, "watched.jpg")
    wait_for(lambda: any("watched.jpg" in line and "done" in line for line in lines), "a line")
    over.set()
    thread.join()
