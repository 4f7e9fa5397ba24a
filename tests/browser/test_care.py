"""What is easily overlooked in a page: many photos, long and strange names, uploads that fail halfway."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.acts import COMMON, card, drop, forged, served, stage
from tests.browser.conftest import Desk
from tests.scenarios.shop import Shop, photo, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

Look = Callable[..., "Page"]
MANY = 130
"""More than two of the pages in which the list is fetched."""


@pytest.fixture(scope="module")
def many(running: Desk) -> None:
    forged(running.shop, [f"many {number:03}.jpg" for number in range(MANY)])


def _the_many(page: Page) -> None:
    page.fill("#search", "many ")
    page.get_by_text(re.compile(rf"of {MANY} shown")).wait_for(state="attached")


@pytest.mark.usefixtures("many")
def test_on_a_tall_screen_the_list_goes_on_by_itself(look: Look) -> None:
    page = look(height=6000)
    _the_many(page)
    page.get_by_text(f"{MANY} of {MANY} shown").wait_for(state="attached")
    assert page.locator(".card").count() == MANY


@pytest.mark.usefixtures("many")
def test_large_photos_are_looked_at_one_after_another_past_the_first_page(look: Look) -> None:
    page = look(height=400)
    _the_many(page)
    page.select_option("#order", "name")
    card(page, "many 000.jpg").locator(".open").click()
    for number in range(1, 70):
        page.keyboard.press("ArrowRight")
        page.locator("#detail-title", has_text=f"many {number:03}.jpg").wait_for()


@pytest.mark.usefixtures("many")
def test_all_photos_from_one_to_another_are_selected_with_shift(look: Look) -> None:
    page = look()
    _the_many(page)
    boxes = page.locator(".card .pick input")
    boxes.nth(2).click()
    boxes.nth(9).click(modifiers=["Shift"])
    page.get_by_text("8 selected").wait_for()
    page.locator("#selection").get_by_role("button", name="Clear").click()
    assert page.locator(".card.chosen").count() == 0


def test_the_picture_itself_is_a_slider_too(look: Look, shop: Shop) -> None:
    served(shop, "slide.jpg")
    page = look()
    card(page, "slide.jpg").locator(".open").click()
    picture = page.locator("#detail .compare")
    picture.locator(".before").wait_for()
    box = picture.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.up()
    assert page.get_by_role("slider").input_value() == "25"


def test_at_100_percent_the_slider_stands_for_what_is_in_sight(look: Look, shop: Shop) -> None:
    served(shop, "wide.jpg", photo(size=(1800, 1500)))
    page = look()
    card(page, "wide.jpg").locator(".open").click()
    page.get_by_role("button", name="100 %").click()
    picture = page.locator("#detail .compare.full")
    wait_for(lambda: picture.evaluate("box => box.scrollWidth > box.clientWidth + 100"), "a picture wider than its box")
    picture.evaluate("box => box.scrollLeft = 300")
    middle = "box => box.querySelector('.handle').getBoundingClientRect().x - box.getBoundingClientRect().x"
    half = picture.evaluate("box => box.clientWidth / 2")
    wait_for(lambda: abs(picture.evaluate(middle) - half) < 2, "the slider's middle in the middle")


def _in_sight(page: Page, *, is_: bool) -> None:
    """As when somebody goes to another tab or comes back: a browser without a screen takes all pages to be in sight."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        not is_,
    )


def test_more_pages_are_open_than_a_browser_has_connections(look: Look, shop: Shop) -> None:
    first = look()
    for _ in range(8):
        _in_sight(first.context.pages[-1], is_=False)
        page = first.context.new_page()
        page.goto(first.url)
        page.locator("#status:not(:empty)").wait_for(timeout=10_000)
    served(shop, "out of sight.jpg")
    _in_sight(first, is_=True)
    stage(first, "out of sight.jpg", "done")


@pytest.mark.usefixtures("many")
def test_the_list_stays_as_long_as_it_is_when_a_page_is_in_sight_again(look: Look) -> None:
    page = look(height=6000)
    _the_many(page)
    page.get_by_text(f"{MANY} of {MANY} shown").wait_for(state="attached")
    _in_sight(page, is_=False)
    with page.expect_response(re.compile(r"/api/photos\?.*limit=130")):
        _in_sight(page, is_=True)
    page.wait_for_timeout(500)
    assert page.locator(".card").count() == MANY


def test_a_name_does_not_pretend_to_be_another(look: Look, shop: Shop) -> None:
    served(shop, "\u202egpj.exe")
    page = look()
    card(page, "\ufffdgpj.exe").locator(".open").click()
    page.locator("#detail-title", has_text="\ufffdgpj.exe").wait_for()


def test_files_that_the_bucket_does_not_take_are_named(look: Look, shop: Shop) -> None:
    page = look(allowed=("415", "503"))

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"code": "Unavailable", "message": {"en": "OSS is away", "zh": "OSS 不可用"}})

    page.route(re.compile(r"/api/upload\?.*refused"), refuse)
    drop(page, ("taken.jpg", photo()), ("refused.jpg", photo()))
    page.locator("#send:enabled").click()
    page.locator("#sent", has_text="1 could not be uploaded").wait_for()
    assert page.inner_text("#problems") == "refused.jpg: OSS is away"
    page.unroute(re.compile(r"/api/upload\?.*refused"))
    page.locator("#send:enabled").click()
    page.get_by_text("Uploaded 1; 0 were there already.").wait_for()
    stage(page, "refused.jpg", "done")


def test_what_has_failed_stays_named_when_others_are_dropped_during_the_upload(look: Look) -> None:
    page = look(allowed=("415", "503"))
    held: list[Route] = []
    page.route(re.compile(r"/api/upload\?.*held"), lambda route: held.append(route))  # noqa: PLW0108 - as below
    refused = re.compile(r"/api/upload\?.*lost")
    page.route(refused, lambda route: route.fulfill(status=503, json={"message": {"en": "OSS is away"}}))
    drop(page, ("lost.jpg", photo()), ("held.jpg", photo()))
    page.locator("#send:enabled").click()
    page.locator("#problems", has_text="lost.jpg: OSS is away").wait_for()
    drop(page, ("other.jpg", photo()))
    page.locator("#chosen", has_text="1 file").wait_for()
    held[0].continue_()
    page.locator("#sent", has_text="1 could not be uploaded").wait_for()
    assert page.inner_text("#problems") == "lost.jpg: OSS is away"
    page.locator("#price", has_text="2 photos").wait_for()
    page.unroute(refused)
    page.locator("#send:enabled").click()
    for name in ("lost.jpg", "held.jpg", "other.jpg"):
        stage(page, name, "done")


def test_files_that_are_dropped_during_an_upload_wait_for_it(look: Look) -> None:
    page = look()
    held: list[Route] = []
    upload = re.compile(r"/api/upload\?")
    page.route(upload, lambda route: held.append(route))  # noqa: PLW0108 - Playwright cannot mark a method of a list
    drop(page, ("early.jpg", photo()))
    with page.expect_request(upload):
        page.locator("#send:enabled").click()
    drop(page, ("late.jpg", photo()), ("later.jpg", photo()))
    page.locator("#chosen", has_text="2 files").wait_for()
    held[0].continue_()
    page.get_by_text("Uploaded 1; 0 were there already.").wait_for()
    assert page.inner_text("#chosen").startswith("2 files")
    page.locator("#send:enabled").wait_for()


def test_thousands_of_files_are_checked_in_parts(look: Look) -> None:
    page = look()
    page.evaluate(
        """([count, bytes]) => {
            const all = new DataTransfer(), body = [new Uint8Array(bytes)];
            for (let at = 0; at < count; at++) all.items.add(new File(body, `${"long".repeat(30)}-${at}.jpg`));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: all, bubbles: true }));
        }""",
        [12_000, [*photo()]],
    )
    page.locator("#price", has_text="12,000 photos").wait_for(timeout=60_000)


def test_a_page_of_an_earlier_desk_says_so(look: Look) -> None:
    page = look()
    page.route("**/api/events", lambda route: route.fulfill(status=204))  # as any answer that has no events
    page.reload()
    page.locator("#status", has_text="Open the address that the new desk printed").wait_for()


def test_long_texts_leave_everything_in_reach(look: Look, shop: Shop) -> None:
    name = f"{'n' * 200}.jpg"
    forged(shop, [name], status="rejected", message="m" * 1000, message_zh="字" * 1000, outputs=())
    page = look(width=390)
    page.fill("#search", name)
    card(page, name).locator(".open").click()
    detail = page.locator("#detail")
    detail.get_by_text("m" * 1000).wait_for()
    assert detail.evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    detail.get_by_role("button", name="Forget").click()
    page.locator("#question").get_by_role("button", name="Cancel").click()
    assert shop.bucket.etag(f"{COMMON}{name}")
