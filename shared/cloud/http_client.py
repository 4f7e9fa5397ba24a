"""The only HTTP client: sends requests to vendors within their quotas, and fetches results from allowed hosts."""

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
from shared.messages import cloud as messages
from shared.messages.message import Message
from shared.pictures.sniff import INLINE, Download, recognized, unpacked

MAX_RESULT_BYTES = 200_000_000
"""No cutout is larger: 10,000 × 10,000 pixels make a PNG of about 100 MB."""

_AS_IT_IS = {"Accept-Encoding": "identity"}
"""No compression: a result is stored as it was sent, and a small body cannot expand into a large one."""
_OSS_DOMAIN = ".aliyuncs.com"
_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 20.0


class HttpClient:
    """`result_hosts` are hosts (`host` or `host:port`) that the operator allows results to be fetched from.

    A call waits at most `wait_seconds` for a slot of its quota. Then the vendor has `call_seconds` for its whole reply.
    At most `at_once` threads may use the client: there are twice as many connections, for the vendors and for the hosts
    of results. A thread that finds none free raises as if the host could not be reached.
    """

    def __init__(
        self,
        *,
        result_hosts: frozenset[str],
        call_seconds: float,
        wait_seconds: float,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._result_hosts = result_hosts
        self._call_seconds = call_seconds
        self._clock = clock
        self._rate_limiter = RateLimiter(wait_seconds)
        self._client = httpx.Client(
            transport=Transport(connections=2 * at_once),  # to the vendor, and to where its results lie
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is kept from one call to the next
        )

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        """Send a vendor a request in the next free slot of its quota, unless `on_slot`, which is called then, raises.

        Raises `NotAccepted` when that slot is too far off or the vendor was not reached, a failed handshake included;
        `Misconfigured` when the settings make no request, or the vendor's certificate is not to be trusted; and
        `Unavailable` when the vendor was reached and did not answer: then the call may have been bought.
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
            # After everything that takes time: what follows is on the wire at once.
            self._rate_limiter.wait(request.quota, on_slot)
            deadline = self._deadline(self._call_seconds, self._call_seconds)
            ready.extensions |= deadline.extensions(connect=_CONNECT_SECONDS)
            with closing(self._client.send(ready, stream=True)) as response:
                body = bytearray()  # as it comes: however small the pieces are, they take no more than their bytes
                for piece in self._pieces(response, messages.REPLY(), request.longest_reply, deadline):
                    body += piece
                return Reply(response.status_code, bytes(body), response.headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
            said = messages.NO_REQUEST(url=request.url[:100], error=type(error).__name__)
            raise Misconfigured("Settings", said) from None  # whose text may quote the AppCode
        except Untrusted as error:
            said = messages.UNTRUSTED(host=_host(request.url), error=str(error))
            raise Misconfigured("VendorCertificate", said) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            said = messages.NOT_REACHED(host=_host(request.url), error=str(error))
            raise NotAccepted("VendorUnreachable", said) from error
        except httpx.RequestError as error:
            said = messages.NO_ANSWER(host=_host(request.url), error=type(error).__name__)
            raise Unavailable("NoAnswer", said) from error

    def throttled(self, request: Request) -> None:
        """The vendor has throttled `request`: calls of its quota keep a greater distance from now on."""
        self._rate_limiter.throttled(request.quota)

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        """Open the result at `url`, which has `seconds` to arrive; `hosts` are the vendor's own domains, as in `allow`.

        Raises what `allow` raises, and `Unavailable` when the download fails, is larger than `MAX_RESULT_BYTES`, or is
        no image. It may also be raised while the chunks are read: the object that they are written to is then never
        completed.
        """
        if url.startswith(INLINE):
            yield unpacked(url)
            return
        self.allow(url, hosts)
        deadline, address = self._deadline(_SILENCE_SECONDS, seconds), _address(url)
        sender, extensions = address.netloc.decode(), deadline.extensions(connect=_CONNECT_SECONDS)
        try:
            with self._client.stream("GET", address, headers=_AS_IT_IS, extensions=extensions) as response:
                if response.status_code != 200:
                    said = messages.RESULT_REFUSED(host=sender, status=response.status_code)
                    raise Unavailable("ResultRefused", said)
                pieces = self._pieces(response, messages.RESULT(), MAX_RESULT_BYTES, deadline)
                yield recognized(_unbroken(pieces), sender)
        except httpx.TransportError as error:
            raise _broken(error) from error

    def _deadline(self, silence: float, seconds: float) -> Deadline:
        return Deadline(silence, self._clock() + seconds, self._clock)

    def _pieces(self, response: httpx.Response, what: Message, most: int, deadline: Deadline) -> Iterator[bytes]:
        late = Unavailable(f"{what.en.title()}TooSlow", messages.TOO_SLOW(what=what))
        size = 0
        try:
            for piece in response.iter_raw():
                size += len(piece)
                if size > most:
                    raise Unavailable(f"{what.en.title()}TooLarge", messages.TOO_MANY_BYTES(what=what, most=most))
                if self._clock() > deadline.at:
                    raise late
                yield piece
        except httpx.ReadTimeout:
            if self._clock() < deadline.at:
                raise
            raise late from None

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        """Check that a result may be fetched from `url`: from Alibaba's OSS, `hosts` and their subdomains, and what the
        operator allowed.

        Raises `Misconfigured` for any other host and for a private address, and `Unavailable` when `url` is no HTTP
        address, which no setting could mend.
        """
        if url.startswith(INLINE):
            return
        address = _address(url)
        host = address.host
        if address.scheme not in ("http", "https") or not host:
            raise Unavailable("ResultLink", messages.RESULT_NOT_HTTP(scheme=address.scheme))
        if {host, f"{host}:{address.port}"} & self._result_hosts:
            return  # named by the operator, wherever it is
        of_oss = host.endswith(_OSS_DOMAIN) and any(part.startswith("oss-") for part in host.split("."))
        if not of_oss and not any(host == domain or host.endswith(f".{domain}") for domain in hosts):
            raise Misconfigured("ResultHost", messages.RESULT_HOST(host=host))
        if not all(ipaddress.ip_address(address).is_global for address in _resolve(host)):
            raise Misconfigured("ResultHost", messages.RESULT_HOST_PRIVATE(host=host))


def _address(url: str) -> httpx.URL:
    """Parsed as httpx does when it connects, so that the host that is checked is the host that is fetched from."""
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Unavailable("ResultLink", messages.RESULT_LINK(error=str(error))) from error


def _resolve(host: str) -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:  # the second for a label longer than a name may have
        raise Unavailable("ResultHostUnknown", messages.RESULT_HOST_UNKNOWN(host=host, error=str(error))) from error


def _unbroken(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Translates httpx's errors, since oss2, which reads the pieces as it stores them, may not pass them on."""
    try:
        yield from pieces
    except httpx.TransportError as error:
        raise _broken(error) from error


def _broken(error: httpx.TransportError) -> Unavailable:
    return Unavailable("ResultBroken", messages.RESULT_BROKEN(error=type(error).__name__))


def _host(url: str) -> str:
    return _address(url).netloc.decode()
