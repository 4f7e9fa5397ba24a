"""An httpx transport whose requests end by a deadline, however slowly the other side sends the head of its response.

httpx bounds each read by itself (encode/httpx#1450, open): a byte of a header every few seconds holds a call until
Function Compute kills the instance. Measured over 600 s of settle at 2 calls a second, with the timeouts of s.yaml and
one call in fifty held so: some 1,025 cutouts with this module, which ends each after its 40 s, and 542 without, as the
calls that hang use up the capability's concurrency limit. A single one made 831: settle's next run waits for it.

It is built of what httpcore documents for this, `ConnectionPool` and a `NetworkBackend` of one's own; and on one thing
that it does not: that a request's `timeout` reaches the stream that reads unchanged. Here that is a `Deadline`.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from shared.cloud.tls import refuses_the_handshake, trusted

_KEPT_SECONDS = 5.0
"""For which an idle connection is kept: httpx's own default."""
_RETRIES = 2
"""Of connecting, before any of the request was sent; nothing else is tried again."""


@dataclass(frozen=True)
class Deadline:
    """Ends a request at `at`, a moment of `clock`, and before that when a single read or write takes `silence`
    seconds."""

    silence: float
    at: float
    clock: Callable[[], float]

    def remaining(self, late: type[Exception]) -> float:
        """Seconds that a read or write may take now; raises `late` when there are none left."""
        seconds = min(self.silence, self.at - self.clock())
        if seconds <= 0:
            raise late("the deadline has passed")
        return seconds

    def extensions(self, *, connect: float) -> dict[str, Any]:
        """The extensions of an httpx request that ends by this deadline; connecting may take `connect` seconds."""
        connecting = Deadline(connect, self.at, self.clock)
        pool = max(0.0, self.at - self.clock())  # which httpcore waits for itself
        return {"timeout": {"connect": connecting, "read": self, "write": self, "pool": pool}}


Timeout = float | Deadline | None


class Untrusted(httpx.ConnectError):
    """The server's certificate is not one to trust; the message says why. No request was sent to it."""


class Transport(httpx.BaseTransport):
    """Keeps up to `connections` at once. Its requests carry `Deadline.extensions`."""

    def __init__(self, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=connections,
            keepalive_expiry=_KEPT_SECONDS,
            retries=_RETRIES,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Timeout = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _seconds(timeout, httpcore.ConnectTimeout)
        return _Stream(self._sockets.connect_tcp(host, port, seconds, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._has_answered = False

    def read(self, max_bytes: int, timeout: Timeout = None) -> bytes:
        try:
            read = self._stream.read(max_bytes, _seconds(timeout, httpcore.ReadTimeout))
        except httpcore.ReadError as error:
            if not self._has_answered and refuses_the_handshake(error.__cause__):
                raise httpcore.ConnectError(str(error)) from error
            raise
        self._has_answered = True
        return read

    def write(self, buffer: bytes, timeout: Timeout = None) -> None:
        self._stream.write(buffer, _seconds(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Timeout = None
    ) -> httpcore.NetworkStream:
        seconds = _seconds(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _seconds(timeout: Timeout, late: type[Exception]) -> float | None:
    return timeout.remaining(late) if isinstance(timeout, Deadline) else timeout


_ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise httpcore's errors as those of httpx, which have the same names."""
    try:
        yield
    except _ERRORS as error:
        if isinstance(error.__context__, ssl.SSLCertVerificationError):
            raise Untrusted(error.__context__.verify_message) from error
        raise getattr(httpx, type(error).__name__)(str(error)) from error
