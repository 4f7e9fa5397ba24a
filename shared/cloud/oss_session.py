"""The session that oss2 sends its requests with, in place of requests: a pool of connections and nothing else.

requests takes half of a request's CPU time for proxies, netrc, cookies, redirects and hooks, none of which OSS needs,
and it reads the certificates again for every new connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout

from shared.cloud.oss_clock import OssClock
from shared.cloud.tls import trusted

_PIECE = 1 << 16
"""Bytes, of a body that is read in pieces."""

NEVER = Retry(0)
PATIENT = Retry(total=3, read=1, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), raise_on_status=False)
"""For what reads: it may be sent again whatever came of it."""
_UNSENT = Retry(total=3, read=0, other=0, backoff_factor=0.2, respect_retry_after_header=False)
"""For what changes something: it is sent again only if there was no connection. With any other error it may have
arrived, and a 5xx may come from a server that has done it all the same: see `shared/cloud/changes.py`."""


class OssRequest(Protocol):
    """What is used of an `oss2.http.Request`."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str | None]
    data: Any
    """Bytes, their iterator, or None."""


def connections(most: int) -> PoolManager:
    """A pool that keeps up to `most` connections open for each host. More may be opened; they are closed after use."""
    return PoolManager(maxsize=most, ssl_context=trusted())


class Session:
    """What an `oss2.Bucket` takes as its session, over `pools`, which may be shared; `again` says when a GET or a HEAD
    is sent again, and `clock` hears the date of every answer."""

    def __init__(self, pools: PoolManager, again: Retry, clock: OssClock) -> None:
        self._pools = pools
        self._again = again
        self._clock = clock

    def do_request(self, request: OssRequest, timeout: tuple[float, float]) -> Answer:
        """Send `request`. `timeout` is in seconds: to connect, and between two bytes. Raises urllib3's `HTTPError`."""
        scheme, _, host, path = request.url.split("/", 3)
        query = f"?{urlencode(request.params)}" if request.params else ""
        sent = self._clock.local()
        response = self._pools.connection_from_url(f"{scheme}//{host}").urlopen(
            request.method,
            f"/{path}{query}",
            request.data,
            {name: value for name, value in request.headers.items() if value is not None},
            self._again if request.method in ("GET", "HEAD") else _UNSENT,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=timeout[0], read=timeout[1]),
            preload_content=False,
        )
        self._clock.heard(response.headers.get("Date", ""), sent)
        return Answer(response)


class Answer:
    """What oss2 uses of an `oss2.http.Response`. Reading it to the end returns its connection to the pool."""

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
        """Drop what has not been read, and close the connection."""
        self._response.close()
