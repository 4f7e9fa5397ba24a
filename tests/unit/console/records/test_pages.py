"""Listing in parallel: every key once, wherever keys lie."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime, timezone
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.records.pages import pages
from shared.cloud.ports import ListedObject


class Listed:
    """A bucket that can only be listed; `requests` counts the pages that were asked for."""

    def __init__(self, keys: list[str], seconds: float = 0.0) -> None:
        self.keys = sorted(keys)
        self.seconds = seconds
        self.requests = 0
        self.open = self.most_open = 0
        """Requests that wait for their answer, and the most that did so at once."""
        self._lock = Lock()

    def list(self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True) -> Iterator[ListedObject]:
        at = max(bisect_right(self.keys, after), bisect_left(self.keys, prefix))
        while True:
            with self._lock:
                self.requests, self.open = self.requests + 1, self.open + 1
                self.most_open = max(self.most_open, self.open)
            time.sleep(self.seconds)
            with self._lock:
                self.open -= 1
            found = [key for key in self.keys[at : at + page] if key.startswith(prefix)]
            yield from (ListedObject(key, "", datetime.now(timezone.utc), 0) for key in found)
            if len(found) < page:
                return
            at += page


def _listed(bucket: Listed, prefix: str) -> list[str]:
    return sorted(each.key for page in pages(bucket, prefix) for each in page)  # type: ignore[arg-type]


NAMES = st.text(st.sampled_from("ab19/.zé商\U0001f600"), min_size=1, max_size=6)


@given(st.lists(NAMES, unique=True, max_size=60))
def test_every_key_is_listed_once(names: list[str]) -> None:
    bucket = Listed([f"cutouts/{name}" for name in names] + ["calls/1", "jobs/1", "cutoutsx"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("console.records.pages._PAGE", 3)
        assert _listed(bucket, "cutouts/") == [key for key in bucket.keys if key.startswith("cutouts/")]


SHAPES = {
    "numbers": "cutouts/general/common/img_{:06d}.jpg.json",
    "folders": "cutouts/{0:02x}/2026/DSC{0}.jpg.png",
    "chinese": "cutouts/general/common/商品{}号/主图.jpg.png",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_pages_are_asked_for_together(shape: str) -> None:
    bucket = Listed([SHAPES[shape].format(number) for number in range(20_000)], seconds=0.05)
    assert _listed(bucket, "cutouts/") == bucket.keys
    assert bucket.most_open > 1, "pages were waited for one by one"
    assert bucket.requests < 3 * 20, "too many ranges had nothing in them"
