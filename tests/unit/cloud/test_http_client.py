"""Vendors are called at the pace that was bought, and only whole images are fetched, from where they may lie."""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.wrappers import Request as Received
from werkzeug.wrappers import Response

from shared.cloud import http_client as web_module
from shared.cloud.http_client import HttpClient
from shared.cloud.ports import Quota, Request
from shared.errors import CutoutError, Misconfigured, NotAccepted, Unavailable
from tests.cloud.serve import Server
from tests.pictures import picture
from tests.unit.cloud import certificates

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOCAL = frozenset({"127.0.0.1"})
PNG = picture(form="PNG")
PATIENCE = 5.0
"""Seconds for a result to arrive, where a test is not about that."""


def http(**settings: Any) -> HttpClient:
    defaults: dict[str, Any] = {"result_hosts": LOCAL, "call_seconds": 5.0, "wait_seconds": 60.0}
    return HttpClient(**(defaults | settings))


Serve = Callable[["WSGIApplication"], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(app: WSGIApplication) -> Server:
            server = Server(app)
            stack.callback(server.stop)
            return server

        yield start


Answer = Callable[[socket.socket], None]


class Speak(Protocol):
    def __call__(self, answer: Answer, *, head: bool = True) -> str: ...


@pytest.fixture
def speak() -> Iterator[Speak]:
    """Serves one connection with a function that writes to the bare socket: after its request's `head`, if any."""
    with contextlib.ExitStack() as stack:

        def start(answer: Answer, *, head: bool = True) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):  # the client may leave at any time
                    if head:
                        connection.recv(65_536)
                    answer(connection)

            thread = threading.Thread(target=run)
            thread.start()
            stack.callback(thread.join)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


@pytest.fixture
def speak_tls(speak: Speak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], str]:
    """The same behind TLS, with a certificate that the client trusts."""
    certificates.trust(monkeypatch, own := certificates.made(tmp_path / "own.pem"))
    context = certificates.served(own)

    def start(answer: Answer) -> str:
        def wrapped(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65_536)
                answer(secured)

        return speak(wrapped, head=False).replace("http:", "https:")

    return start


def fetched(
    client: HttpClient, url: str, hosts: tuple[str, ...] = (), *, seconds: float = PATIENCE
) -> tuple[str, str, bytes]:
    with client.fetch(url, hosts, seconds) as download:
        return download.content_type, download.extension, b"".join(download.chunks)


def trouble(client: HttpClient, url: str, hosts: tuple[str, ...] = (), *, seconds: float = PATIENCE) -> CutoutError:
    with pytest.raises(CutoutError) as raised:
        fetched(client, url, hosts, seconds=seconds)
    return raised.value


# --- calls


def call(url: str, qps: float = 1000, **fields: Any) -> Request:
    return Request("POST", url, Quota("SegmentCommonImage", qps), **fields)


def test_a_call_arrives_as_it_was_built_and_its_answer_comes_back_whatever_the_status(serve: Serve) -> None:
    seen: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
    nasty = {"a": " +*~%/é红&=", "empty": ""}

    def app(environ: Any, start: Any) -> Any:
        request = Received(environ)
        seen.append((request.method, request.path, request.args.to_dict(), request.form.to_dict()))
        return Response(b'{"Code": "Throttling"}', 429)(environ, start)

    reply = http().send(call(f"{serve(app).url}/", query=nasty, form={"ImageURL": "http://x/?a=b&c=%2B"}))
    assert (reply.status, reply.body) == (429, b'{"Code": "Throttling"}')
    assert seen == [("POST", "/", nasty, {"ImageURL": "http://x/?a=b&c=%2B"})]


def test_no_cookie_of_a_vendors_is_kept(serve: Serve) -> None:
    sent: list[str | None] = []

    def app(environ: Any, start: Any) -> Any:
        sent.append(environ.get("HTTP_COOKIE"))
        response = Response(PNG)
        response.set_cookie("session", "x" * 4000)
        return response(environ, start)

    client, url = http(), serve(app).url
    for _ in range(2):
        client.send(call(url))
        fetched(client, url)
    assert sent == [None] * 4


def test_a_vendor_that_is_not_reached_is_busy_as_nothing_was_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotAccepted, match=f"127.0.0.1:{port} was not reached") as raised:
        http().send(call(f"http://127.0.0.1:{port}/", query={"Signature": "hidden"}))
    assert raised.value.code == "VendorUnreachable"
    assert "hidden" not in raised.value.message


@pytest.mark.parametrize(
    "address",
    ["vendor.example", "https://", "ftp://vendor.example", "http://[::1", "http://\u200b.example", "http://x/\n"],
)
def test_an_address_that_is_none_is_the_operators_matter_and_nothing_was_bought(address: str) -> None:
    with pytest.raises(Misconfigured, match="check the vendor's address and AppCode in the settings"):
        http().send(call(address))


@pytest.mark.parametrize("appcode", ["hidden\nhidden", "hidden\0", "红hidden"])
def test_a_secret_that_no_header_can_hold_is_the_operators_matter_and_not_quoted(appcode: str, serve: Serve) -> None:
    url = serve(Response(b"{}")).url
    with pytest.raises(Misconfigured) as raised:
        http().send(call(url, headers={"Authorization": f"APPCODE {appcode}"}))
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


def test_a_vendor_that_does_not_answer_in_time_may_have_billed_the_call(speak: Speak) -> None:
    url = speak(lambda connection: time.sleep(0.5))
    with pytest.raises(Unavailable, match="did not answer: ReadTimeout") as raised:
        http(call_seconds=0.1).send(call(url, query={"Signature": "hidden"}))
    assert type(raised.value) is Unavailable
    assert "hidden" not in raised.value.message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["hung-up", "not-http", "cut-off"],
)
def test_a_vendor_whose_answer_is_broken_may_have_billed_the_call(answer: bytes, speak: Speak) -> None:
    url = speak(lambda connection: connection.sendall(answer))
    with pytest.raises(Unavailable, match="did not answer") as raised:
        http().send(call(url))
    assert type(raised.value) is Unavailable


def test_a_call_is_made_once_even_when_its_answer_is_lost(serve: Serve) -> None:
    calls: list[str] = []

    def app(environ: Any, start: Any) -> Any:
        calls.append(environ["REQUEST_METHOD"])
        raise ConnectionAbortedError

    with pytest.raises(Unavailable):
        http().send(call(serve(app).url))
    assert calls == ["POST"]


def test_an_answer_that_nobody_asked_to_be_compressed_is_not_unfolded(speak: Speak) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhuh!"
    assert http().send(call(speak(lambda connection: connection.sendall(answer)))).body == b"huh!"


def test_an_answer_without_an_end_is_cut_short(speak: Speak) -> None:
    def pour(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in range(100):
                connection.sendall(bytes(100_000))

    with pytest.raises(Unavailable, match="more than 700,000 bytes") as raised:
        http().send(call(speak(pour), longest_reply=700_000))
    assert raised.value.code == "ReplyTooLarge"


def test_an_answer_that_trickles_in_is_given_up_in_time(speak: Speak) -> None:
    def trickle(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(Unavailable, match="took too long") as raised:
        http(call_seconds=0.4).send(call(speak(trickle)))
    assert raised.value.code == "ReplyTooSlow"
    assert time.monotonic() - began < 2


def dripped_head(connection: socket.socket) -> None:
    """A head without an end: a header's letter now and then."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(60):
            connection.sendall(b"a")
            time.sleep(0.05)


def empty_answers(connection: socket.socket) -> None:
    """Word after word that an answer will come."""
    with contextlib.suppress(OSError):
        for _ in range(60):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)


every_drip = pytest.mark.parametrize("drip", [dripped_head, empty_answers])


@every_drip
def test_a_vendor_whose_head_drips_is_given_up_in_time(drip: Answer, speak: Speak) -> None:
    url, began = speak(drip), time.monotonic()
    with pytest.raises(Unavailable, match="did not answer: ReadTimeout") as raised:
        http(call_seconds=0.4).send(call(url))
    assert raised.value.code == "NoAnswer"
    assert time.monotonic() - began < 1.5


@every_drip
def test_a_result_whose_head_drips_is_given_up_in_time(drip: Answer, speak: Speak) -> None:
    url, began = speak(drip), time.monotonic()
    assert trouble(http(), url, seconds=0.4).code == "ResultBroken"
    assert time.monotonic() - began < 1.5


def test_an_encrypted_head_that_drips_is_given_up_in_time(speak_tls: Callable[[Answer], str]) -> None:
    url, began = speak_tls(dripped_head), time.monotonic()
    with pytest.raises(Unavailable, match="did not answer: ReadTimeout"):
        http(call_seconds=0.4).send(call(url))
    assert time.monotonic() - began < 1.5


def test_a_result_may_lie_in_the_answer_itself() -> None:
    url = f"data:;base64,{base64.b64encode(PNG).decode()}"
    assert fetched(http(), url) == ("image/png", "png", PNG)
    http().allow(url, ())


@pytest.mark.parametrize("url", ["data:;base64,!!!", f"data:;base64,{base64.b64encode(b'<html>').decode()}", "data:"])
def test_what_lies_in_the_answer_and_is_no_image_is_refused(url: str) -> None:
    assert trouble(http(), url).code == "ResultNotAnImage"


def test_calls_go_out_at_the_pace_that_was_bought(serve: Serve) -> None:
    arrived: list[float] = []

    def app(environ: Any, start: Any) -> Any:
        arrived.append(time.monotonic())
        return Response(b"{}")(environ, start)

    url, client = serve(app).url, http()
    started = time.monotonic()
    for _ in range(4):
        client.send(call(url, qps=20))
    assert all(moment - started >= number / 20 for number, moment in enumerate(arrived))


# --- results


@pytest.mark.parametrize(
    ("form", "content_type", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("BMP", "image/bmp", "bmp"),
    ],
)
def test_a_result_is_the_image_it_is_whatever_the_vendor_calls_it(
    form: str, content_type: str, extension: str, serve: Serve
) -> None:
    content = picture(900, 700, form)
    app = Response(content, content_type="application/octet-stream")
    assert fetched(http(), f"{serve(app).url}/a.gif?x=%2B") == (content_type, extension, content)


def test_an_image_whose_first_bytes_arrive_in_pieces_is_known(speak: Speak) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(PNG))
        for piece in (PNG[:3], PNG[3:7], PNG[7:]):
            connection.sendall(piece)
            time.sleep(0.05)

    assert fetched(http(), speak(answer)) == ("image/png", "png", PNG)


def test_a_result_is_asked_for_as_it_is_stored(serve: Serve) -> None:
    seen: list[str] = []

    def app(environ: Any, start: Any) -> Any:
        seen.append(environ["HTTP_ACCEPT_ENCODING"])
        return Response(PNG)(environ, start)

    fetched(http(), serve(app).url)
    assert seen == ["identity"]


def test_the_signature_of_a_results_link_arrives_as_it_was_given(serve: Serve) -> None:
    seen: list[str] = []

    def app(environ: Any, start: Any) -> Any:
        seen.append(f"{environ['REQUEST_URI']}")
        return Response(PNG)(environ, start)

    path = "/a%2Fb.png?Expires=1&OSSAccessKeyId=STS.EXAMPLE&Signature=x%2By%2F%3D"
    fetched(http(), serve(app).url + path)
    assert seen == [path]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"Code": "AccessDenied"}',
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"Bad Gateway",
        picture(form="GIF", mode="P"),
    ],
    ids=["nothing", "html", "json", "sound", "text", "gif"],
)
def test_what_is_no_image_never_becomes_a_result(content: bytes, serve: Serve) -> None:
    error = trouble(http(), serve(Response(content, content_type="image/png")).url)
    assert type(error) is Unavailable
    assert error.code == "ResultNotAnImage"


@pytest.mark.parametrize("status", [204, 206, 301, 302, 307, 403, 404, 500])
def test_a_link_that_answers_anything_but_200_is_not_followed_or_believed(status: int, serve: Serve) -> None:
    elsewhere: list[str] = []

    def app(environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] == "/elsewhere":
            elsewhere.append("followed")
            return Response(PNG)(environ, start)
        return Response(PNG, status, {"Location": "/elsewhere"})(environ, start)

    error = trouble(http(), f"{serve(app).url}/?Signature=hidden")
    assert (type(error), error.code) == (Unavailable, "ResultRefused")
    assert str(status) in error.message
    assert "hidden" not in error.message
    assert elsewhere == []


@pytest.mark.parametrize(
    "head", [b"Content-Length: %d\r\n\r\n" % (len(PNG) + 1), b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(PNG)]
)
def test_a_result_that_is_cut_off_never_becomes_one(head: bytes, speak: Speak) -> None:
    url = speak(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + PNG))
    error = trouble(http(), url)
    assert (type(error), error.code) == (Unavailable, "ResultBroken")


def test_a_result_that_is_cut_off_later_fails_while_its_chunks_are_read(speak: Speak) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    url = speak(lambda connection: connection.sendall(head + PNG + bytes(300_000)))
    with http().fetch(url, (), PATIENCE) as download:
        assert next(download.chunks).startswith(PNG[:8])
        with pytest.raises(Unavailable, match="broke off"):
            list(download.chunks)


def test_a_result_that_falls_silent_is_given_up(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "_SILENCE_SECONDS", 0.1)

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + PNG)
        time.sleep(0.5)

    error = trouble(http(), speak(answer))
    assert (type(error), error.code) == (Unavailable, "ResultBroken")
    assert "ReadTimeout" in error.message


def test_a_host_that_cannot_be_reached_is_trouble_that_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = trouble(http(), f"http://127.0.0.1:{port}/")
    assert (type(error), error.code) == (Unavailable, "ResultBroken")


@pytest.mark.parametrize("piece", [10, 20_000])
def test_a_result_that_trickles_is_given_up_when_its_time_is_over(piece: int, speak: Speak) -> None:
    content = picture(1000, 1000, "BMP")

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content))
        source = io.BytesIO(content)
        ends = time.monotonic() + 5
        while time.monotonic() < ends and (sent := source.read(piece)):
            connection.sendall(sent)
            time.sleep(0.02)

    started = time.monotonic()
    error = trouble(http(), speak(answer), seconds=0.3)
    assert (type(error), error.code) == (Unavailable, "ResultTooSlow")
    assert time.monotonic() - started < 2.5


def test_a_result_larger_than_any_cutout_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture(300, 200, "BMP")
    url = serve(Response(content)).url
    monkeypatch.setattr(web_module, "MAX_RESULT_BYTES", len(content))
    assert fetched(http(), url)[2] == content
    monkeypatch.setattr(web_module, "MAX_RESULT_BYTES", len(content) - 1)
    error = trouble(http(), url)
    assert (type(error), error.code) == (Unavailable, "ResultTooLarge")


def test_a_download_that_is_left_in_the_middle_frees_its_connection(serve: Serve) -> None:
    client, url = http(), serve(Response(picture(2000, 2000, "BMP"))).url
    for _ in range(70):  # more than the pool has
        with client.fetch(url, (), PATIENCE) as download:
            next(download.chunks)


# --- where results may lie


@pytest.fixture
def everything_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is an address of this machine, so that only names and their spelling tell hosts apart."""
    monkeypatch.setattr(socket, "getaddrinfo", _here)


def _here(host: str, port: int | None, *_: object, **__: object) -> list[Any]:
    return [(2, 1, 6, "", ("127.0.0.1", port))]


VENDOR = ("picwish.example",)


@pytest.mark.usefixtures("everything_is_here")
@pytest.mark.parametrize(
    "url",
    [
        "http://results.oss-cn-shanghai.aliyuncs.com/a.png",
        "https://results.oss-cn-hangzhou.aliyuncs.com/a.png?b=c",
        "http://results.oss-accelerate.aliyuncs.com/a.png",
        "http://RESULTS.OSS-CN-SHANGHAI.ALIYUNCS.COM/a.png",
        "http://results.oss-cn-shanghai.aliyuncs.com:8080/a.png",
        "http://picwish.example/a.png",
        "http://cdn.picwish.example/a.png",
    ],
)
def test_results_may_lie_in_alibabas_oss_and_with_the_vendor_but_not_at_a_private_address(url: str) -> None:
    error = trouble(http(), url, VENDOR)
    assert type(error) is Misconfigured
    assert "has a private address" in error.message  # its name is fine, that is


@pytest.mark.usefixtures("everything_is_here")
@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/a.png",
        "http://evil-aliyuncs.com/a.png",
        "http://oss-cn-shanghai.evil-aliyuncs.com/a.png",
        "http://oss-cn-shanghai.aliyuncs.com.evil.com/a.png",
        "http://ecs.cn-shanghai.aliyuncs.com/a.png",
        "http://aliyuncs.com/oss-cn-shanghai.aliyuncs.com",
        "http://evil.com/oss-cn-shanghai.aliyuncs.com",
        "http://evil.com?x.oss-cn-shanghai.aliyuncs.com",
        "http://evil.com#.oss-cn-shanghai.aliyuncs.com",
        "http://x.oss-cn-shanghai.aliyuncs.com@evil.com/a.png",
        "http://x.oss-cn-shanghai.aliyuncs.com:80@evil.com/a.png",
        "http://evilpicwish.example/a.png",
        "http://picwish.example.evil.com/a.png",
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://2130706433/a.png",
        "http://0x7f000001/a.png",
        "http://0/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/latest/meta-data/ram/security-credentials/",
    ],
)
def test_a_host_that_nobody_allowed_is_the_operators_matter_and_named(url: str) -> None:
    error = trouble(http(result_hosts=frozenset()), url, VENDOR)
    assert (type(error), error.code) == (Misconfigured, "ResultHost")
    assert "add it to RESULT_HOSTS" in error.message
    assert httpx.URL(url).host in error.message  # what would have been connected to, by its own reckoning


@pytest.mark.parametrize(
    "url",
    ["file:///a.png", "ftp://x.oss-cn-shanghai.aliyuncs.com/a.png", "//x/a.png", "a.png", "http:///a.png", "oss://a/b"],
)
def test_a_link_that_is_no_web_address_is_trouble_that_no_setting_could_end(url: str) -> None:
    error = trouble(http(), url)
    assert (type(error), error.code) == (Unavailable, "ResultLink")
    assert "no http address" in error.message


PRIVATE = (
    *("0.0.0.0", "10.1.2.3", "100.100.100.200", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"),
    *("::1", "fd00::1", "fe80::1%2", "::ffff:10.0.0.1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_vendors_name_may_not_lead_to_a_private_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (each, 0)) for each in ("93.184.216.34", address)]  # one public address beside it
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    error = trouble(http(result_hosts=frozenset()), "http://picwish.example/a.png", VENDOR)
    assert (type(error), error.code) == (Misconfigured, "ResultHost")
    assert "has a private address" in error.message


def test_a_vendors_name_at_a_public_address_is_fetched_from(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(Response(PNG))
    port = int(server.host.rpartition(":")[2])

    def resolve(host: str, port: int | None, *_: object, **__: object) -> list[Any]:
        # Asked where the host is, it says a public place; asked by the connection, which names a port, this machine.
        return [(2, 1, 6, "", ("93.184.216.34" if port is None else "127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"http://results.oss-cn-shanghai.aliyuncs.com:{port}/a.png"
    assert fetched(http(result_hosts=frozenset()), url)[2] == PNG


def test_a_host_without_an_address_is_trouble_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    error = trouble(http(), "http://x.oss-cn-shanghai.aliyuncs.com/a.png")
    assert (type(error), error.code) == (Unavailable, "ResultHostUnknown")


def test_a_named_host_passes_wherever_it_is_and_on_every_port(serve: Serve) -> None:
    assert fetched(http(result_hosts=frozenset({"127.0.0.1"})), serve(Response(PNG)).url)[2] == PNG


def test_a_host_named_with_a_port_passes_on_that_port_alone(serve: Serve) -> None:
    server, other = serve(Response(PNG)), serve(Response(PNG))
    client = http(result_hosts=frozenset({server.host}))
    assert fetched(client, server.url)[2] == PNG
    error = trouble(client, other.url)
    assert (type(error), error.code) == (Misconfigured, "ResultHost")


@given(st.text("abc.:/@[]%#?\\ \t\n0红é", max_size=30).map("http://{}".format) | st.text(max_size=20))
@example("http://[::1")
@example("http://127.0.0.1:99999/")
@example("http://127.0.0.1:port/")
@example("http://0177.0.0.1/")
@example("http://a..oss-cn-shanghai.aliyuncs.com/")
@example("http://x.oss-cn-shanghai.aliyuncs.com\\@evil.com/")
def test_a_mangled_link_is_a_foreseen_error(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _here)
        trouble(NOWHERE, url)


NOWHERE = http(result_hosts=frozenset())


@pytest.mark.parametrize("url", [f"http://{'a' * 64}.oss-cn-shanghai.aliyuncs.com/", "http://127.0.0.1:99999/"])
def test_a_link_that_no_name_or_port_can_have_is_trouble_that_passes(url: str) -> None:
    assert type(trouble(http(), url)) is Unavailable


@pytest.mark.parametrize("path", ["/a b", "/a%zz", "/红鞋", "/\x00", "/" + "a" * 70_000, "\\a"])
def test_a_mangled_path_is_fetched_or_a_foreseen_error(path: str, serve: Serve) -> None:
    url = serve(Response(PNG)).url + path
    try:
        assert fetched(http(), url)[2] == PNG
    except CutoutError as error:
        assert type(error) is Unavailable  # noqa: PT017 - either is right
