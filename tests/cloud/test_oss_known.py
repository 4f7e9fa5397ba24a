"""What the local OSS does not have is refused by name, and never passed over."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.oss_world import World, refusal, web_refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

HEADERS = {
    "x-oss-callback": "e30=",
    "x-oss-storage-class": "IA",
    "x-oss-tagging": "a=b",
    "x-oss-server-side-encryption": "AES256",
    "x-oss-traffic-limit": "819200",
    "x-oss-what-comes-next-year": "1",
}
SUBRESOURCES = [
    "live",
    "select",
    "qosInfo",
    "tagging",
    "append",
    "what-comes-next-year",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("call", ["put_object", "copy_object", "init_multipart_upload"])
def test_a_header_that_would_have_no_effect_is_refused(
    bucket: oss2.Bucket, world: World, call: str, header: str
) -> None:
    bucket.put_object("a", b"here")
    arguments: dict[str, tuple[Any, ...]] = {
        "put_object": ("b", b""),
        "copy_object": (world.bucket, "a", "b"),
        "init_multipart_upload": ("b",),
    }
    with pytest.raises(oss2.exceptions.ServerError, match=header) as raised:
        getattr(bucket, call)(*arguments[call], headers={header: HEADERS[header]})
    assert (raised.value.status, raised.value.code) == (501, "NotImplemented")
    assert not bucket.object_exists("b")
    assert bucket.list_multipart_uploads().upload_list == []


def test_the_storage_class_that_every_object_has_may_be_asked_for(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"", headers={"x-oss-storage-class": "Standard"})
    assert bucket.head_object("a").headers["x-oss-storage-class"] == "Standard"


@pytest.mark.parametrize("name", SUBRESOURCES)
@pytest.mark.parametrize("key", ["", "a"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_subresource_that_the_box_does_not_have_is_no_plain_request(
    bucket: oss2.Bucket, world: World, method: str, key: str, name: str
) -> None:
    bucket.put_object("a", b"here")
    with pytest.raises(oss2.exceptions.ServerError, match=name) as raised:
        bucket._do(method, world.bucket, key, params={name: ""}, data=b"other")
    assert (raised.value.status, raised.value.code) == (501, "NotImplemented")
    assert bucket.get_object("a").read() == b"here"


def test_a_traffic_limit_in_a_link_is_refused(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"here")
    answer = requests.get(bucket.sign_url("GET", "a", 60, params={"x-oss-traffic-limit": "819200"}), timeout=5)
    assert web_refusal(answer) == (501, "NotImplemented")


def test_a_bucket_that_is_not_there_is_said_before_the_key_is_looked_at(world: World) -> None:
    nobody = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider("nobody", "nothing"))
    bucket = oss2.Bucket(nobody, world.oss.url, "no-such-bucket", region="cn-shanghai")
    for call in (lambda: bucket.get_object("a"), bucket.get_bucket_acl, lambda: bucket.put_object("/", b"")):
        assert refusal(call) == (404, "NoSuchBucket")
    bucket = oss2.Bucket(nobody, world.oss.url, world.bucket, region="cn-shanghai")
    assert refusal(bucket.get_object, "a") == (403, "InvalidAccessKeyId")
