"""Nobody gets in but the browser that was given the address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Thread

import httpx
import pytest

from console.desk.desk import Desk
from console.desk.serve import Server, serve

STATUS = "/api/status"


def test_the_address_gives_a_cookie_and_is_forgotten(stranger: httpx.Client, server: Server) -> None:
    answer = stranger.get(server.address)
    assert answer.headers["refresh"] == "0; url=/"
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert stranger.get(STATUS).status_code == 200


@pytest.mark.parametrize("path", ["/", "/index.html", STATUS, "/api/events", "/?token=", "/?token=other", "/?token=é"])
def test_without_the_cookie_there_is_nothing(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == 403
    stranger.cookies.set(f"desk-{stranger.base_url.port}", "other")
    assert stranger.get(path).status_code == 403


def test_two_desks_are_open_in_one_browser(browser: httpx.Client, desk: Desk) -> None:
    del browser.headers["Origin"]
    other = Server(replace(desk))
    thread = Thread(target=other.serve_until_interrupted)
    thread.start()
    try:
        assert browser.get(other.address).status_code == 200
        assert browser.get(STATUS).status_code == 200
        assert browser.get(f"{other.address.partition('/?')[0]}{STATUS}").status_code == 200
    finally:
        other.should_exit = True
        thread.join()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "[::1]:80", ""])
def test_another_name_for_this_machine_is_refused(browser: httpx.Client, host: str) -> None:
    assert browser.get(STATUS, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", STATUS), ("POST", "/api/forget"), ("PUT", "/api/upload")])
def test_what_another_site_sends_is_refused(
    browser: httpx.Client, headers: dict[str, str], method: str, path: str
) -> None:
    assert browser.request(method, path, headers=headers).status_code == 403


def test_a_browser_is_given_the_address_in_a_file_that_no_other_user_can_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, opened = list[str](), list[Path]()

    def open_(address: str) -> None:
        opened.append(Path(address.removeprefix("file://")))
        assert said[0] in opened[0].read_text("utf-8")
        assert opened[0].parent.stat().st_mode & 0o077 == 0

    monkeypatch.setattr("webbrowser.open", open_)
    monkeypatch.setattr(Server, "serve_until_interrupted", lambda _: None)
    serve(desk, 0, said.append, in_browser=True)
    assert not opened[0].exists()


def test_a_change_without_an_origin_is_refused(browser: httpx.Client) -> None:
    del browser.headers["Origin"]
    assert browser.post("/api/forget", json={"sources": ["uploads/general/common/a.jpg"]}).status_code == 403


@pytest.mark.parametrize("path", [STATUS, "/api/nothing", "/nothing"])
def test_every_answer_forbids_what_is_not_needed(browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
