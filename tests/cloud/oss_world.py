"""An OSS to test against, a bucket of its own for every test, and how tests use it through Alibaba's own client.

Test modules take the fixtures by assignment: arguments of the same name would shadow an import.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import oss2
import pytest
import requests

from tests.cloud.accounts import Accounts, Key
from tests.cloud.oss import Oss

_numbers = itertools.count(1)


@dataclass
class World:
    """An OSS, what it told, and a clock that can be set."""

    accounts: Accounts = field(default_factory=Accounts)
    events: list[dict[str, Any]] = field(default_factory=list)
    ahead: float = 0.0
    bucket: str = ""

    def __post_init__(self) -> None:
        self.oss = Oss(self.accounts, on_event=self.events.append, clock=lambda: time.time() + self.ahead)

    def client(self, key: Key | None = None, *, bucket: str = "", region: str = "cn-shanghai") -> oss2.Bucket:
        key = key or self.accounts.owner
        credentials = oss2.credentials.StaticCredentialsProvider(
            key.access_key_id, key.access_key_secret, key.security_token
        )
        return oss2.Bucket(oss2.ProviderAuthV4(credentials), self.oss.url, bucket or self.bucket, region=region)

    @property
    def heard(self) -> list[str]:
        return [event["events"][0]["eventName"] for event in self.events]


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    world = World()
    yield world
    world.oss.stop()


@pytest.fixture
def world(running: World) -> World:
    """The one OSS, with a bucket of its own for this test and nothing heard yet."""
    running.bucket = f"bucket-{next(_numbers)}"
    running.oss.create_bucket(running.bucket)
    running.events.clear()
    running.oss.requests.clear()
    running.ahead = 0.0
    return running


@pytest.fixture
def bucket(world: World) -> oss2.Bucket:
    return world.client()


def refusal(call: Callable[..., Any], *arguments: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        call(*arguments, **more)
    assert raised.value.request_id
    return raised.value.status, raised.value.code


def web_refusal(answer: requests.Response) -> tuple[int, str]:
    error = oss2.exceptions._parse_error_body(answer.content)
    assert error["RequestId"] == answer.headers["x-oss-request-id"]
    return answer.status_code, error["Code"]


def create_once(bucket: oss2.Bucket, key: str, body: bytes) -> Any:
    return bucket.put_object(key, body, headers={"x-oss-forbid-overwrite": "true"})


def upload(
    bucket: oss2.Bucket, key: str, *parts: bytes, headers: dict[str, str] | None = None
) -> tuple[str, list[Any]]:
    # Without it, a control character in the key would be one in the XML.
    begun = bucket.init_multipart_upload(key, headers=headers, params={"encoding-type": "url"})
    upload_id = begun.upload_id
    sent = []
    for number, part in enumerate(parts, 1):
        answer = bucket.upload_part(key, upload_id, number, part)
        sent.append(oss2.models.PartInfo(number, answer.etag, size=len(part), part_crc=answer.crc))
    return upload_id, sent


def complete(
    bucket: oss2.Bucket, key: str, upload_id: str, parts: list[Any] | None, headers: dict[str, str] | None = None
) -> Any:
    made = bucket.complete_multipart_upload(key, upload_id, parts, headers=headers)
    made.resp.read()  # oss2 does not, and would leave the connection to the garbage collector
    return made
