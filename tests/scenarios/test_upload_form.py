"""The upload form of docs/upload-form.md: what its page sends, what its policy allows, and a browser that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import oss2
import pytest
import requests

from tests.cloud.oss_world import refusal, web_refusal
from tests.scenarios import webshops
from tests.scenarios.shop import photo, wait_for
from tests.scenarios.webshops import EXAMPLES, PREFIX, Webshop, named

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

webshop = webshops.webshop
PHOTO = photo(size=(180, 120))


class Fields(HTMLParser):
    """The names and types of a page's inputs, in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input":
            self.found.append((str(given["name"]), str(given["type"])))


def post(
    webshop: Webshop, name: str, body: bytes = PHOTO, content_type: str = "image/jpeg", changes: Mapping[str, str] = {}
) -> Any:
    """Fills the page's form as its script does, and posts its fields in their order: the key, and the answer."""
    form = webshop.policy()
    values = form["fields"] | {"x-oss-content-type": content_type}
    values["key"] += name
    fields = Fields(requests.get(webshop.url, timeout=5).text).found
    assert fields[-1] == ("file", "file"), "OSS reads nothing behind the file"
    assert {*values} == {name for name, _ in fields[:-1]}, "the form has all that was signed"
    values = {name: values[name] for name, _ in fields[:-1]} | dict(changes)
    parts: list[Any] = [
        *((name, (None, value)) for name, value in values.items()),
        ("file", (name, body, content_type)),
    ]
    answer = requests.post(form["url"], files=parts, headers={"Origin": webshop.url}, timeout=5)
    return values["key"], answer


def test_a_photo_that_the_form_uploads_is_told_of_as_done(webshop: Webshop) -> None:
    key, answer = post(webshop, "红 鞋+1.jpg")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, webshop.url)
    told = wait_for(lambda: webshop.told(key), "the shop to be told")
    assert (told["source"], told["status"], told["message"]) == (key, "done", "")
    assert all(webshop.shop.bucket.etag(output["key"]) for output in told["outputs"])


def test_what_is_no_picture_is_told_of_with_a_message_for_who_uploaded_it(webshop: Webshop) -> None:
    key, answer = post(webshop, "shoe.jpg", b"no picture")
    assert answer.status_code == 200
    told = wait_for(lambda: webshop.told(key), "the shop to be told")
    assert (told["status"], told["code"]) == ("rejected", "NotAnImage")
    assert told["message"]


@pytest.mark.parametrize(
    ("body", "content_type", "changes"),
    [
        (PHOTO, "image/jpeg", {"key": "uploads/goods/commodity/web/of-another/a.jpg"}),
        (PHOTO, "image/jpeg", {"success_action_status": "201"}),
        (b"", "image/jpeg", {}),
        (b"x" * 20_000_001, "image/jpeg", {}),
        (PHOTO, "text/html", {}),
        (PHOTO, "image/jpeg", {"x-oss-content-type": "text/html"}),
        (PHOTO, "image/jpeg", {"x-oss-object-acl": "public-read"}),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(
    webshop: Webshop, body: bytes, content_type: str, changes: dict[str, str]
) -> None:
    key, answer = post(webshop, "a.jpg", body, content_type, changes)
    assert web_refusal(answer) == (403, "AccessDenied")
    assert not webshop.shop.bucket.etag(key)


def test_a_policy_is_good_for_ten_minutes(webshop: Webshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (named(webshop.key) | {"OSS_BUCKET": webshop.cloud.bucket}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    signed_form = __import__("policy").signed_form
    for minutes, status in ((9, 200), (11, 403)):
        fields = signed_form(datetime.now(timezone.utc) - timedelta(minutes=minutes))
        fields |= {"key": f"{fields['key']}a.jpg", "x-oss-content-type": "image/jpeg"}
        files = {"file": ("a.jpg", PHOTO, "image/jpeg")}
        assert requests.post(webshop.policy()["url"], data=fields, files=files, timeout=5).status_code == status


def test_the_key_that_signs_may_put_photos_there_and_nothing_else(webshop: Webshop) -> None:
    provider = oss2.credentials.StaticCredentialsProvider(*vars(webshop.key).values())
    bucket = oss2.Bucket(
        oss2.ProviderAuthV4(provider), webshop.cloud.oss.url, webshop.cloud.bucket, region="cn-shanghai"
    )
    key = f"{PREFIX}mine.jpg"
    assert bucket.put_object(key, PHOTO).status == 200
    for refused in (
        lambda: bucket.get_object(key),
        lambda: bucket.delete_object(key),
        lambda: bucket.put_object("uploads/goods/commodity/a.jpg", PHOTO),
        bucket.list_objects_v2,
    ):
        assert refusal(refused) == (403, "AccessDenied")
    webshop.cloud.accounts.refused.clear()


def test_another_sites_page_cannot_read_the_answer(webshop: Webshop) -> None:
    form = webshop.policy()
    answer = requests.post(form["url"], headers={"Origin": "https://elsewhere.example"}, timeout=5)
    assert "access-control-allow-origin" not in answer.headers


def test_a_person_uploads_a_photo_in_a_browser_and_reads_what_became_of_it(
    webshop: Webshop, browser: Browser, tmp_path: Path
) -> None:
    for name in ("红鞋.jpg", "_MG_1234.JPG"):
        (tmp_path / name).write_bytes(PHOTO)
    (tmp_path / "notes.txt").write_bytes(b"no picture")
    page = browser.new_page()
    page.goto(webshop.url)
    for name, said in (
        ("红鞋.jpg", "The cutout is ready."),
        ("notes.txt", "The photo was not uploaded: Invalid"),
        ("_MG_1234.JPG", "The cutout is ready."),
    ):
        page.set_input_files("[type=file]", tmp_path / name)
        page.locator("form").evaluate("form => form.requestSubmit()")
        page.get_by_role("status").filter(has_text=said).wait_for(timeout=60_000)
    page.close()


@pytest.mark.parametrize("is_lost", [False, True], ids=["no receipt", "no connection"])
def test_a_page_that_hears_nothing_says_so_in_the_end(browser: Browser, is_lost: bool) -> None:
    page = browser.new_page()
    page.clock.install()

    def answer(route: Route) -> None:
        asked = route.request
        if asked.url.endswith("/policy"):
            route.fulfill(json={"url": "http://shop.test/", "fields": {"key": f"{PREFIX}folder/"}})
        elif "/photo" not in asked.url:
            body = (EXAMPLES / "upload.html").read_text("utf-8") if asked.method == "GET" else ""
            route.fulfill(body=body, content_type="text/html; charset=utf-8")
        elif is_lost:
            route.abort()
        else:
            route.fulfill(status=404)

    page.route("http://shop.test/**", answer)
    page.goto("http://shop.test/")
    page.set_input_files("[type=file]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": PHOTO})
    page.locator("form").evaluate("form => form.requestSubmit()")
    status = page.get_by_role("status")
    status.filter(has_text="The cutout is being made").wait_for()
    page.clock.fast_forward(11 * 60 * 1000)
    status.filter(has_text="The photo was uploaded. The cutout takes longer").wait_for()
    page.close()
