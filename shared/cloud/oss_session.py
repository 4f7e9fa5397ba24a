"""What oss2 sends its requests with, in place of requests: connections and nothing else.

Of the CPU time of a request, requests takes half, for proxies, netrc, cookies, redirects and hooks, of which OSS has
none; and for every new connection it has the certificates read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout

from shared.cloud.tls import trusted

_PIECE = 1 << 16
"""Bytes, of a body that is read in pieces."""


class Asked(Protocol):
    """What there is to know of an `oss2.http.Request`."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str | None]
    data: Any
    """Bytes, their iterator, or None."""


class Connections:
    """Up to `most` kept open for each host; more come and go."""

    def __init__(self, most: int) -> None:
        self._pools = PoolManager(maxsize=most, ssl_context=trusted())

    def session(self, again: Retry) -> Session:
        """What an `oss2.Bucket` takes as its session; `again` says which requests it sends another time."""
        return Session(self._pools, again)


class Session:
    """See `Connections`."""

    def __init__(self, pools: PoolManager, again: Retry) -> None:
        self._pools = pools
        self._again = again

    def do_request(self, asked: Asked, timeout: tuple[float, float]) -> Answer:
        """`timeout` is in seconds, to connect and between two bytes. Raises urllib3's `HTTPError`."""
        scheme, _, host, path = asked.url.split("/", 3)
        query = f"?{urlencode(asked.params)}" if asked.params else ""
        response = self._pools.connection_from_url(f"{scheme}//{host}").urlopen(
            asked.method,
            f"/{path}{query}",
            asked.data,
            {name: value for name, value in asked.headers.items() if value is not None},
            self._again,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=timeout[0], read=timeout[1]),
            preload_content=False,
        )
        return Answer(response)


class Answer:
    """What oss2 asks of an `oss2.http.Response`. Reading it to the end gives its connection back."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = response.headers
        self.request_id = response.headers.get("x-oss-request-id", "")

    def read(self, size: int | None = None) -> bytes:
        return self._response.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return self._response.stream(_PIECE)

    def close(self) -> None:
        """Give up what has not been read, and its connection."""
        self._response.close()
