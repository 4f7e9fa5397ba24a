"""The desk over a cloud in a box: faults on and off, the vendors' ledger and the clock beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from console.account import BOX, Account
from console.desk.desk import Desk
from console.desk.serve import Server
from console.records.mirror import Mirror
from console.screen import Language
from console.settings import KEY, Settings, defaults
from tests.cloud.box import Cloud
from tests.cloud.vendor_faults import Fault

_FAULTS = {
    "throttle": ("VIAPI throttles every call", "VIAPI 对每次调用限流"),
    "blocked": ("VIAPI says that nothing was bought", "VIAPI 提示未开通"),
    "error": ("VIAPI fails at every photo", "VIAPI 处理每张照片都失败"),
    "slow": ("VIAPI answers 5 s late", "VIAPI 应答延迟 5 秒"),
    "slow-job": ("VIAPI's jobs do not end", "VIAPI 的异步任务不结束"),
    "no-answer": ("results cannot be fetched", "结果无法下载"),
    "cut-off": ("results break off halfway", "结果下载中断"),
}
"""The faults of VIAPI's stand-in that the page offers, with their titles in English and Chinese."""
_SHOWN = 50
"""Entries of the ledger, the last ones."""


class Panel:
    """What `console.desk.desk.Panel` asks for."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._on = dict[str, Fault]()

    def state(self) -> dict[str, Any]:
        faults = [
            {"name": name, "on": name in self._on, "title": {"en": en, "zh": zh}} for name, (en, zh) in _FAULTS.items()
        ]
        entries = [(name, each) for name, vendor in self._cloud.vendors.items() for each in vendor.ledger]
        counts = Counter(f"{name} {each.action}" for name, each in entries)
        newest = sorted(entries, key=lambda entry: entry[1].at)[-_SHOWN:]
        return {
            "faults": faults,
            "billed": dict(counts.most_common()),
            "ledger": [{"action": each.action, "key": each.key} for _, each in reversed(newest)],
            "clock": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }

    def turn(self, fault: str, *, on: bool) -> None:
        if fault not in _FAULTS:
            raise KeyError(fault)
        if on and fault not in self._on:
            self._on[fault] = self._cloud.viapi.fault(fault)
        elif not on and fault in self._on:
            self._on.pop(fault).lift()


def account(cloud: Cloud) -> Account:
    """The owner's, of the box."""
    given = {name: value for name, value in cloud.settings().items() if value and name in (*defaults(), *KEY)}
    return Account(Settings(given), {BOX: cloud.openapi.url, "OSS_PUBLIC_ENDPOINT": cloud.oss.url})


@contextmanager
def desk(cloud: Cloud, language: Language = "en", port: int = 0) -> Iterator[Server]:
    """The desk's server, which `serve_until_interrupted` runs; what it keeps is gone afterwards."""
    owner = account(cloud)
    with TemporaryDirectory() as folder:
        photos = owner.objects()
        mirror = Mirror(photos, Path(folder) / "bucket.sqlite")
        yield Server(Desk(owner, photos, owner.job_objects(), mirror, language, Panel(cloud)), port)
        mirror.close()
