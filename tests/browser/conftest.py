"""A desk over a cloud in a box, and its page in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.cloud.box import Cloud
from tests.cloud.desk import desk
from tests.scenarios.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class Desk:
    """A desk that is served at `address`, and the shop whose photos it shows."""

    address: str
    shop: Shop


@dataclass
class Seen:
    """A page, and what went wrong in it: errors of its programs, and what its security policy refused."""

    page: Page
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def running(browser: Browser) -> Iterator[Desk]:
    with Cloud(timer_seconds=2, qps=20) as cloud, desk(cloud) as server:
        thread = Thread(target=server.serve_until_interrupted)
        thread.start()
        yield Desk(server.address, Shop(cloud))
        server.should_exit = True
        thread.join()


@pytest.fixture
def shop(running: Desk) -> Iterator[Shop]:
    yield running.shop
    running.shop.cloud.viapi.lift_all()


@pytest.fixture
def look(browser: Browser, running: Desk) -> Iterator[Any]:
    """Opens the desk: `look(width=390, dark=True, chinese=True)`; nothing may go wrong in its programs. A picture that
    cannot be shown is answered 415, which is no mistake: what is `allowed` are such answers."""
    opened = list[Seen]()

    def open_(
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        chinese: bool = False,
        allowed: tuple[str, ...] = ("415",),
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)  # three workers share two cores
        seen = Seen(context.new_page())
        opened.append(seen)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda said: seen.errors.append(said.text) if _is_wrong(said, allowed) else None)
        seen.page.on("dialog", lambda dialog: seen.errors.append(f"something ran: {dialog.message}"))
        seen.page.goto(running.address)
        seen.page.locator("#status:not(:empty)").wait_for()
        if chinese:
            seen.page.click("#language")
        return seen.page

    yield open_
    for seen in opened:
        seen.page.context.close()
        assert not seen.errors


def _is_wrong(said: Any, allowed: tuple[str, ...]) -> bool:
    return said.type == "error" and not any(status in said.text for status in allowed)
