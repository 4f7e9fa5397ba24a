"""The mirror as a command opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.records.opened import mirror
from console.records.record import Query
from console.screen import Screen
from shared.jobs.upload import Upload
from tests.unit.console.desk.conftest import OneAccount
from tests.unit.console.records.made import receipt
from tests.unit.fakes import Clock, MemoryBucket


@pytest.mark.parametrize("machine", [False, True])
def test_a_receipt_that_may_not_be_read_is_told_once(
    machine: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bucket = MemoryBucket(Clock())
    account = OneAccount(bucket)
    monkeypatch.setattr(account, "objects", lambda: bucket)
    receipt(bucket, "a.jpg")
    for name in ("b.jpg", "c.jpg"):
        bucket.forbidden.add(Upload(receipt(bucket, name)).receipt_key)
    with mirror(Screen(machine=machine), account) as records:
        assert records.count(Query()) == {"done": 1}
    said = capsys.readouterr()
    assert not said.out
    assert len(said.err.splitlines()) == 1
    assert "left out: 2. OSS refuses cutouts/general/common/" in said.err
