"""Hostile servers: what vendors and the hosts of results do to a connection, over real sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.pictures import picture
from tests.reliability.hostile_sockets import Serve, attempt, drips, pours, says, serving, silent
from tests.unit.fakes import ScriptedWeb

OK = b"HTTP/1.1 200 OK\r\n"
UNTIL_IT_CLOSES = OK + b"Connection: close\r\n\r\n"


@dataclass(frozen=True)
class Server:
    """`codes` are those of the receipt or the job, any of which is right. `vendor`: it answers the call; else it serves
    the result."""

    name: str
    codes: tuple[str, ...]
    serve: Serve
    vendor: bool = False


@dataclass(frozen=True)
class Link:
    """Where a vendor says its result lies."""

    url: str
    code: str


def redirects(to: str) -> Serve:
    return says(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())


PNG = picture(form="PNG")
METADATA = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
BOMB = b"\x1f\x8b\x08" + bytes(1_000)

VENDORS = (
    Server("10 GB", ("ReplyTooLarge",), pours(UNTIL_IT_CLOSES), vendor=True),
    Server("10 GB, so it says", ("ReplyTooLarge",), pours(OK + b"Content-Length: 10000000000\r\n\r\n"), vendor=True),
    Server("a byte now and then", ("ReplyTooSlow",), drips(UNTIL_IT_CLOSES), vendor=True),
    Server("a head that drips", ("NoAnswer",), drips(OK + b"X: "), vendor=True),
    Server("a head without an end", ("NoAnswer",), pours(OK + b"X: "), vendor=True),
    Server("headers without an end", ("NoAnswer",), drips(OK, b"X: 1\r\n" * 1_000, 0), vendor=True),
    Server("that it is at it", ("NoAnswer",), drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.01), vendor=True),
    Server("nothing", ("NoAnswer",), silent, vendor=True),
    Server("no HTTP", ("NoAnswer",), says(b"SSH-2.0-OpenSSH\r\n"), vendor=True),
    Server(
        "chunks of a byte",
        ("ReplyTooSlow",),
        drips(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        vendor=True,
    ),
    Server(
        "a chunk of any length",
        ("NoAnswer",),
        says(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 99),
        vendor=True,
    ),
    Server("two lengths", ("NoAnswer",), says(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), vendor=True),
    Server("a length below nothing", ("NoAnswer",), says(OK + b"Content-Length: -1\r\n\r\n{}"), vendor=True),
    Server(
        "what unfolds",
        ("HTTP200",),
        says(OK + b"Content-Encoding: gzip\r\nContent-Length: 1003\r\n\r\n" + BOMB),
        vendor=True,
    ),
    Server("a way into the machine", ("HTTP302",), redirects(METADATA), vendor=True),
)

RESULTS = (
    Server("10 GB", ("ResultTooLarge", "ResultTooSlow"), pours(UNTIL_IT_CLOSES + PNG)),
    Server("10 GB that are no picture", ("ResultNotAnImage",), pours(UNTIL_IT_CLOSES)),
    Server("a byte now and then", ("ResultTooSlow",), drips(UNTIL_IT_CLOSES + PNG[:20])),
    Server("a byte of its beginning now and then", ("ResultTooSlow",), drips(UNTIL_IT_CLOSES)),
    Server("a head that drips", ("ResultBroken",), drips(OK + b"X: ")),
    Server("nothing", ("ResultBroken",), silent),
    Server("half of it", ("ResultBroken",), says(OK + b"Content-Length: 100000\r\n\r\n" + PNG)),
    Server(
        "HTML as image/png",
        ("ResultNotAnImage",),
        says(OK + b"Content-Type: image/png\r\nConnection: close\r\n\r\n<html>"),
    ),
    Server("an SVG", ("ResultNotAnImage",), says(UNTIL_IT_CLOSES + b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
    Server("a way into the machine", ("ResultRefused",), redirects(METADATA)),
    Server("a way to a file", ("ResultRefused",), redirects("file:///etc/passwd")),
    Server("a way back to itself", ("ResultRefused",), redirects("/")),
    Server(
        "a part of it", ("ResultRefused",), says(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 8\r\n\r\n" + PNG[:8])
    ),
)

LINKS = (
    *(
        Link(f"http://{host}/a.png", "ResultHost")
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]", "0", "2130706433", "0x7f000001", "10.0.0.1")
    ),
    Link("http://169.254.169.254/latest/meta-data", "ResultHost"),
    Link(METADATA, "ResultHost"),
    Link("http://x.oss-cn-shanghai.aliyuncs.com@127.0.0.1/a.png", "ResultHost"),
    Link("http://127.0.0.1#.oss-cn-shanghai.aliyuncs.com", "ResultHost"),
    Link("file:///etc/passwd", "ResultLink"),
    Link("gopher://127.0.0.1/_", "ResultLink"),
    Link("//127.0.0.1/a.png", "ResultLink"),
    Link("http://[::1", "ResultLink"),
    Link("http://127.0.0.1:99999/", "ResultHost"),
    Link("data:text/html,<script>", "ResultNotAnImage"),
    Link("data:", "ResultNotAnImage"),
)


def try_server(server: Server) -> None:
    """Asserts that what must come of it does, in time."""
    with serving(server.serve) as address:
        scripted = None if server.vendor else result_at(f"http://{address}/a.png")
        attempt(server.codes, address, scripted, hosts=frozenset({"127.0.0.1"}))


def try_link(link: Link) -> None:
    """Asserts that what must come of it does, and that nobody is connected to."""
    attempt((link.code,), "127.0.0.1:9", result_at(link.url), hosts=frozenset())


def result_at(url: str) -> ScriptedWeb:
    web = ScriptedWeb()
    web.always = (200, json.dumps({"RequestId": "R-1", "Data": {"ImageURL": url}}))
    return web
