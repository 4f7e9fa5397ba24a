"""The connection under a call to a vendor: who is at the other end, and hanging up on them."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.wrappers import Request


def client(request: Request) -> tuple[str, int]:
    return request.environ["REMOTE_ADDR"], int(request.environ["REMOTE_PORT"])


def half(content: bytes) -> Iterator[bytes]:
    """A body that breaks off in the middle."""
    yield content[: len(content) // 2]
    raise ConnectionAbortedError
