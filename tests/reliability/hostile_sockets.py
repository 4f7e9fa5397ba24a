"""A line whose vendor, or the host of its results, is a server of this machine that does what it likes."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from shared.cloud.http_client import HttpClient
from shared.cloud.ports import Credentials
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pictures.sniff import Download
from shared.vendors.quotas import Quotas
from shared.vendors.viapi import Viapi
from tests.reliability.hostile import ANY, bounded, ended, photo
from tests.reliability.leaks import watched
from tests.unit.fakes import MemoryBucket, ScriptedWeb, Shop

CALL_SECONDS, FETCH_SECONDS = 0.5, 0.5
"""Production has 40 and 60."""
PATIENCE = 5.0
"""Seconds for any one of them, connecting and all."""

Serve = Callable[[socket.socket], None]


def sent(*pieces: bytes, connection: socket.socket) -> None:
    for piece in pieces:
        connection.sendall(piece)


def endless(first: bytes, piece: bytes, pause: float, connection: socket.socket) -> None:
    """At most for ten seconds."""
    connection.sendall(first)
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        connection.sendall(piece)
        time.sleep(pause)


def says(*pieces: bytes) -> Serve:
    return lambda connection: sent(*pieces, connection=connection)


def drips(first: bytes, piece: bytes = b"a", pause: float = 0.05) -> Serve:
    return partial(endless, first, piece, pause)


def pours(first: bytes) -> Serve:
    return partial(endless, first, bytes(1 << 20), 0)


def silent(connection: socket.socket) -> None:
    connection.recv(1)


class Sink(MemoryBucket):
    """As OSS, it takes a picture without holding it in memory."""

    def store(self, key: str, download: Download, *, inputs_etag: str) -> int:
        size = sum(map(len, download.chunks))
        self.put(key, b"")
        return size


def heard(connection: socket.socket) -> None:
    """The whole request: what is left unread when a connection is closed resets it, and its answer is lost."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65_536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65_536)


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """The address of a server that serves one connection so, once it has heard the request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def run() -> None:
            with contextlib.suppress(OSError):  # the client leaves as soon as it has had enough, or never comes
                connection, _ = listener.accept()
                with connection:
                    heard(connection)
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield "{}:{}".format(*listener.getsockname())
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the connection is still open"


def attempt(codes: tuple[str, ...], address: str, scripted: ScriptedWeb | None, *, hosts: frozenset[str]) -> None:
    """Uploads a photo for a vendor at `address`, or for one whose answers are `scripted`."""
    web = HttpClient(result_hosts=hosts, call_seconds=CALL_SECONDS, wait_seconds=1)
    if scripted:
        web.send = scripted.send  # type: ignore[method-assign] # what is fetched comes over the network all the same
    shop = Shop()
    shop.bucket = Sink(shop.clock)
    shop.providers["viapi"] = Viapi(f"http://{address}", Credentials("EXAMPLE-id", "EXAMPLE-secret"), Quotas(100))
    line = shop.compose(web, JobStore(shop.bucket, shop.clock, timedelta(seconds=132)))
    line.results.fetch_seconds = FETCH_SECONDS
    etag, began = shop.bucket.put(ANY, photo()), time.monotonic()
    with watched() as watch, bounded():
        shop.meet(line).dispatch(Upload(ANY), etag)
    assert time.monotonic() - began < PATIENCE
    assert not watch.leaked
    ended(shop, ANY, codes)
