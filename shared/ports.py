"""The seams of the line: what it needs of a vendor, the web and the bucket, and what a test puts in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from shared.models import (
    Accepted,
    Capability,
    Done,
    Download,
    Entry,
    Failed,
    Pending,
    Reply,
    Request,
    Source,
    Stamp,
    Stored,
    Task,
)
from shared.quotas import Quotas


class Provider(Protocol):
    """One vendor's dialect: builds requests, reads replies, touches nothing."""

    quotas: Quotas
    """What was bought of it."""
    result_hosts: tuple[str, ...]
    """Domains whose hosts its results may come from."""
    links_live: float
    """Seconds that the links to its results live."""
    works_for: float
    """Seconds within which it finishes what it has accepted."""

    def missing(self, capability: Capability) -> tuple[str, ...]:
        """The names of the settings that it cannot be called without, and that are not set."""
        ...

    def call(self, capability: Capability, tasks: Sequence[Task], stamp: Stamp) -> Request:
        """The call for `tasks`, of which there are no more than `capability.batch`."""
        ...

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        """`Done` only of a single task. Raises a `CutoutError` when the vendor refuses."""
        ...

    def ask(self, capability: Capability, ticket: str, stamp: Stamp) -> Request:
        """The question what became of `ticket`."""
        ...

    def fate(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        """What became of the task that was at `index` in its call. Raises a `CutoutError` when the question itself
        was refused."""
        ...


class Web(Protocol):
    """What the line needs of the network; `shared.web.HttpWeb` says what each does and raises."""

    def send(self, request: Request, on_turn: Callable[[], object] = ...) -> Reply: ...

    def came_too_early(self, request: Request) -> None: ...

    def allow(self, url: str, hosts: tuple[str, ...]) -> None: ...

    def fetch(self, url: str, hosts: tuple[str, ...]) -> AbstractContextManager[Download]: ...


class Invoker(Protocol):
    def invoke(self, group: str, event: bytes) -> None:
        """Have the function that serves `group` invoked with `event`, by and by; a `CutoutError` when refused."""
        ...


class Bucket(Protocol):
    """What the line needs of OSS; `shared.storage.OssBucket` says what each does and raises."""

    def look(self, key: str) -> Source | None: ...

    def window(self, key: str, start: int, length: int) -> bytes: ...

    def read(self, key: str) -> Stored | None: ...

    def etag(self, key: str) -> str: ...

    def create(self, key: str, body: bytes) -> bool: ...

    def write(self, key: str, body: bytes, *, mark: str = "") -> None: ...

    def store(self, key: str, download: Download, *, mark: str) -> int: ...

    def delete(self, keys: tuple[str, ...]) -> None: ...

    def list(self, prefix: str, *, after: str = "", page: int = 1000) -> Iterator[Entry]: ...

    def link(self, key: str, process: str, seconds: int) -> str: ...

    def address(self, key: str, process: str) -> str: ...

    def check_link(self, link: str) -> None: ...

    def stage(self, key: str, copy: str, *, public: bool) -> None: ...
