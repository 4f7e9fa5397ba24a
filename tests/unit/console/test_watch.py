"""What `cutout watch` prints while photos move."""

from __future__ import annotations

import json
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from console.account import Account
from console.answers import watch
from console.screen import Screen
from console.settings import Settings
from tests.unit.console.test_status import _park
from tests.unit.fakes import Clock, MemoryBucket
from tests.unit.until import until

APPAREL = "goods/cloth"


class OneAccount(Account):
    """Whose one bucket is in memory."""

    def __init__(self, bucket: MemoryBucket) -> None:
        super().__init__(Settings({"OSS_BUCKET": "shop-photos"}), {})
        self.memory = bucket

    def objects(self, name: str = "") -> Any:
        return self.memory

    def job_objects(self) -> Any:
        return self.memory


def test_only_photos_below_the_prefix_are_told_also_when_they_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bucket, over, lines = MemoryBucket(Clock()), Event(), list[dict[str, str]]()
    for capability in ("general/common", APPAREL):
        _park(bucket, capability, "a.jpg")
    prefix = f"uploads/{APPAREL}/"
    watching = Thread(target=watch.run, args=(Screen(machine=True), OneAccount(bucket), prefix, over))
    watching.start()
    until(lambda: ("list", "orders/") in bucket.requests, lambda: time.sleep(0.05), 200)
    bucket.things.clear()

    def told() -> bool:
        lines.extend(json.loads(line) for line in capsys.readouterr().out.splitlines())
        return bool(lines)

    until(told, lambda: time.sleep(0.05), 200)
    over.set()
    watching.join()
    told()
    assert lines == [{"event": "gone", "source": f"{prefix}a.jpg"}]
