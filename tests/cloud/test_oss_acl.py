"""What an object's ACL lets people do who do not sign, and whose copy an object is."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import oss2
import pytest
import requests
from PIL import Image

from tests.cloud import oss_world
from tests.cloud.oss_world import World, complete, refusal, upload, web_refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

PUBLIC = {"x-oss-object-acl": "public-read"}
NOT_PUBLIC = (403, "AccessDenied")


def bare(world: World, key: str, query: str = "") -> str:
    """The address of an object without any signature."""
    return f"{world.oss.url}/{world.bucket}/{quote(key)}{query}"


def anyone(method: str, url: str, **more: Any) -> requests.Response:
    return requests.request(method, url, timeout=5, **more)


def in_parts(bucket: oss2.Bucket, key: str, *, begun: dict[str, str], completed: dict[str, str]) -> None:
    complete(bucket, key, *upload(bucket, key, b"here", headers=begun), headers=completed)


WAYS: dict[str, Callable[[oss2.Bucket, str, dict[str, str]], Any]] = {
    "PutObject": lambda bucket, key, acl: bucket.put_object(key, b"here", headers=acl),
    "CopyObject": lambda bucket, key, acl: bucket.copy_object(bucket.bucket_name, "source", key, headers=acl),
    "CopyObject, other metadata": lambda bucket, key, acl: bucket.copy_object(
        bucket.bucket_name, "source", key, headers={"x-oss-metadata-directive": "REPLACE", **acl}
    ),
    "InitiateMultipartUpload": lambda bucket, key, acl: in_parts(bucket, key, begun=acl, completed={}),
    "CompleteMultipartUpload": lambda bucket, key, acl: in_parts(bucket, key, begun={}, completed=acl),
}
ways = pytest.mark.parametrize("make", WAYS.values(), ids=WAYS.keys())


# Reading


@pytest.mark.parametrize(("acl", "status"), [("", 403), ("default", 403), ("private", 403), ("public-read", 200)])
@ways
def test_an_object_is_as_public_as_it_was_made(
    bucket: oss2.Bucket, world: World, make: Callable[..., Any], acl: str, status: int
) -> None:
    bucket.put_object("source", b"here", headers=PUBLIC if status == 403 else {})
    make(bucket, "红 1", {"x-oss-object-acl": acl} if acl else {})
    assert bucket.get_object_acl("红 1").acl == (acl or "default")
    got = anyone("GET", bare(world, "红 1"))
    assert (got.status_code, got.content == b"here") == (status, status == 200)
    if status == 403:
        # Its own ACL, or the bucket's.
        assert web_refusal(got) == NOT_PUBLIC
        assert got.headers.get("x-oss-ec", "") == ("" if acl == "private" else "0003-00000001")
    for query in ("", "?objectMeta"):
        assert anyone("HEAD", bare(world, "红 1", query)).status_code == status
    assert bucket.get_object("红 1").read() == b"here"


@pytest.mark.parametrize("acl", ["public-read", "public-read-write"])
def test_an_acl_can_be_set_and_taken_back(bucket: oss2.Bucket, world: World, acl: str) -> None:
    bucket.put_object("a", b"here")
    world.events.clear()
    bucket.put_object_acl("a", acl)
    assert bucket.get_object_acl("a").acl == acl
    assert anyone("GET", bare(world, "a")).content == b"here"
    bucket.put_object_acl("a", "default")
    assert web_refusal(anyone("GET", bare(world, "a"))) == NOT_PUBLIC
    assert world.events == []


@ways
def test_what_takes_an_objects_place_does_not_inherit_its_acl(
    bucket: oss2.Bucket, world: World, make: Callable[..., Any]
) -> None:
    bucket.put_object("source", b"here", headers=PUBLIC)
    bucket.put_object("a", b"before", headers=PUBLIC)
    make(bucket, "a", {})
    assert bucket.get_object_acl("a").acl == "default"
    assert anyone("GET", bare(world, "a")).status_code == 403


def test_what_comes_after_a_deleted_object_does_not_inherit_its_acl(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"before", headers=PUBLIC)
    bucket.delete_object("a")
    assert web_refusal(anyone("GET", bare(world, "a"))) == NOT_PUBLIC
    bucket.put_object("a", b"after")
    assert anyone("GET", bare(world, "a")).status_code == 403


def test_each_version_has_an_acl_of_its_own(world: World) -> None:
    world.bucket += "-versions"
    world.oss.create_bucket(world.bucket, versioning="Enabled")
    bucket = world.client()
    first = bucket.put_object("a", b"first").versionid
    bucket.put_object("a", b"second")
    bucket.put_object_acl("a", "public-read", params={"versionId": first})
    assert bucket.get_object_acl("a").acl == "default"
    assert anyone("GET", bare(world, "a")).status_code == 403
    assert anyone("GET", bare(world, "a", f"?versionId={first}")).content == b"first"


def test_a_public_picture_is_reshaped_for_anyone_and_a_private_one_is_not(bucket: oss2.Bucket, world: World) -> None:
    Image.new("RGB", (200, 100)).save(photo := io.BytesIO(), "JPEG")
    key, process = f"work/{'0' * 32}.jpg", "?x-oss-process=image/resize,w_50/auto-orient,1/format,png"
    bucket.put_object(key, photo.getvalue())
    assert web_refusal(anyone("GET", bare(world, key, process))) == NOT_PUBLIC
    bucket.put_object_acl(key, "public-read")
    shown = Image.open(io.BytesIO(anyone("GET", bare(world, key, process)).content))
    assert (shown.size, shown.format) == ((50, 25), "PNG")


def test_who_does_not_sign_may_not_have_other_headers_sent(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"here", headers=PUBLIC)
    refused = anyone("GET", bare(world, "a", "?response-content-type=text%2Fhtml"))
    assert web_refusal(refused) == (400, "InvalidRequest")


def test_a_wrong_signature_is_refused_even_where_none_is_needed(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"here", headers=PUBLIC)
    spoilt = bucket.sign_url("GET", "a", 60)[:-4] + "0000"
    assert web_refusal(anyone("GET", spoilt)) == (403, "SignatureDoesNotMatch")


# All else


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("PUT", ""),
        ("DELETE", ""),
        ("GET", "?acl"),
        ("PUT", "?acl"),
        ("POST", "?uploads"),
        ("POST", "?x-oss-process"),
        ("GET", "?tagging"),
    ],
)
def test_reading_is_all_that_anyone_may_do(bucket: oss2.Bucket, world: World, method: str, query: str) -> None:
    bucket.put_object("a", b"here", headers={"x-oss-object-acl": "public-read-write"})
    assert web_refusal(anyone(method, bare(world, "a", query), headers=PUBLIC)) == NOT_PUBLIC
    assert bucket.get_object("a").read() == b"here"


@pytest.mark.parametrize("query", ["", "?list-type=2", "?acl", "?bucketInfo"])
def test_a_bucket_tells_nothing_to_who_does_not_sign(bucket: oss2.Bucket, world: World, query: str) -> None:
    bucket.put_object("a", b"here", headers=PUBLIC)
    assert web_refusal(anyone("GET", bare(world, "", query))) == NOT_PUBLIC


def test_who_does_not_sign_is_not_told_what_is_missing_but_that_there_is_no_such_bucket(
    bucket: oss2.Bucket, world: World
) -> None:
    missing = anyone("GET", bare(world, "nothing"))
    assert (web_refusal(missing), missing.headers["x-oss-ec"]) == (NOT_PUBLIC, "0003-00000001")
    silent = anyone("HEAD", bare(world, "nothing"))
    assert silent.status_code == 403
    assert b"<Code>AccessDenied</Code>" in base64.b64decode(silent.headers["x-oss-err"])
    world.bucket += "-not"
    assert web_refusal(anyone("GET", bare(world, "a"))) == (404, "NoSuchBucket")


def test_what_nobody_signed_is_on_the_record_without_a_key(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"here", headers=PUBLIC)
    bucket.put_object("b", b"here")
    anyone("GET", bare(world, "a"))
    anyone("GET", bare(world, "b"))
    served = [(one.operation, one.key, one.status, one.access_key_id) for one in world.oss.requests[2:]]
    assert served == [("GetObject", "a", 200, ""), ("GetObject", "b", 403, "")]


# Asking


@pytest.mark.parametrize("acl", ["public", "Public-Read", "none", ""])
@ways
def test_an_acl_that_does_not_exist_is_refused(
    bucket: oss2.Bucket, world: World, make: Callable[..., Any], acl: str
) -> None:
    bucket.put_object("source", b"here")
    assert refusal(make, bucket, "a", {"x-oss-object-acl": acl}) == (400, "InvalidArgument")
    assert not bucket.object_exists("a")
    assert refusal(bucket.put_object_acl, "source", acl) == (400, "InvalidArgument")


def test_an_object_that_is_not_there_has_no_acl(bucket: oss2.Bucket) -> None:
    assert refusal(bucket.get_object_acl, "nothing") == (404, "NoSuchKey")
    assert refusal(bucket.put_object_acl, "nothing", "private") == (404, "NoSuchKey")


@ways
def test_where_public_access_is_blocked_nothing_becomes_public(world: World, make: Callable[..., Any]) -> None:
    world.bucket += "-blocked"
    world.oss.create_bucket(world.bucket, block_public_access=True)
    bucket = world.client()
    bucket.put_object("source", b"here")
    for acl in ("public-read", "public-read-write"):
        for call in (
            lambda acl=acl: make(bucket, "a", {"x-oss-object-acl": acl}),
            lambda acl=acl: bucket.put_object_acl("source", acl),
        ):
            with pytest.raises(oss2.exceptions.AccessDenied, match="Put public object acl is not allowed"):
                call()
    assert not bucket.object_exists("a")
    make(bucket, "a", {"x-oss-object-acl": "private"})
    assert bucket.get_object_acl("a").acl == "private"


# Copies


@pytest.mark.parametrize(
    "copy",
    [
        lambda bucket, source, key: bucket.copy_object(bucket.bucket_name, source, key),
        lambda bucket, source, key: bucket.process_object(
            source, f"image/format,png|sys/saveas,o_{oss2.compat.to_string(base64.urlsafe_b64encode(key.encode()))}"
        ),
    ],
    ids=["copied", "reshaped"],
)
def test_a_copy_of_a_copy_is_the_first_ones(
    bucket: oss2.Bucket, world: World, copy: Callable[[oss2.Bucket, str, str], Any]
) -> None:
    def origin(key: str) -> str:
        return world.oss.origin(key, bucket=world.bucket)

    Image.new("RGB", (2, 2)).save(photo := io.BytesIO(), "JPEG")
    bucket.put_object("uploads/红鞋 1+%.jpg", photo.getvalue())
    copy(bucket, "uploads/红鞋 1+%.jpg", "work/1")
    copy(bucket, "work/1", "work/2")
    copy(bucket, "work/2", "work/2")
    bucket.delete_object("work/1")
    for key in ("uploads/红鞋 1+%.jpg", "work/1", "work/2"):
        assert origin(key) == "uploads/红鞋 1+%.jpg"
    bucket.put_object("work/1", b"something else")
    in_parts(bucket, "uploads/红鞋 1+%.jpg", begun={}, completed={})
    assert (origin("work/1"), origin("work/2")) == ("work/1", "uploads/红鞋 1+%.jpg")
    in_parts(bucket, "work/2", begun={}, completed={})
    assert (origin("work/2"), origin("nothing")) == ("work/2", "nothing")


def test_a_copy_from_another_bucket_is_an_object_of_its_own(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"here")
    bucket.copy_object(world.bucket, "a", "b")
    elsewhere = world.bucket + "-other"
    world.oss.create_bucket(elsewhere)
    world.client(bucket=elsewhere).copy_object(world.bucket, "a", "b")
    assert world.oss.origin("b", bucket=elsewhere) == "b"
    assert world.oss.origin("b", bucket=world.bucket) == "a"


def test_a_copy_that_was_refused_has_not_been_made(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"here")
    bucket.put_object("b", b"here")
    once = {"x-oss-forbid-overwrite": "true"}
    assert refusal(bucket.copy_object, world.bucket, "a", "b", headers=once) == (409, "FileAlreadyExists")
    assert world.oss.origin("b", bucket=world.bucket) == "b"
