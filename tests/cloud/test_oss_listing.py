"""What is in a bucket of the local OSS, page by page."""

from __future__ import annotations

import hashlib
from typing import Any

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.accounts import Accounts
from tests.cloud.oss_world import World, refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


KEYS = sorted(
    ["a", "a/1", "a/2", "a/b/3", "a/b/4", "a b", "b", "c/d/5", "红/1", "红/2", "a\x01b", "z%41"]
    + [f"n/{n}" for n in range(9)]
)


@pytest.mark.parametrize("prefix", ["", "a", "a/", "红/", "none"])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
def test_a_list_is_complete_and_in_order_whatever_the_size_of_its_pages(
    running: World, listed: oss2.Bucket, prefix: str, delimiter: str, iterator: Any
) -> None:
    def shown(key: str) -> str:
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        return key[: end + 1] if end >= 0 else key

    expected = list(dict.fromkeys(shown(key) for key in KEYS if key.startswith(prefix)))
    for size in (1, 2, 3, 100):
        running.oss.requests.clear()
        found = list(iterator(listed, prefix=prefix, delimiter=delimiter, max_keys=size))
        assert [one.key for one in found] == expected
        assert [one.is_prefix() for one in found] == [bool(delimiter) and key.endswith("/") for key in expected]
        assert len(running.oss.requests) == max(1, -(-len(expected) // size))


@pytest.fixture(scope="module")
def listed(running: World) -> oss2.Bucket:
    running.oss.create_bucket("listed")
    bucket = running.client(bucket="listed")
    for key in KEYS:
        bucket.put_object(key, b"1")
    return bucket


def test_a_list_begins_after_its_marker_and_says_what_each_object_is(listed: oss2.Bucket) -> None:
    first = listed.list_objects(marker="n/6", max_keys=1).object_list[0]
    assert (first.key, first.size, first.type, first.storage_class) == ("n/7", 1, "Normal", "Standard")
    assert first.etag == hashlib.md5(b"1").hexdigest().upper()
    assert listed.list_objects_v2(start_after="n/6", max_keys=1).object_list[0].owner is None
    assert listed.list_objects_v2(start_after="n/6", fetch_owner=True).object_list[0].owner.id == Accounts.uid


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_holds_between_one_and_a_thousand(listed: oss2.Bucket, size: int) -> None:
    assert refusal(listed.list_objects, max_keys=size) == (400, "InvalidArgument")


def test_a_list_reads_without_encoding_too(running: World, listed: oss2.Bucket) -> None:
    query = {"prefix": "红/", "max-keys": "1"}
    asked = oss2.http.Request("GET", f"{running.oss.url}/listed/", params=query, region="cn-shanghai", product="oss")
    url = listed.auth._sign_url(asked, "listed", "", 60)
    assert "<Key>红/1</Key>" in requests.get(url, timeout=5).content.decode()
