"""What oss2 sends its requests with."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import oss2
import pytest
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.oss_errors import Unforeseen
from shared.cloud.oss_session import Session, connections
from shared.cloud.ports import Credentials
from shared.cloud.tls import trusted
from shared.errors import CutoutError
from shared.pictures.sniff import Download

ANSWER = b"HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n%s\r\n%s"


def is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return length is None or len(body) == int(length[1])


class Kept:
    """A server that answers with `answers` in turn, on connections that it keeps; `requests` is what came, whole.

    Where the answer is None it closes the connection in its place.
    """

    def __init__(self) -> None:
        self.thinks = 0.0
        """Seconds before each answer."""
        self.answers: list[bytes | None] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                with connection, suppress(OSError):  # the client may have gone
                    while request := connection.recv(65_536):
                        while not is_whole(request):
                            request += connection.recv(65_536)
                        self.requests.append(request)
                        time.sleep(self.thinks)
                        if (answer := self.answers.pop(0)) is None:
                            break
                        connection.sendall(answer)


@pytest.fixture
def server() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


def replied(body: bytes = b"", status: int = 200, headers: bytes = b"") -> bytes:
    return ANSWER % (status, len(body), headers, body)


def bucket(server: Kept, again: Retry | None = None) -> oss2.Bucket:
    auth = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider("LTAI-EXAMPLE", "an-example"))
    session = Session(connections(4), again or Retry(0), OssClock())
    return oss2.Bucket(auth, server.url, "shop-photos", session=session, region="cn-shanghai", connect_timeout=(2, 2))


def test_one_connection_serves_request_after_request_also_after_a_refusal(server: Kept) -> None:
    refused = replied(b"<Error><Code>NoSuchKey</Code></Error>", 404)
    server.answers += [replied(), refused, replied(b"a photo"), replied(status=204)]
    shop = bucket(server)
    shop.put_object("a.jpg", b"a photo")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        shop.get_object("b.jpg")
    assert shop.get_object("a.jpg").read() == b"a photo"
    shop.delete_object("a.jpg")
    assert (server.connections, len(server.requests)) == (1, 4)


def test_all_sessions_share_their_connections_and_each_tries_again_as_it_may(server: Kept) -> None:
    pools = connections(4)
    again = Retry(total=1, status_forcelist=(500,), allowed_methods=None, raise_on_status=False)
    one, other = (Session(pools, each, OssClock()) for each in (again, Retry(0)))
    server.answers += [replied(status=500), replied(b"found"), replied(status=500)]
    request = oss2.http.Request("GET", f"{server.url}/a.jpg")
    assert one.do_request(request, (2, 2)).read() == b"found"
    assert other.do_request(request, (2, 2)).status == 500
    assert (server.connections, len(server.requests)) == (1, 3)


def test_a_name_goes_out_as_it_was_signed(server: Kept) -> None:
    server.answers += [replied()]
    bucket(server).put_object("a/../红 b+%.jpg", b"")
    line = server.requests[0].partition(b"\r\n")[0]
    assert line == b"PUT /shop-photos/a%2F..%2F%E7%BA%A2%20b%2B%25.jpg HTTP/1.1"


def test_a_stream_goes_out_in_chunks_and_a_document_with_its_length(server: Kept) -> None:
    server.answers += [replied(), replied()]
    shop = bucket(server)
    shop.put_object("a.png", iter([b"one", b"two"]))
    shop.enable_crc = False
    shop.put_object("a.json", b"{}")
    stream, document = server.requests
    assert stream.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert b"Content-Length: 2\r\n" in document


def test_what_lies_compressed_is_read_as_what_it_is(server: Kept) -> None:
    server.answers += [replied(gzip.compress(b"{}"), headers=b"Content-Encoding: gzip\r\n")]
    assert bucket(server).get_object("a.json").read() == b"{}"


def test_nobody_is_asked_who_the_answer_sends_us_to(server: Kept) -> None:
    server.answers += [replied(status=302, headers=b"Location: http://127.0.0.1:9/\r\n")]
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket(server).get_object("a.jpg")
    assert raised.value.status == 302


def test_no_proxy_of_the_environment_is_asked(server: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.answers += [replied(b"found")]
    assert bucket(server).get_object("a.jpg").read() == b"found"


def test_the_certificates_are_read_once() -> None:
    assert trusted() is trusted()


def test_a_slow_answer_has_the_time_that_reading_may_take_whatever_connecting_may(server: Kept) -> None:
    server.thinks = 0.5
    server.answers += [replied(b"found"), replied(b"too late")]
    session = Session(connections(4), Retry(0), OssClock())
    request = oss2.http.Request("GET", f"{server.url}/a.jpg")
    assert session.do_request(request, (0.1, 5)).read() == b"found"
    with pytest.raises(HTTPError):
        session.do_request(request, (5, 0.1))


def test_every_answer_tells_the_time_a_refusal_too(server: Kept) -> None:
    own, pools = datetime(2026, 11, 21, 8, tzinfo=timezone.utc), connections(4)
    request = oss2.http.Request("GET", f"{server.url}/a.jpg")
    for status in (200, 404, 500):
        clock = OssClock(lambda: own)
        server.answers += [replied(status=status, headers=b"Date: Sat, 21 Nov 2026 08:01:33 GMT\r\n")]
        Session(pools, Retry(0), clock).do_request(request, (2, 2)).read()
        assert clock() - own == timedelta(seconds=93.5), "of 93 and 94 seconds, the middle"


def open_bucket(server: Kept) -> OssBucket:
    return bucket_at(server.url)


def bucket_at(url: str) -> OssBucket:
    return OssBucket(
        "shop-photos",
        Credentials("LTAI-EXAMPLE", "an-example", "EXAMPLE-token"),
        endpoint=url,
        public_endpoint=url,
        region="cn-shanghai",
        clock=OssClock(),
    )


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_nothing_that_oss_quotes_of_a_request_is_in_what_is_printed_of_an_error(server: Kept, status: int) -> None:
    quoted = b"<CanonicalRequest>x-oss-security-token:EXAMPLE-token</CanonicalRequest><OSSAccessKeyId>LTAI-EXAMPLE"
    said = (
        b"<Error><Code>SignatureDoesNotMatch</Code><Message>not the same</Message>%s</OSSAccessKeyId></Error>" % quoted
    )
    server.answers += [replied(said, status)] * 20
    shop = open_bucket(server)
    for attempt in (
        lambda: shop.write("a.json", b"{}"),
        lambda: shop.delete(("a.json",)),
        lambda: shop.publish_copy("a.jpg", "b.jpg", public=True),
        lambda: shop.store("a.png", Download("image/png", "png", iter([b"1"])), inputs_etag="E"),
        lambda: shop.read_range("a.jpg", 0, 1),
    ):
        with pytest.raises((CutoutError, Unforeseen)) as raised:
            attempt()
        assert "EXAMPLE" not in "".join(traceback.format_exception(raised.value))


def test_a_document_goes_out_with_its_digest(server: Kept) -> None:
    server.answers += [replied()]
    open_bucket(server).write("a.json", b"{}")
    assert b"Content-MD5: " + base64.b64encode(hashlib.md5(b"{}").digest()) in server.requests[0]
