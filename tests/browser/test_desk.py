"""The desk as people use it: with the mouse, with the keyboard alone, on a phone, in Chinese."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from console.desk.serve import file_that_leads_to
from shared.jobs.upload import Upload
from tests.browser.acts import COMMON, card, drop, forged, has_focus, served, stage
from tests.browser.conftest import Desk
from tests.cloud.serve import Server
from tests.scenarios.shop import Shop, photo, wait_for
from tests.unit.console.test_report import MARKUP
from tests.unit.until import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

A_PAGE = re.compile(r"/api/photos\?.*limit=60")
"""Of the list."""
Look = Callable[..., "Page"]


def test_a_photo_is_dropped_and_its_cutout_is_looked_at(look: Look, shop: Shop) -> None:
    page = look()
    drop(page, ("dropped.jpg", photo()), (".DS_Store", b"x"))
    page.get_by_text("1 photo").wait_for()
    assert "begin with a dot" in page.inner_text("#problems")
    page.get_by_role("button", name="Upload").click()
    stage(page, "dropped.jpg", "done")
    assert shop.bucket.etag(f"{COMMON}dropped.jpg")
    card(page, "dropped.jpg").locator(".open").click()
    detail = page.locator("#detail")
    detail.get_by_alt_text("result of dropped.jpg").wait_for()
    slider = detail.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    assert detail.locator(".before").evaluate("image => getComputedStyle(image).clipPath") == "inset(0px 100% 0px 0px)"
    slider.press("End")
    assert detail.locator(".before").evaluate("image => getComputedStyle(image).clipPath") == "inset(0px 0% 0px 0px)"
    for ground, shown in (("White", "white"), ("Black", "black"), ("Checkerboard", "checker")):
        tool = detail.get_by_role("button", name=ground, exact=True)
        tool.click()
        assert detail.locator(".compare").get_attribute("class") == f"compare {shown}"
        assert tool.get_attribute("aria-pressed") == "true"
    detail.get_by_role("button", name="100 %").click()
    wait_for(
        lambda: detail.locator(".before").evaluate("image => image.width === image.naturalWidth && image.width > 0"),
        "as many pixels of the screen as the photo has",
    )
    page.keyboard.press("Escape")
    assert not detail.is_visible()


def test_the_file_that_a_browser_is_given_leads_to_the_desk(browser: Browser, running: Desk) -> None:
    page = browser.new_page()
    with file_that_leads_to(running.address) as file:
        page.goto(file)
        page.locator("#status:not(:empty)").wait_for()
    assert page.url == running.address.partition("?")[0]
    page.go_back()
    assert "token" not in page.url
    page.close()


def test_files_that_would_not_be_served_are_named_and_not_sent(look: Look, shop: Shop) -> None:
    key = served(shop, "there.jpg")
    page = look()
    drop(
        page,
        ("notes.txt", b"some notes"),
        ("twice.jpg", photo()),
        ("twice.jpg", photo(of="rocket")),
        ("there.jpg", photo()),
        ("one.jpg", photo()),
    )
    page.get_by_text(re.compile("^1 photo;.* · 1 file is in the bucket already")).wait_for()
    problems = page.inner_text("#problems").splitlines()
    assert [each.partition(":")[0] for each in problems] == ["notes.txt", "twice.jpg"]
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("Uploaded 1; 1 were there already.").wait_for()
    left = {each.key for each in shop.bucket.list(COMMON)}
    assert {key, f"{COMMON}one.jpg"} <= left
    assert not {f"{COMMON}notes.txt", f"{COMMON}twice.jpg"} & left


def test_a_photo_is_sent_when_its_companion_is_there(look: Look, shop: Shop) -> None:
    page = look()
    page.locator("#capability").select_option("picwish/watermark")
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url) if "/api/upload" in request.url else None)
    page.on("response", lambda answer: sent.append("answer") if "/api/upload" in answer.url else None)
    drop(page, ("a.jpg", photo()), ("a.jpg.mask.png", photo("PNG")))
    page.get_by_text("1 photo").wait_for()
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("Uploaded 2").wait_for()
    assert "mask.png" in sent[0]
    assert sent[1] == "answer"


def test_what_is_rejected_says_what_to_do(look: Look, shop: Shop) -> None:
    served(shop, "notes.txt", b"no picture")
    page = look()
    page.locator("#filters").get_by_text("Rejected").click()
    card(page, "notes.txt").locator(".open").click()
    assert "save it as JPEG or PNG" in page.locator("#detail .message").inner_text()


def test_a_blocked_capability_is_told_on_top_until_it_is_mended(look: Look, shop: Shop) -> None:
    page = look()
    page.click("#box summary")
    fault = page.get_by_label("VIAPI says that nothing was bought")
    fault.check()
    shop.upload(f"{COMMON}blocked.jpg", photo(of="rocket"))
    stage(page, "blocked.jpg", "blocked")
    page.locator("#notices").get_by_text("general/common").wait_for()
    fault.uncheck()
    stage(page, "blocked.jpg", "done")
    page.locator("#notices").wait_for(state="hidden")


def test_a_photo_is_redone_for_a_price_that_is_said_first(look: Look, shop: Shop) -> None:
    key = served(shop, "again.jpg")
    before = shop.billed(key)
    page = look()
    card(page, "again.jpg").locator(".open").click()
    page.locator("#detail").get_by_role("button", name="Redo").click()
    question = page.locator("#question")
    question.get_by_text("Serve 1 photo once more?").wait_for()
    assert shop.billed(key) == before
    question.get_by_role("button", name="Redo").click()
    wait_for(lambda: shop.billed(key) == before + 1, "another call")


def test_photos_are_forgotten_after_a_question(look: Look, shop: Shop) -> None:
    key = served(shop, "secret.jpg", photo(of="astronaut"))
    page = look()
    card(page, "secret.jpg").get_by_role("checkbox").check()
    page.locator("#selection").get_by_role("button", name="Forget").click()
    page.locator("#question").get_by_role("button", name="Cancel").click()
    assert shop.bucket.etag(key)
    page.locator("#selection").get_by_role("button", name="Forget").click()
    page.locator("#question").get_by_role("button", name="Forget").click()
    card(page, "secret.jpg").wait_for(state="detached")
    assert not shop.bucket.etag(key)
    assert not shop.bucket.etag(Upload(key).receipt_key)


def test_what_is_not_shown_any_more_is_not_selected_either(look: Look, shop: Shop) -> None:
    served(shop, "selected.jpg")
    page = look()
    card(page, "selected.jpg").get_by_role("checkbox").check()
    page.locator("#selection").get_by_text("1 selected").wait_for()
    page.locator("#filters").get_by_text("Failed").click()
    page.locator("#selection").wait_for(state="hidden")


def test_many_are_downloaded(look: Look, shop: Shop) -> None:
    served(shop, "zipped.jpg")
    page = look()
    card(page, "zipped.jpg").get_by_role("checkbox").check()
    for what, names in (
        ("cutouts", ["cutouts/general/common/zipped.jpg.png"]),
        ("listing pictures", []),
    ):
        page.get_by_label("What is downloaded").select_option(what)
        with page.expect_download() as found:
            page.locator("#selection").get_by_role("button", name="Download").click()
        assert re.fullmatch(r"shop-photos-\d{8}-\d{6}\.zip", found.value.suggested_filename)
        with zipfile.ZipFile(found.value.path()) as archive:
            assert archive.namelist() == names


def test_photos_of_one_capability_and_of_the_last_days_are_shown(look: Look, shop: Shop) -> None:
    shop.wait(shop.upload("uploads/goods/commodity/shoe.jpg", photo()))
    served(shop, "other.jpg")
    forged(shop, ["long ago.jpg"], finished_at=datetime(2026, 1, 1, tzinfo=timezone.utc))
    page = look()
    page.fill("#search", ".jpg")
    for name in ("shoe.jpg", "other.jpg", "long ago.jpg"):
        card(page, name).wait_for()
    page.select_option("#since", label="Last 30 days")
    card(page, "long ago.jpg").wait_for(state="detached")
    page.select_option("#of-capability", "goods/commodity")
    card(page, "other.jpg").wait_for(state="detached")
    served(shop, "just now.jpg")
    shop.wait(shop.upload("uploads/goods/commodity/shoe 2.jpg", photo()))
    stage(page, "shoe 2.jpg", "done")
    assert not card(page, "just now.jpg").count()


def test_everything_is_done_with_the_keyboard_alone(look: Look, shop: Shop) -> None:
    for name in ("key 1.jpg", "key 2.jpg"):
        served(shop, name)
    page = look()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the photos"
    with page.expect_response(lambda answer: "q=key" in answer.url):
        page.keyboard.press("/")
        page.keyboard.type("key ")
    newest, older = (card(page, name).locator(".open") for name in ("key 2.jpg", "key 1.jpg"))
    page.locator("#photos").focus()
    page.keyboard.press("ArrowRight")
    has_focus(newest)
    page.keyboard.press("ArrowRight")
    has_focus(older)
    page.keyboard.press("x")
    page.locator("#selection").get_by_text("1 selected").wait_for()
    page.keyboard.press("Enter")
    page.locator("#detail").wait_for()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#detail-title").inner_text() == "key 2.jpg"
    page.keyboard.press("Escape")
    has_focus(newest)
    page.keyboard.press("?")
    page.locator("#help").get_by_text("from photo to photo").wait_for()
    page.keyboard.press("Escape")


def test_what_happens_while_the_list_is_read_is_shown(look: Look, shop: Shop) -> None:
    page = look()
    asked: list[Route] = []

    def hold(request: Route) -> None:
        request.continue_() if asked else asked.append(request)

    page.route(A_PAGE, hold)
    page.locator("#filters").get_by_text("All").click()
    until(lambda: asked, lambda: page.wait_for_timeout(50), 200)
    before = asked[0].fetch()
    served(shop, "meanwhile.jpg")
    stage(page, "meanwhile.jpg", "done")
    with page.expect_response(A_PAGE):
        asked[0].fulfill(response=before)
    page.wait_for_timeout(500)
    assert card(page, "meanwhile.jpg").is_visible()


def test_it_speaks_chinese(look: Look, shop: Shop) -> None:
    served(shop, "中文.jpg")
    page = look(chinese=True)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    card(page, "中文.jpg").get_by_text("成功").wait_for()
    shown = page.inner_text("main")
    for word in ("Drop", "Upload", "Search", "Photos", "Newest", "Done"):
        assert word not in shown
    page.reload()
    page.get_by_text("将照片或文件夹拖到此处").wait_for()


def test_it_is_light_or_dark_as_somebody_chooses(look: Look) -> None:
    page = look(dark=True)
    ground = "page => getComputedStyle(page).backgroundColor"
    light, dark = "rgb(245, 244, 241)", "rgb(22, 22, 21)"
    assert page.locator("body").evaluate(ground) == dark, "as the system has it"
    for expected in (light, dark, dark):
        page.click("#theme")
        assert page.locator("body").evaluate(ground) == expected


def test_it_fits_on_a_phone(look: Look, shop: Shop) -> None:
    served(shop, f"{'long' * 40}.jpg")
    page = look(width=390, dark=True)
    page.locator(".card").first.wait_for()
    assert page.locator("html").evaluate("page => page.scrollWidth") <= 390
    page.locator(".card .open").first.click()
    page.locator("#detail img").first.wait_for()
    assert page.locator("#detail").evaluate("box => box.scrollWidth - box.clientWidth") <= 0


# ---------------------------------------------------------------- strangers


def test_nothing_runs_that_a_stranger_has_put_there(look: Look, shop: Shop) -> None:
    for name, body in (
        (MARKUP, b"<script>alert(1)</script>"),
        ("page.png", b"<!doctype html><script>alert(1)</script>"),
        ("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'),
    ):
        forged(shop, [name], body, status="rejected", message=MARKUP, message_zh=MARKUP)
    page = look()
    for name in (MARKUP.rpartition("/")[2], "page.png", "drawing.png"):
        with page.expect_response(A_PAGE):  # which draws the cards again: a click before that is lost
            page.fill("#search", name)
        card(page, name).locator(".open").click()
        page.locator("#detail .message", has_text="alert(1)").wait_for()
        page.locator("#detail .instead").first.wait_for()
        page.keyboard.press("Escape")
    assert page.locator("script").count() == 1, "its own"


def test_a_page_of_another_site_can_do_nothing(browser: Browser, shop: Shop, running: Desk) -> None:
    key = served(shop, "kept.jpg")
    page = browser.new_page()
    page.goto(running.address)
    page.locator("#status:not(:empty)").wait_for()
    desk = page.url.rstrip("/")

    def evil(environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        field = f"""<input name='{{"sources":["{key}"],"confirm":true,"x":"' value='"}}'>"""
        return [f'<form method="post" enctype="text/plain" action="{desk}/api/forget">{field}</form>'.encode()]

    site = Server(evil)
    try:
        page.goto(site.url)
        with page.expect_navigation():
            page.locator("form").evaluate("form => form.submit()")
        assert "Forbidden" in page.content()
        read = "url => fetch(url, {credentials: 'include'}).then(() => 'read', () => 'refused')"
        page.goto(site.url)
        assert page.evaluate(read, f"{desk}/api/photos") == "refused"
    finally:
        site.stop()
        page.close()
    assert shop.bucket.etag(key)


# ---------------------------------------------------------------- accessibility


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("chinese", [False, True], ids=["english", "chinese"])
def test_there_is_no_serious_barrier(look: Look, shop: Shop, *, dark: bool, chinese: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    served(shop, "axe.jpg", photo(size=(1800, 1500)))
    page = look(dark=dark, chinese=chinese)
    page.locator(".card").first.wait_for()

    def check(state: str) -> None:
        found = Axe().run(page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert not serious, f"{state}: {[(each['id'], [node['html'] for node in each['nodes']]) for each in serious]}"

    check("the list")
    page.click("#listings-box summary")
    page.click("#box summary")
    page.locator("#box-content label").first.wait_for()
    page.get_by_role("checkbox").last.check()
    check("everything open")
    page.locator(".card .open").first.click()
    page.locator("#detail img").first.wait_for()
    check("a photo")
    page.locator("[data-tool=full]").click()
    wait_for(lambda: page.locator(".full").evaluate("box => box.scrollWidth > box.clientWidth"), "a large picture")
    check("a photo at 100 %")
    page.locator("#detail .danger").click()
    page.locator("#question button").first.wait_for()
    check("a question")
