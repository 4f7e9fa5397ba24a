"""The only HTTP client: calls to vendors at the pace that was bought, results fetched from where they may lie."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import httpx

from shared.errors import Busy, Misconfigured, Unavailable
from shared.models import Download, Reply, Request

MAX_RESULT_BYTES = 200_000_000
"""No cutout is larger: 10,000 × 10,000 pixels make a PNG of about 100 MB."""

_OSS_DOMAIN = ".aliyuncs.com"
_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 20.0

_IMAGE_TYPES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", "webp"),
    (re.compile(rb"BM"), "image/bmp", "bmp"),
)
_MAGIC_BYTES = 12


class Pace:
    """Spaces out calls that draw on one quota, across the threads of this instance.

    Ours, because the limiters at hand count calls in a window: after a pause they let the whole window's allowance
    go at once, and with two calls a second it takes little jitter on the way for three to arrive within one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep):
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free: dict[str, float] = {}

    def wait(self, quota: str, per_second: float) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free.get(quota, now))
            self._free[quota] = turn + 1 / per_second
        if turn > now:
            self._sleep(turn - now)


class HttpWeb:
    """`qps` is what was bought, a capability; `result_hosts` the hosts (`host` or `host:port`) an operator added.

    A vendor has `call_seconds` to answer, and a result `fetch_seconds` to arrive.
    """

    def __init__(
        self,
        *,
        qps: float,
        result_hosts: frozenset[str],
        call_seconds: float,
        fetch_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._qps = qps
        self._result_hosts = result_hosts
        self._fetch_seconds = fetch_seconds
        self._clock = clock
        self._pace = Pace()
        # `retries` repeats connecting, before anything was said, and nothing else.
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(retries=2, limits=httpx.Limits(max_connections=64)),
            timeout=httpx.Timeout(call_seconds, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, request: Request) -> Reply:
        """Send a vendor a request when its turn has come.

        Raises `Busy` when the vendor was not reached, `Unavailable` when it was and did not answer: then nobody can
        know whether the call was bought.
        """
        self._pace.wait(request.quota, self._qps)
        try:
            response = self._client.request(
                request.method, request.url, params=request.query, data=request.form or None
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Busy("VendorUnreachable", f"{_host(request.url)} was not reached: {error}") from error
        except httpx.RequestError as error:
            raise Unavailable("NoAnswer", f"{_host(request.url)} did not answer: {type(error).__name__}") from error
        return Reply(response.status_code, response.content)

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...]) -> Iterator[Download]:
        """Open a result; `hosts` are the vendor's own domains.

        Raises `Misconfigured` for a host that nobody allowed and `Unavailable` for anything that is not, to its last
        byte, an image: also while the chunks are read, so that what they are written to is never completed.
        """
        self.allow(url, hosts)
        deadline = self._clock() + self._fetch_seconds
        try:
            with self._client.stream(
                "GET",
                _address(url),
                headers={"Accept-Encoding": "identity"},  # what is stored is what was sent
                timeout=httpx.Timeout(min(_SILENCE_SECONDS, self._fetch_seconds)),
            ) as response:
                if response.status_code != 200:
                    raise Unavailable(
                        "ResultRefused", f"{_host(url)} answered {response.status_code} to the result's link"
                    )
                pieces = self._pieces(response, deadline)
                first = b""
                while len(first) < _MAGIC_BYTES and (piece := next(pieces, b"")):
                    first += piece
                for magic, content_type, extension in _IMAGE_TYPES:
                    if magic.match(first):
                        yield Download(content_type, extension, chain((first,), pieces))
                        return
                raise Unavailable("ResultNotAnImage", f"what {_host(url)} sent as the result is not an image")
        except httpx.TransportError as error:
            raise _broken(error) from error

    def _pieces(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        """The body as it comes off the wire: asked for chunks of a size, httpx sits on a trickle until one is full."""
        size = 0
        try:
            for piece in response.iter_raw():
                size += len(piece)
                if size > MAX_RESULT_BYTES:
                    raise Unavailable("ResultTooLarge", f"the result has more than {MAX_RESULT_BYTES:,} bytes")
                if self._clock() > deadline:
                    raise Unavailable(
                        "ResultTooSlow", f"the result took more than {self._fetch_seconds:.0f} s to arrive"
                    )
                yield piece
        except httpx.TransportError as error:
            raise _broken(error) from error

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        """Raises `Misconfigured` unless the address is one that results may come from."""
        address = _address(url)
        host = address.host
        if address.scheme not in ("http", "https"):
            raise Misconfigured("ResultHost", f"the result's link is no http address: {address.scheme}")
        if {host, f"{host}:{address.port}"} & self._result_hosts:
            return  # named by the operator, wherever it is
        of_oss = host.endswith(_OSS_DOMAIN) and any(part.startswith("oss-") for part in host.split("."))
        if not of_oss and not any(host == domain or host.endswith(f".{domain}") for domain in hosts):
            raise Misconfigured("ResultHost", f"the result lies at {host}: if that is right, add it to RESULT_HOSTS")
        if not all(ipaddress.ip_address(address).is_global for address in _resolve(host)):
            raise Misconfigured("ResultHost", f"the result's host {host} has a private address: see RESULT_HOSTS")


def _address(url: str) -> httpx.URL:
    """Read by whoever connects, so that no link is one host when it is checked and another when it is fetched."""
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Unavailable("ResultLink", f"the result's link cannot be read: {error}") from error


def _resolve(host: str) -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:  # the second for a label longer than a name may have
        raise Unavailable("ResultHostUnknown", f"{host} has no address: {error}") from error


def _broken(error: httpx.TransportError) -> Unavailable:
    return Unavailable("ResultBroken", f"the result's download broke off: {type(error).__name__}")


def _host(url: str) -> str:
    return _address(url).netloc.decode()
