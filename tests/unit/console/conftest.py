"""What every test of the console begins with."""

from __future__ import annotations

import pytest

from console.account import BOX
from console.functions.serverless_devs import PROGRAM
from console.settings import FILE_NAMED, KEY, defaults


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    language = ("LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "FORCE_COLOR")
    for name in (*defaults(), *KEY, *language, BOX, PROGRAM, FILE_NAMED, "ALARM_WEBHOOK"):
        monkeypatch.delenv(name, raising=False)
