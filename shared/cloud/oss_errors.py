"""Translates the errors of oss2 and of its connections into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oss2.exceptions import ServerError
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from shared.errors import Misconfigured, ObjectForbidden, Rejected, Unavailable, Uncertain
from shared.messages import cloud as messages


class Unforeseen(Exception):
    """OSS refuses what it should not: a bug of ours."""


_GONE = ("NoSuchKey", "SymlinkTargetNotExist", "InvalidTargetType", "NotSymlink")
"""What OSS says of an object that was deleted since it was seen, or is a symbolic link now, or none any more."""


@contextmanager
def translated(read: str = "") -> Iterator[None]:
    """Around requests to OSS. Raises `Unavailable`, `Rejected` or `Misconfigured`; and `Unforeseen` for any other 4xx.

    It is `Uncertain` when a request may have arrived, and has no answer or a 5xx. `read` is the key of the object that
    is read, if it is somebody else's: that access to it is denied is no trouble with the bucket, and raises
    `ObjectForbidden`.

    What oss2 raises quotes the request, its signature and token included, so it is never chained to ours.
    """
    try:
        yield
    except HTTPError as error:
        cause = getattr(error, "reason", None) or error
        said = messages.OSS_NOT_REACHED(error=type(cause).__name__)
        if isinstance(cause, ConnectTimeoutError):  # or refused: nothing was sent
            raise Unavailable("OssUnreachable", said) from None
        raise Uncertain("OssUnreachable", said) from None
    except ServerError as error:
        if error.code in _GONE:
            raise Unavailable("NoSuchKey", messages.OBJECT_GONE()) from None
        if error.code == "InvalidObjectState":
            raise Rejected(error.code, messages.OBJECT_ARCHIVED()) from None
        if error.status == 403 and read and _is_denied(error.code):
            denied = messages.OBJECT_FORBIDDEN(key=read, said=error.message)
            raise ObjectForbidden("ObjectForbidden", denied, request_id=error.request_id) from None
        if error.status == 403:
            said = messages.OSS_FORBIDS(said=error.message)
            raise Misconfigured(error.code or "AccessDenied", said, request_id=error.request_id) from None
        if error.status >= 500:
            said = messages.OSS_FAILED(said=error.message)
            raise Uncertain(error.code or "OssFailed", said, request_id=error.request_id) from None
        raise Unforeseen(f"OSS answers {error.status} {error.code}: {error.message}") from None


def _is_denied(code: str) -> bool:
    """Whether the code is about a right, or about the object's key at KMS, and not about the request's signature. The
    answer to a HEAD has none."""
    return code in ("", "AccessDenied") or "kms" in code.lower()
