"""A hundred thousand receipts: asked in bounded memory, with few requests once they are known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from console.settings import ROOT

ASKS = """
import hashlib, json, resource, sys, time
from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta, timezone
from io import StringIO
from pathlib import Path

from console.records.mirror import Mirror
from console.records.record import Query
from console.records.table import write_csv
from shared.cloud.ports import ListedObject, StoredDocument

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
PNG = {"label": "", "content_type": "image/png", "bytes": 90000}
COUNT = int(sys.argv[2])
KEYS = [f"cutouts/general/common/{n // 1000:03}/img_{n:06}.jpg.json" for n in range(COUNT)]


class Many:
    # A bucket that makes each receipt when it is read: none of them is in memory.
    def __init__(self):
        self.requests = 0

    def list(self, prefix, *, after="", page=1000, nested=True):
        at = max(bisect_right(KEYS, after), bisect_left(KEYS, prefix))
        while True:
            self.requests += 1
            found = [key for key in KEYS[at : at + page] if key.startswith(prefix)]
            yield from (ListedObject(key, hashlib.md5(key.encode()).hexdigest(), NOON, 900) for key in found)
            if len(found) < page:
                return
            at += page

    def read(self, key):
        self.requests += 1
        number = int(key[-15:-9])
        failed = number % 100 == 0
        receipt = {
            "source": "uploads/" + key[8:-5], "etag": "E", "status": "failed" if failed else "done",
            "capability": "general/common", "code": "Timeout" if failed else "", "attempts": 5 if failed else 1,
            "message": "The vendor gave no result in five calls." if failed else "", "request_id": f"R-{number}",
            "uploaded_at": NOON.isoformat(), "finished_at": (NOON + timedelta(seconds=number)).isoformat(),
            "price_yuan": None if failed else 0.006,
            "outputs": [] if failed else [PNG | {"key": key[:-5] + ".png"}],
        }
        return StoredDocument(json.dumps(receipt).encode(), hashlib.md5(key.encode()).hexdigest(), "")


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


bucket, before = Many(), resident()
mirror = Mirror(bucket, Path(sys.argv[1]) / "bucket.sqlite")
said = {}


def timed(name, does):
    began, requests = time.monotonic(), bucket.requests
    found = does()
    said[name] = {"seconds": round(time.monotonic() - began, 2), "requests": bucket.requests - requests, "found": found}


timed("first", lambda: mirror.refresh().read)
timed("again", lambda: mirror.refresh().listed)
timed("failed", lambda: mirror.reasons(Query(statuses=("failed",))))
late = [*mirror.find(Query(), "old", limit=100)][-1].position
timed("page", lambda: len([*mirror.find(Query(), limit=60, after=late)]))
timed("search", lambda: len([*mirror.find(Query(text="IMG_000123"), limit=60)]))
november = Query(until=NOON + timedelta(days=4))
timed("spend", lambda: sum(each.receipt.calls_by_month["2026-11"] for each in mirror.find(november)))
rows = type("Rows", (StringIO,), {"write": lambda self, text: len(text)})()
timed("csv", lambda: write_csv(mirror.find(Query(), "old"), rows, "en"))
said["megabytes"] = round(resident() - before)
print(json.dumps(said))
"""


def _asked(folder: Path, count: int) -> Any:
    command = [sys.executable, "-c", ASKS, str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_receipts_are_asked_in_bounded_memory(count: int, tmp_path: Path) -> None:
    said = _asked(tmp_path, count)
    assert said["first"]["found"] == count
    assert said["again"]["found"] == count
    assert said["again"]["requests"] < 3 * count / 1000 + 10, (
        "a page of names each, and some ranges with nothing in them"
    )
    assert said["failed"]["found"] == [["failed", "Timeout", count // 100]]
    assert said["page"]["found"] == 60
    assert said["search"]["found"] == 1
    assert [said[name]["requests"] for name in ("failed", "page", "search", "spend", "csv")] == [0] * 5
    assert said["megabytes"] < 120, said
