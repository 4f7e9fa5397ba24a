"""What every test of the console begins with."""

from __future__ import annotations

import pytest

from console.settings import KEY, defaults


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "FORCE_COLOR", "CLOUD_IN_A_BOX", "ALARM_WEBHOOK")
    for name in (*defaults(), *KEY, *others):
        monkeypatch.delenv(name, raising=False)
