"""A desk over a bucket in memory, asked as a browser asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from console.account import Account
from console.desk.desk import Desk
from console.desk.serve import Server
from console.records.mirror import Mirror
from console.settings import Settings
from tests.unit.fakes import Clock, MemoryBucket


class OneAccount(Account):
    """Whose one bucket is in memory."""

    def __init__(self, bucket: MemoryBucket) -> None:
        super().__init__(Settings({"OSS_BUCKET": "shop-photos", "PRICES": "general/common=0.01"}), {})
        self.memory = bucket

    def bucket(self, name: str = "") -> Any:
        return self

    def put_object(self, key: str, body: Any) -> None:
        self.memory.put(key, body.read())


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


@pytest.fixture
def desk(bucket: MemoryBucket, tmp_path: Path) -> Iterator[Desk]:
    mirror = Mirror(bucket, tmp_path / "cache" / "bucket.sqlite")
    yield Desk(OneAccount(bucket), bucket, bucket, mirror, "en")
    mirror.close()


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    running = Server(desk)
    thread = Thread(target=running.serve_until_interrupted)
    thread.start()
    yield running
    running.should_exit = True
    thread.join()


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    """A browser that was not given the address."""
    with httpx.Client(base_url=server.address.partition("/?")[0], trust_env=False) as client:
        yield client


@pytest.fixture
def browser(stranger: httpx.Client, server: Server) -> httpx.Client:
    """One that was; what it sends comes from the desk's own page."""
    stranger.get(server.address)
    stranger.headers["Origin"] = server.address.partition("/?")[0]
    return stranger
