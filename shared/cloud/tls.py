"""Whom we trust: one context for all connections, since reading the certificates takes as long as ten requests do."""

from __future__ import annotations

import ssl
from functools import lru_cache

import httpx


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Made when it is first asked for, and kept for the life of the instance."""
    return httpx.create_ssl_context()
