"""The only HTTP client: calls to vendors at the pace that was bought, results fetched from where they may lie."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from shared.cloud.deadlines import Deadline, Transport, Untrusted
from shared.cloud.ports import Reply, Request
from shared.cloud.rate_limiter import RateLimiter
from shared.errors import Misconfigured, NotAccepted, Unavailable
from shared.pictures.sniff import INLINE, Download, recognized, unpacked

MAX_RESULT_BYTES = 200_000_000
"""No cutout is larger: 10,000 × 10,000 pixels make a PNG of about 100 MB."""

_AS_IT_IS = {"Accept-Encoding": "identity"}
"""What is stored is what was sent, and nothing small unfolds into something large."""
_OSS_DOMAIN = ".aliyuncs.com"
_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 20.0


class HttpClient:
    """`result_hosts` are the hosts (`host` or `host:port`) an operator added.

    A call waits `wait_seconds` for its turn; then the vendor has `call_seconds` to answer, to the last byte, and a
    result `fetch_seconds` to arrive. No more may go on than `at_once`: twice as many connections are kept, to
    vendors and to where results lie, and whoever found none free would be told that they cannot be reached.
    """

    def __init__(
        self,
        *,
        result_hosts: frozenset[str],
        call_seconds: float,
        fetch_seconds: float,
        wait_seconds: float,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._result_hosts = result_hosts
        self._call_seconds = call_seconds
        self._fetch_seconds = fetch_seconds
        self._clock = clock
        self._rate_limiter = RateLimiter(wait_seconds)
        self._client = httpx.Client(
            transport=Transport(connections=2 * at_once),  # to the vendor, and to where its results lie
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # a call owes nothing to the one before it
        )

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        """Send a vendor a request in the next free slot of its quota, unless `on_slot`, which is called then, raises.

        Raises `NotAccepted` when that slot is too far off or the vendor was not reached, a failed handshake included;
        `Misconfigured` when the settings make no request, or the vendor's certificate is not to be trusted; and
        `Unavailable` when the vendor was reached and did not answer: then nobody can know whether the call was bought.
        """
        try:
            ready = self._client.build_request(
                request.method,
                request.url,
                params=request.query or None,
                data=request.form or None,
                json=request.json,
                headers={**_AS_IT_IS, **request.headers},
            )
            # With everything done that takes time: what follows is on the wire at once.
            self._rate_limiter.wait(request.quota, on_slot)
            deadline = self._deadline(self._call_seconds, self._call_seconds)
            ready.extensions |= deadline.extensions(connect=_CONNECT_SECONDS)
            with closing(self._client.send(ready, stream=True)) as response:
                body = bytearray()  # as it comes: however small the pieces are, they take no more than their bytes
                for piece in self._pieces(response, "reply", request.longest_reply, deadline):
                    body += piece
                return Reply(response.status_code, bytes(body), response.headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
            said = f"no request can be sent to {request.url[:100]} ({type(error).__name__})"
            advice = "check the vendor's address and AppCode in the settings"
            raise Misconfigured("Settings", f"{said}: {advice}") from None  # whose text may quote the AppCode
        except Untrusted as error:
            said = f"the certificate of {_host(request.url)} is not to be trusted ({error})"
            advice = "check the vendor's address in the settings; if it is right, tell the vendor"
            raise Misconfigured("VendorCertificate", f"{said}: {advice}") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotAccepted("VendorUnreachable", f"{_host(request.url)} was not reached: {error}") from error
        except httpx.RequestError as error:
            raise Unavailable("NoAnswer", f"{_host(request.url)} did not answer: {type(error).__name__}") from error

    def throttled(self, request: Request) -> None:
        """The vendor has turned it away for its time: the next ones keep a greater distance."""
        self._rate_limiter.throttled(request.quota)

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...]) -> Iterator[Download]:
        """Open a result; `hosts` are the vendor's own domains.

        Raises `Misconfigured` for a host that nobody allowed and `Unavailable` for anything that is not, to its last
        byte, an image: also while the chunks are read, so that what they are written to is never completed.
        """
        if url.startswith(INLINE):
            yield unpacked(url)
            return
        self.allow(url, hosts)
        deadline, address = self._deadline(_SILENCE_SECONDS, self._fetch_seconds), _address(url)
        sender = address.netloc.decode()
        try:
            with self._client.stream(
                "GET",
                address,
                headers=_AS_IT_IS,
                extensions=deadline.extensions(connect=_CONNECT_SECONDS),
            ) as response:
                if response.status_code != 200:
                    raise Unavailable("ResultRefused", f"{sender} answered {response.status_code} to the result's link")
                yield recognized(_unbroken(self._pieces(response, "result", MAX_RESULT_BYTES, deadline)), sender)
        except httpx.TransportError as error:
            raise _broken(error) from error

    def _deadline(self, silence: float, seconds: float) -> Deadline:
        return Deadline(silence, self._clock() + seconds, self._clock)

    def _pieces(self, response: httpx.Response, what: str, most: int, deadline: Deadline) -> Iterator[bytes]:
        late = Unavailable(f"{what.title()}TooSlow", f"the {what} took too long to arrive")
        size = 0
        try:
            for piece in response.iter_raw():
                size += len(piece)
                if size > most:
                    raise Unavailable(f"{what.title()}TooLarge", f"the {what} has more than {most:,} bytes")
                if self._clock() > deadline.at:
                    raise late
                yield piece
        except httpx.ReadTimeout:
            if self._clock() < deadline.at:
                raise
            raise late from None

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        """Raises `Misconfigured` unless the address is one that results may come from, and `Unavailable` when it is
        none of the web: no setting could make it one."""
        if url.startswith(INLINE):
            return
        address = _address(url)
        host = address.host
        if address.scheme not in ("http", "https") or not host:
            raise Unavailable("ResultLink", f"the result's link is no http address: {address.scheme}")
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


def _unbroken(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What they are written to is another library's, which may not let a foreign error pass."""
    try:
        yield from pieces
    except httpx.TransportError as error:
        raise _broken(error) from error


def _broken(error: httpx.TransportError) -> Unavailable:
    return Unavailable("ResultBroken", f"the result's download broke off: {type(error).__name__}")


def _host(url: str) -> str:
    return _address(url).netloc.decode()
