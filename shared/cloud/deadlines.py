"""Connections on which a whole exchange ends by its deadline, however slowly the other side drips.

httpx and httpcore bound each read by itself, so a byte now and then keeps a reply's head coming for ever. But they hand
a timeout down as it is to the stream that reads: here it is a `Patience`, of which each read takes what is left.
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

from shared.cloud.tls import trusted

_KEPT_SECONDS = 5.0
"""An idle connection, before it is closed: httpx's own default."""
_RETRIES = 2
"""Of connecting, before anything was said, and of nothing else."""


@dataclass(frozen=True)
class Patience:
    """With the other side: `seconds` without a word from it, and nothing after `deadline`, a moment of `clock`."""

    seconds: float
    deadline: float
    clock: Callable[[], float]

    def left(self, late: type[Exception]) -> float:
        """Seconds that may be waited now; raises `late` when there are none."""
        left = min(self.seconds, self.deadline - self.clock())
        if left <= 0:
            raise late("the deadline has passed")
        return left

    def timeouts(self, *, connect: float) -> dict[str, Any]:
        """The extensions of an httpx request that is to be bounded by it; a connection has `connect` seconds to come
        about, and the pool's own wait is in plain ones."""
        connecting = Patience(connect, self.deadline, self.clock)
        pool = max(0.0, self.deadline - self.clock())
        return {"timeout": {"connect": connecting, "read": self, "write": self, "pool": pool}}


Timeout = float | Patience | None


class Untrusted(httpx.ConnectError):
    """The other side's certificate is not one to trust; the message says why. Nothing was said to it."""


class Transport(httpx.BaseTransport):
    """Up to `connections` at once; its requests carry the timeouts of a `Patience`."""

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
        with _in_httpx_words():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _in_httpx_words():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


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
            if not self._has_answered and _refuses_the_handshake(error.__cause__):
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


_REFUSALS = (
    *("HANDSHAKE_FAILURE", "PROTOCOL_VERSION", "INSUFFICIENT_SECURITY", "DECRYPT_ERROR", "ILLEGAL_PARAMETER"),
    *("BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REQUIRED", "CERTIFICATE_REVOKED"),
    *("CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED"),
    *("MISSING_EXTENSION", "UNSUPPORTED_EXTENSION", "UNRECOGNIZED_NAME", "NO_APPLICATION_PROTOCOL"),
)
"""Alerts that end a handshake and nothing else (RFC 8446, section 6.2), as OpenSSL spells the ends of their names."""


def _refuses_the_handshake(error: BaseException | None) -> bool:
    """Whether the other side has refused the connection late: with TLS 1.3 a client may send its request, which is then
    not read, before it hears of that."""
    return isinstance(error, ssl.SSLError) and (error.reason or "").endswith(_REFUSALS)


def _seconds(timeout: Timeout, late: type[Exception]) -> float | None:
    return timeout.left(late) if isinstance(timeout, Patience) else timeout


_TROUBLE = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


@contextmanager
def _in_httpx_words() -> Iterator[None]:
    """Both libraries call what goes wrong by the same names."""
    try:
        yield
    except _TROUBLE as error:
        if isinstance(error.__context__, ssl.SSLCertVerificationError):
            raise Untrusted(error.__context__.verify_message) from error
        raise getattr(httpx, type(error).__name__)(str(error)) from error
