"""What the commands of day two take with many receipts, and the desk with many photos."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import psutil

from console.account import Account
from console.desk.desk import Desk
from console.desk.serve import Server
from console.records.mirror import Mirror
from console.settings import ROOT, Settings
from tests.bench.table import Table
from tests.lacking import CHROMIUM
from tests.scenarios.shop import photo
from tests.unit.console.records.made import receipt
from tests.unit.console.test_many_receipts import ASKS
from tests.unit.fakes import Clock, MemoryBucket

RECEIPTS = 100_000
PHOTOS = (1_000, 10_000)
_SCROLLED = 1_000
_QUESTIONS = {
    "first": "the first time, which reads each",
    "again": "what has changed since (every command begins with it)",
    "failed": "`cutout failed`: which failed, and why",
    "search": "`cutout receipts --search`",
    "spend": "`cutout spend --from receipts`",
    "csv": "`cutout receipts --format csv`",
    "page": "the desk's last page",
}


def receipts(count: int = RECEIPTS) -> Table:
    """Asks each question of `count` receipts in a bucket that answers at once, in a process of its own."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", ASKS, folder, str(count)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    return Table(
        f"Questions to {count:,} receipts",
        ("question", "seconds", "requests to OSS"),
        [(text, float(said[name]["seconds"]), int(said[name]["requests"])) for name, text in _QUESTIONS.items()],
        "The bucket answers at once: a real one adds its latency, a 16th of it for each page of names and a 32nd for "
        f"each receipt. Memory grew by {said['megabytes']} MB over all of it.",
    )


def desks() -> Table:
    """Opens the desk over so many photos in a browser."""
    return Table(
        "The desk with many photos",
        ("photos", "first view, s", "1,000 cards, s", "page's memory, MB", "server's memory, MB", "requests to OSS"),
        [_desk(count) for count in PHOTOS],
        "Until the first page of cards is there, and until 1,000 of them are, by scrolling; JavaScript's memory then, "
        "and how much the server's grew. Requests until the first view, each receipt being read once; thumbnails come "
        "on top, one for each card that is seen.",
    )


def _desk(count: int) -> tuple[int, float, float, int, int, int]:
    from playwright.sync_api import sync_playwright

    bucket = MemoryBucket(Clock())
    body = photo(size=(300, 200))
    for number in range(count):
        source = receipt(bucket, f"{number:05}.jpg")
        bucket.put(source, body)
    with _served(bucket) as server, sync_playwright() as playwright:
        before = psutil.Process().memory_info().rss
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 1000})
        began = time.monotonic()
        page.goto(server.address)
        page.locator(".card").nth(59).wait_for(state="attached", timeout=120_000)
        first = time.monotonic() - began
        asked = sum(name != "download" for name, _ in bucket.requests)
        began = time.monotonic()
        while page.locator(".card").count() < min(count, _SCROLLED):
            page.keyboard.press("End")
            page.wait_for_timeout(20)
        last = time.monotonic() - began
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        grown = psutil.Process().memory_info().rss - before
        chromium.close()
    return count, round(first, 2), round(last, 1), round(used / 1e6), round(grown / 1e6), asked


class _NoAccount(Account):
    """Whose bucket is in memory."""

    def __init__(self) -> None:
        super().__init__(Settings({"OSS_BUCKET": "shop-photos"}), {})


@contextmanager
def _served(bucket: MemoryBucket) -> Iterator[Server]:
    with TemporaryDirectory() as folder:
        mirror = Mirror(bucket, Path(folder) / "bucket.sqlite")
        server = Server(Desk(_NoAccount(), bucket, bucket, mirror, "en"))
        thread = Thread(target=server.serve_until_interrupted)
        thread.start()
        yield server
        server.should_exit = True
        thread.join()
        mirror.close()


def tables() -> Iterator[Table]:
    yield receipts()
    if CHROMIUM:
        yield desks()
