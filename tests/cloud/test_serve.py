"""The server under the stand-ins, spoken to by hand: what one request leaves behind is not the next one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from tests.cloud.serve import Server

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
APP = Callable[[Any, Any], Iterable[bytes]]


def echo(environ: Any, start: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def deaf(environ: Any, start: Any) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", "4")])
    return [b"deaf"]


@contextmanager
def spoken_to(app: APP) -> Iterator[tuple[socket.socket, IO[bytes]]]:
    server = Server(app)
    try:
        host, _, port = server.host.partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection, connection.makefile("rb") as heard:
            yield connection, heard
    finally:
        server.stop()


def answer(heard: IO[bytes]) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers, and a body as long as they say."""
    status = heard.readline().decode().strip()
    headers = dict(line.decode().strip().split(": ", 1) for line in iter(heard.readline, b"\r\n"))
    return status, headers, heard.read(int(headers.get("Content-Length", 0)))


@pytest.mark.parametrize("app", [echo, deaf])
@pytest.mark.parametrize(
    "asked",
    [
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndeaf",
        b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n2\r\naf\r\n0\r\n\r\n",
    ],
    ids=["length", "chunked"],
)
def test_a_connection_is_kept_whether_a_body_was_read_or_not(app: APP, asked: bytes) -> None:
    with spoken_to(app) as (connection, heard):
        for _ in range(3):
            connection.sendall(asked)
            assert answer(heard)[2] == b"deaf"


def test_who_waits_to_be_told_to_go_on_is_told_before_the_body_comes() -> None:
    with spoken_to(echo) as (connection, heard):
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert heard.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert heard.readline() == b"\r\n"
        connection.sendall(b"here")
        assert answer(heard)[2] == b"here"


@pytest.mark.parametrize("asked", [GET.replace(b"x\r\n", b"x\r\nConnection: close\r\n"), b"GET / HTTP/1.0\r\n\r\n"])
def test_who_wants_the_connection_closed_has_it_closed(asked: bytes) -> None:
    with spoken_to(deaf) as (connection, heard):
        connection.sendall(asked)
        assert answer(heard)[1]["Connection"] == "close"
        assert heard.read() == b""


def test_an_answer_of_unknown_length_ends_with_its_connection() -> None:
    def endless(environ: Any, start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return iter([b"so ", b"it ends"])

    with spoken_to(endless) as (connection, heard):
        connection.sendall(GET)
        assert answer(heard)[1]["Connection"] == "close"
        assert heard.read() == b"so it ends"


def test_what_is_not_modified_has_no_length() -> None:
    def fresh(environ: Any, start: Any) -> Iterable[bytes]:
        start("304 Not Modified", [])
        return [b""]

    with spoken_to(fresh) as (connection, heard):
        for _ in range(2):
            connection.sendall(GET)
            status, headers, _ = answer(heard)
            assert status == "HTTP/1.1 304 Not Modified"
            assert "Content-Length" not in headers


def test_an_application_can_hang_up_before_its_answer_and_in_the_middle_of_it() -> None:
    def rude(environ: Any, start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/":
            raise ConnectionAbortedError
        start("200 OK", [("Content-Length", "8")])
        yield b"half"
        raise ConnectionAbortedError

    for path, left in ((b"/", b""), (b"/half", b"half")):
        with spoken_to(rude) as (connection, heard):
            connection.sendall(GET.replace(b" / ", b" " + path + b" "))
            assert heard.read().rpartition(b"\r\n\r\n")[2] == left


def test_a_bug_in_an_application_is_a_500(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(environ: Any, start: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    with spoken_to(broken) as (connection, heard):
        connection.sendall(GET)
        assert heard.readline() == b"HTTP/1.1 500 Internal Server Error\r\n"
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_it_stops_at_once_however_many_are_connected() -> None:
    server = Server(deaf)
    host, _, port = server.host.partition(":")
    idle = [socket.create_connection((host, int(port)), timeout=5) for _ in range(3)]
    idle[0].sendall(GET)
    assert idle[0].recv(1) == b"H"
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 2
    for each in idle:
        each.close()
