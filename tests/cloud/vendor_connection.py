"""The connection under a call to a vendor: who is at the other end, and hanging up on them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import NoReturn

from werkzeug.wrappers import Request


def client(request: Request) -> tuple[str, int]:
    return request.environ["REMOTE_ADDR"], int(request.environ["REMOTE_PORT"])


def hang_up(request: Request) -> NoReturn:
    # Raising alone is not enough: the server would keep the connection open for another request.
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def half(request: Request, content: bytes) -> Iterator[bytes]:
    """A body that breaks off in the middle."""
    yield content[: len(content) // 2]
    hang_up(request)
