"""Lets only the browser use the desk that was given its address, and no page of another site in that browser.

A page of another site could send requests here, with which the browser may send the cookie; make a host name of its own
resolve to 127.0.0.1 ("DNS rebinding"); or show the desk in a frame. The first two are answered with 403, and `HEADERS`
forbid the third.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.messages.message import Message as Text

_SAFE = ("GET", "HEAD")
_ELSEWHERE = Text("the desk is not at this address", "工作台不在此地址")
_NO_TOKEN = Text("open the address that the desk printed when it began", "请打开工作台启动时显示的地址")
_ANOTHER_SITE = Text("a page of another site sent this", "该请求来自其他网站的页面")
_WELCOME = '<!doctype html><title>oss-cutout</title><link rel="icon" href="icon.svg">'
"""It names an icon, since browsers ask for /favicon.ico otherwise."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without one, a form would send "null" for its origin
    "Cache-Control": "no-store",
}
"""Of every answer that does not say otherwise itself."""


class Guard:
    """Lets `app` answer requests to `hosts`, such as `127.0.0.1:8080`, that come with the cookie, which
    `/?token=<token>` sets. Browsers send a cookie to all ports of a host (RFC 6265, 8.5), so that of each desk has
    the port in its name."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent = _with_headers(send)
        if headers.get("host") not in self._hosts:
            await _refused(_ELSEWHERE)(scope, receive, sent)
        elif self._is_ours(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]):
            await self._welcome(headers)(scope, receive, sent)
        elif _is_of_another_site(scope["method"], headers):
            await _refused(_ANOTHER_SITE)(scope, receive, sent)
        elif not self._is_ours(_cookie(headers)):
            await _refused(_NO_TOKEN)(scope, receive, sent)
        else:
            await self._app(scope, receive, sent)

    def _is_ours(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(errors="replace"), self._token.encode())

    def _welcome(self, headers: Headers) -> Response:
        """Leads to an address without the token. A redirect (303) would not do: of a visit that began in a file, as
        `serve` makes one, a browser sends no strict cookie to where it is redirected."""
        answer = HTMLResponse(_WELCOME, headers={"Refresh": "0; url=/"})
        answer.set_cookie(_cookie_name(headers), self._token, httponly=True, samesite="strict", path="/")
        return answer


def _is_of_another_site(method: str, headers: Headers) -> bool:
    """Whether neither our own page sent the request, nor an address bar."""
    origin = headers.get("origin")
    if origin not in (None, f"http://{headers['host']}") or (origin is None and method not in _SAFE):
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _cookie_name(headers: Headers) -> str:
    return f"desk-{headers['host'].rpartition(':')[2]}"


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(headers))
    except CookieError:
        return ""
    return found.value if found else ""


def _refused(why: Text) -> JSONResponse:
    return JSONResponse({"code": "Forbidden", "message": {"en": why.en, "zh": why.zh}}, 403)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
