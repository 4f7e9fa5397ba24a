"""Protocols of the bucket, of HTTP and of Function Compute, and the values that they take and return. Tests have
implementations of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from shared.pictures.sniff import Download

METADATA = "oss-cutout"
"""The name of the metadata on every result and receipt. Its value, `inputs_etag`, is the ETags of the pictures that it
was made from."""

LONGEST_REPLY = 24_000_000
"""Bytes of a vendor's reply, for vendors that may put pictures into it: what a function of 512 MB can hold at every
step from here to the bucket. In base64 that is a picture of 18 MB; the largest that may be uploaded has 15."""

LONGEST_DOCUMENT = LONGEST_REPLY + 1_000_000
"""Bytes of a document that are read. The longest is a job that holds a vendor's longest reply, and its own fields."""


@dataclass(frozen=True)
class Credentials:
    """An access key; `security_token` is empty for a permanent one."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r})"  # a secret must not end up in a log


@runtime_checkable
class Signer(Protocol):
    """What signs requests with the credentials of an invocation and is kept for longer than that."""

    def renew(self, credentials: Credentials) -> None:
        """From now on, sign with `credentials`."""
        ...


@dataclass(frozen=True)
class ListedObject:
    """An object as a listing shows it."""

    key: str
    etag: str
    modified: datetime
    size: int
    """Bytes."""


@dataclass(frozen=True)
class ObjectHead:
    """An uploaded object: what OSS knows of it, and its first bytes."""

    key: str
    etag: str
    size: int
    """Bytes."""
    modified: datetime
    metadata: Mapping[str, str]
    """The user's metadata, without the `x-oss-meta-` prefix."""
    head: bytes
    is_link: bool = False
    """Whether it is a symbolic link: then all this is said of the link itself, and `head` is empty."""


@dataclass(frozen=True)
class StoredDocument:
    """A small document as it was read, with its ETag and its `inputs_etag` (`METADATA`; empty: none)."""

    body: bytes
    etag: str
    inputs_etag: str


@dataclass(frozen=True)
class Quota:
    """A quota in calls a second: requests with the same quota share it."""

    name: str
    per_second: float


@dataclass(frozen=True)
class Request:
    """One HTTP request to a vendor, with a form or with JSON, and the quota that it counts against.

    `longest_reply` is in bytes, at most `LONGEST_REPLY`: replies of links and boxes have some kilobytes.
    """

    method: str
    url: str
    quota: Quota
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    longest_reply: int = 1_000_000


@dataclass(frozen=True)
class Reply:
    """A vendor's reply; the names of `headers` are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Http(Protocol):
    """What the pipeline needs of HTTP; `shared.cloud.http_client.HttpClient` says what each method does and raises."""

    def send(self, request: Request, on_slot: Callable[[], object] = ...) -> Reply: ...

    def throttled(self, request: Request) -> None: ...

    def allow(self, url: str, hosts: tuple[str, ...]) -> None: ...

    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> AbstractContextManager[Download]: ...


class Invoker(Protocol):
    """What backfill needs of Function Compute."""

    def invoke(self, group: str, event: bytes) -> None:
        """Invoke the function of `group` with `event`, asynchronously. Raises a `CutoutError` when that is refused."""
        ...


class Bucket(Protocol):
    """What pipeline and jobs need of OSS; `shared.cloud.oss.OssBucket` says what each method does and raises."""

    def peek(self, key: str) -> ObjectHead | None: ...

    def read_range(self, key: str, start: int, length: int) -> bytes: ...

    def read(self, key: str) -> StoredDocument | None: ...

    def download(self, key: str, path: Path, *, process: str = "", most: int) -> None: ...

    def etag(self, key: str) -> str: ...

    def create(self, key: str, body: bytes) -> bool: ...

    def write(
        self, key: str, body: bytes, *, inputs_etag: str = "", still_needed: Callable[[], bool] = ...
    ) -> None: ...

    def store(self, key: str, download: Download, *, inputs_etag: str) -> int: ...

    def check_write(self, key: str) -> None: ...

    def delete(self, keys: tuple[str, ...], *, still_needed: Callable[[], bool] = ...) -> None: ...

    def list(
        self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True
    ) -> Iterator[ListedObject]: ...

    def link(self, key: str, process: str, seconds: int) -> str: ...

    def address(self, key: str, process: str) -> str: ...

    def check_link(self, link: str) -> None: ...

    def publish_copy(self, key: str, copy: str, *, public: bool) -> None: ...
