"""A TLS handshake that fails is a vendor that was not reached: nothing was said to it, so nothing was bought."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpcore
import pytest

from shared.cloud.deadlines import _Stream
from shared.cloud.http_client import HttpClient
from shared.cloud.ports import Credentials, Quota, Request
from shared.errors import Misconfigured, NotAccepted, Unavailable
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.vendors.quotas import Quotas
from shared.vendors.viapi import Viapi
from tests.pictures import picture
from tests.unit.cloud import certificates
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON

Speak = Callable[[socket.socket], object]
Serve = Callable[[Speak], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Speaks to every connection as it is told, on the bare socket, as long as the test lasts."""
    with contextlib.ExitStack() as stack:

        def start(speak: Speak) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def one(connection: socket.socket) -> None:
                with connection, contextlib.suppress(OSError):  # ssl's errors are ones
                    speak(connection)

            def run() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        threading.Thread(target=one, args=listener.accept()[:1], daemon=True).start()

            threading.Thread(target=run, daemon=True).start()
            return f"https://127.0.0.1:{listener.getsockname()[1]}/"

        yield start


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that the client trusts, and no other one."""
    certificates.trust(monkeypatch, path := certificates.made(tmp_path / "good.pem"))
    return path


def web(call_seconds: float = 5.0) -> HttpClient:
    return HttpClient(result_hosts=frozenset(), call_seconds=call_seconds, wait_seconds=60.0)


def call(url: str) -> Request:
    return Request("POST", url, Quota("SegmentCommonImage", 1000), form={"ImageURL": "https://x/?Signature=hidden"})


def says(answer: bytes) -> Speak:
    def speak(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)
        connection.recv(65_536)

    return speak


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def secured(context: ssl.SSLContext) -> Speak:
    """Shakes hands, then reads and never answers."""

    def speak(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as stream:
            while stream.recv(65_536):
                pass

    return speak


FAILING: dict[str, Speak] = {
    "hangs up at once": lambda connection: None,
    "hangs up on the client's hello": lambda connection: connection.recv(65_536),
    "resets": resets,
    "sends garbage": says(b"garbage" * 100),
    "speaks plain HTTP": says(b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n"),
    "sends an alert": says(b"\x15\x03\x03\x00\x02\x02\x28"),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_handshake_that_fails_is_a_vendor_that_was_not_reached(kind: str, serve: Serve, good: Path) -> None:
    with pytest.raises(NotAccepted, match="was not reached") as raised:
        web().send(call(serve(FAILING[kind])))
    assert raised.value.code == "VendorUnreachable"
    assert "hidden" not in raised.value.message


def test_a_handshake_that_hangs_is_given_up_in_time(serve: Serve, good: Path) -> None:
    url, began = serve(lambda connection: time.sleep(30)), time.monotonic()
    with pytest.raises(NotAccepted, match="was not reached"):
        web(call_seconds=0.5).send(call(url))
    assert time.monotonic() - began < 3


def test_a_client_that_is_refused_after_its_request_was_sent_was_not_heard(serve: Serve, good: Path) -> None:
    """With TLS 1.3 the client's part of the handshake is over before the server has looked at its certificate."""
    context = certificates.served(good)
    context.minimum_version, context.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED
    with pytest.raises(NotAccepted, match="certificate required"):
        web().send(call(serve(secured(context))))


def test_who_hangs_up_after_the_handshake_may_have_billed_the_call(serve: Serve, good: Path) -> None:
    context = certificates.served(good)

    def speak(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(65_536)

    with pytest.raises(Unavailable) as raised:
        web().send(call(serve(speak)))
    assert (type(raised.value), raised.value.code) == (Unavailable, "NoAnswer")


@pytest.mark.parametrize(
    ("kind", "reason"), [("stranger", "self-signed"), ("other", "mismatch"), ("expired", "expired")]
)
def test_a_certificate_that_is_not_to_be_trusted_is_named_to_the_operator(
    kind: str, reason: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        "stranger": certificates.made(tmp_path / "stranger.pem"),
        "other": certificates.made(tmp_path / "other.pem", address="127.0.0.2"),
        "expired": certificates.made(tmp_path / "expired.pem", hours=-1),
    }
    certificates.trust(monkeypatch, made["other"], made["expired"])
    with pytest.raises(Misconfigured, match="check the vendor's address in the settings") as raised:
        web().send(call(serve(secured(certificates.served(made[kind])))))
    assert raised.value.code == "VendorCertificate"
    assert reason in raised.value.message


@pytest.mark.parametrize(("trusted", "stage"), [(True, "waiting"), (False, "blocked")])
def test_no_call_is_counted_when_the_handshake_failed(
    trusted: bool, stage: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other = certificates.made(tmp_path / "good.pem"), certificates.made(tmp_path / "other.pem")
    certificates.trust(monkeypatch, good if trusted else other)
    context = certificates.served(good)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED  # which our client cannot show
    shop = Shop()
    shop.providers["viapi"] = Viapi(serve(secured(context)), Credentials("EXAMPLE-id", "EXAMPLE-secret"), Quotas(2))
    line = shop.compose(web(), JobStore(shop.bucket, shop.clock, timedelta(minutes=2)))
    shop.meet(line).dispatch(Upload(COMMON), shop.bucket.put(COMMON, picture()))
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage.name, job.attempts) == (stage, 0)


class Reads(httpcore.NetworkStream):
    """Gives what it is told to, piece by piece, and then an alert."""

    def __init__(self, *pieces: bytes, alert: str) -> None:
        self.pieces, self.alert = list(pieces), ssl.SSLError(1, alert)
        self.alert.reason = alert

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        raise httpcore.ReadError(self.alert.reason) from self.alert


@pytest.mark.parametrize(
    ("pieces", "alert", "heard"),
    [
        ((), "TLSV13_ALERT_CERTIFICATE_REQUIRED", httpcore.ConnectError),
        ((), "TLSV1_ALERT_ACCESS_DENIED", httpcore.ConnectError),
        ((), "TLSV1_ALERT_INTERNAL_ERROR", httpcore.ReadError),  # a server may fail over a call that it has heard
        ((b"HTTP",), "TLSV13_ALERT_CERTIFICATE_REQUIRED", httpcore.ReadError),
    ],
)
def test_only_an_alert_of_the_handshakes_and_before_any_answer_means_that_nothing_was_heard(
    pieces: tuple[bytes, ...], alert: str, heard: type[Exception]
) -> None:
    stream = _Stream(Reads(*pieces, alert=alert))
    for piece in pieces:
        assert stream.read(100) == piece
    with pytest.raises(heard):
        stream.read(100)
