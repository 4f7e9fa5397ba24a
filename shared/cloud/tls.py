"""Which certificates are trusted, and which errors of TLS mean that a handshake failed."""

from __future__ import annotations

import ssl
from functools import lru_cache

import httpx

_REFUSALS = (
    *("HANDSHAKE_FAILURE", "PROTOCOL_VERSION", "INSUFFICIENT_SECURITY", "DECRYPT_ERROR", "ILLEGAL_PARAMETER"),
    *("BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REQUIRED", "CERTIFICATE_REVOKED"),
    *("CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED"),
    *("MISSING_EXTENSION", "UNSUPPORTED_EXTENSION", "UNRECOGNIZED_NAME", "NO_APPLICATION_PROTOCOL"),
)
"""Alerts that end a handshake and nothing else (RFC 8446, section 6.2), as OpenSSL spells the ends of their names."""


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """The one context of all connections, made at the first call and kept for the life of the instance: to read the
    certificates takes as long as ten requests do."""
    return httpx.create_ssl_context()


def refuses_the_handshake(error: BaseException | None) -> bool:
    """Whether the server refused the connection, which the client may hear late: with TLS 1.3 it may have sent its
    request already, and the server has not read it."""
    return isinstance(error, ssl.SSLError) and (error.reason or "").endswith(_REFUSALS)
