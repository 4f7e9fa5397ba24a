"""What this machine lacks: tests that need it are skipped with a word, and fail where all are to be run, as in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from shutil import which
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
NODE = which("node")
_ALL = "OSS_CUTOUT_TEST_ALL"


def skip(what: str) -> NoReturn:
    """`what` is missing here."""
    if os.environ.get(_ALL):
        pytest.fail(f"{what}, and {_ALL} is set")
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium, such as Debian's, driven by Playwright. `tests/conftest.py` has it for all tests."""
    if not CHROMIUM:
        skip("there is no Chromium: `apt-get install chromium`")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip("there is no Playwright: `make check` installs it")
    with sync_playwright() as playwright:
        # Inside containers there are no namespaces for its own sandbox.
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
