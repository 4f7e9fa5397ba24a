"""Objects in the local OSS: what they keep, how they are made, copied and deleted, and made once only."""

from __future__ import annotations

import base64
import hashlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.effects import Effect, Moment, unobserved
from tests.cloud.oss_store import Versioning
from tests.cloud.oss_world import World, create_once, refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket
STANDARD = {"x-oss-range-behavior": "standard"}


# Objects


@pytest.mark.parametrize(
    "key",
    [
        "a b",
        "a+b",
        "100%",
        "%2F",
        "a//b",
        "x/../y",
        "a&b=c;d#e",
        "uploads/红鞋 1+2%.jpg",
        "folder/",
        "鞋" * 341,
        "~*'()!",
    ],
)
def test_a_key_is_any_text_and_comes_back_as_it_was_given(bucket: oss2.Bucket, world: World, key: str) -> None:
    bucket.put_object(key, b"here")
    assert bucket.get_object(key).read() == b"here"
    assert bucket.head_object(key).content_length == 4
    assert requests.get(bucket.sign_url("GET", key, 60), timeout=5).content == b"here"
    assert [listed.key for listed in oss2.ObjectIterator(bucket)] == [key]
    assert [listed.key for listed in oss2.ObjectIteratorV2(bucket)] == [key]
    assert world.events[0]["events"][0]["oss"]["object"]["key"] == key
    bucket.delete_object(key)
    assert not bucket.object_exists(key)


@pytest.mark.parametrize("key", ["x" * 1024, "鞋" * 342, "/x", "\\x"])
def test_a_key_that_is_too_long_or_begins_with_a_slash_is_refused(bucket: oss2.Bucket, key: str) -> None:
    assert refusal(bucket.put_object, key, b"") == (400, "InvalidObjectName")
    assert refusal(bucket.get_object, key) == (400, "InvalidObjectName")


def test_an_object_keeps_its_headers_and_has_oss_own(bucket: oss2.Bucket) -> None:
    given = {"Content-Type": "image/jpeg", "x-oss-meta-return-form": "whiteBK", "Cache-Control": "no-store"}
    put = bucket.put_object("a.jpg", b"hello", headers=given)
    assert put.etag == hashlib.md5(b"hello").hexdigest().upper()
    for found in (bucket.head_object("a.jpg"), bucket.get_object("a.jpg")):
        assert {name: found.headers[name] for name in given} == given
        assert found.etag == put.etag
        assert found.server_crc == put.crc is not None
        assert found.headers["x-oss-object-type"] == "Normal"
        assert abs(found.last_modified - time.time()) < 5
        getattr(found, "read", lambda: None)()


def test_crc64_is_computed_in_c() -> None:
    assert sys.modules["crcmod.crcmod"]._usingExtension


def test_a_body_that_is_not_what_its_md5_says_is_refused(bucket: oss2.Bucket) -> None:
    wrong = {"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}
    assert refusal(bucket.put_object, "a", b"hello", headers=wrong) == (400, "InvalidDigest")
    assert not bucket.object_exists("a")
    right = {"Content-MD5": base64.b64encode(hashlib.md5(b"hello").digest()).decode()}
    assert bucket.put_object("a", b"hello", headers=right).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=0-9", 206, b"0123456789"),
        ("bytes=5-10", 200, b"0123456789"),
        ("bytes=10-", 200, b"0123456789"),
        ("bytes=-11", 200, b"0123456789"),
        ("bytes=4-2", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
    ],
)
def test_a_range_that_is_not_wholly_inside_is_ignored(
    bucket: oss2.Bucket, asked: str, status: int, body: bytes
) -> None:
    bucket.put_object("digits", b"0123456789")
    answer = bucket.get_object("digits", headers={"Range": asked})
    assert (answer.status, answer.read()) == (status, body)


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=5-10", 206, b"56789"),
        ("bytes=9-", 206, b"9"),
        ("bytes=-11", 206, b"0123456789"),
        ("bytes=4-2", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
    ],
)
def test_a_standard_range_has_what_is_there(bucket: oss2.Bucket, asked: str, status: int, body: bytes) -> None:
    bucket.put_object("digits", b"0123456789")
    answer = bucket.get_object("digits", headers={"Range": asked, **STANDARD})
    assert (answer.status, answer.read()) == (status, body)


@pytest.mark.parametrize(("content", "asked"), [(b"0123456789", "10-12"), (b"0123456789", "10-"), (b"", "0-")])
def test_a_standard_range_that_begins_past_the_end_is_refused(bucket: oss2.Bucket, content: bytes, asked: str) -> None:
    bucket.put_object("a", content)
    assert refusal(bucket.get_object, "a", headers={"Range": f"bytes={asked}", **STANDARD}) == (416, "InvalidRange")


def test_a_get_is_answered_before_the_body_it_announces(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"here")
    url = urlsplit(bucket.sign_url("GET", "a", 60))
    with socket.create_connection((url.hostname, url.port), timeout=5) as connection:
        request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 5\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_conditions_on_reading_are_kept(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("a", b"hello").etag
    assert refusal(bucket.get_object, "a", headers={"If-None-Match": f'"{etag}"'}) == (304, "")
    assert refusal(bucket.get_object, "a", headers={"If-Match": '"00"'}) == (412, "PreconditionFailed")
    assert bucket.get_object("a", headers={"If-Match": f'"{etag}"'}).read() == b"hello"


def test_conditions_on_writing_do_not_exist(bucket: oss2.Bucket) -> None:
    etag = bucket.put_object("a", b"old").etag
    for condition in ({"If-Match": f'"{etag}"'}, {"If-None-Match": "*"}):
        assert refusal(bucket.put_object, "a", b"new", headers=condition) == (501, "NotImplemented")
    assert bucket.get_object("a").read() == b"old"


@pytest.mark.parametrize("method", ["get_object", "head_object", "get_object_meta"])
def test_what_is_not_there_is_no_such_key(bucket: oss2.Bucket, world: World, method: str) -> None:
    assert refusal(getattr(bucket, method), "nothing") == (404, "NoSuchKey")
    elsewhere = world.client(bucket="no-such-bucket")
    assert refusal(getattr(elsewhere, method), "nothing") == (404, "NoSuchBucket")


@pytest.mark.parametrize(
    "call",
    [
        lambda bucket: bucket.append_object("a", 0, b""),
        lambda bucket: bucket.put_object_tagging("a", oss2.models.Tagging()),
    ],
)
def test_what_the_box_cannot_do_is_said_and_not_mistaken_for_something_else(
    bucket: oss2.Bucket, call: Callable[[oss2.Bucket], Any]
) -> None:
    assert refusal(call, bucket) == (501, "NotImplemented")
    assert not bucket.object_exists("a")


def test_a_bucket_tells_what_it_is(bucket: oss2.Bucket, world: World) -> None:
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == (world.bucket, "oss-cn-shanghai", "private")
    assert bucket.get_bucket_location().location == "oss-cn-shanghai"
    assert bucket.get_bucket_acl().acl == "private"


# Creating once


def test_of_many_who_create_an_object_at_once_one_does(world: World) -> None:
    all_there = threading.Barrier(8)

    def create(name: str) -> str:
        try:
            create_once(world.client(), "claim", name.encode())
        except oss2.exceptions.ServerError as error:
            return f"{error.status} {error.code}"
        return name

    def observe(effect: Effect, moment: Moment) -> None:
        if effect.name == "PutObject" and moment == "before":
            all_there.wait(5)

    world.oss.observe = observe
    patience = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads that take turns so fast meet wherever they can
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(10):
                winner, *losers = sorted(pool.map(create, "stuvwxyz"), reverse=True)
                assert losers == ["409 FileAlreadyExists"] * 7
                assert world.client().get_object("claim").read() == winner.encode()
                world.client().delete_object("claim")
    finally:
        sys.setswitchinterval(patience)
        world.oss.observe = unobserved
    assert world.heard == ["ObjectCreated:PutObject", "ObjectRemoved:DeleteObject"] * 10


@pytest.mark.parametrize("versioning", ["Enabled", "Suspended"])
def test_where_there_are_or_were_versions_creating_once_is_ignored(world: World, versioning: Versioning) -> None:
    world.oss.create_bucket(name := f"{world.bucket}-versions", versioning=versioning)
    bucket = world.client(bucket=name)
    assert bucket.get_bucket_versioning().status == versioning
    create_once(bucket, "claim", b"first")
    create_once(bucket, "claim", b"second")
    assert bucket.get_object("claim").read() == b"second"


def test_a_bucket_without_versions_says_so(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_versioning().status is None


# Uploads that stream, and those that break off


def test_a_body_of_unknown_length_is_stored(bucket: oss2.Bucket) -> None:
    bucket.put_object("streamed", iter([b"one ", b"two ", b"three"]))
    assert bucket.get_object("streamed").read() == b"one two three"


@pytest.mark.parametrize(
    "half",
    [
        "Content-Length: 10\r\n\r\nhello",
        "Content-Length: 10\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "Transfer-Encoding: chunked\r\n\r\na\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_an_upload_that_breaks_off_leaves_nothing(bucket: oss2.Bucket, world: World, half: str) -> None:
    url = urlsplit(bucket.sign_url("PUT", "half", 60))
    seen = list[str]()
    world.oss.observe = lambda effect, moment: seen.append(effect.name)
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n{half}".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    world.oss.observe = unobserved
    assert seen == []
    assert not bucket.object_exists("half")
    assert world.events == []


# Deleting and copying


def test_many_objects_are_deleted_at_once(bucket: oss2.Bucket, world: World) -> None:
    for key in ("a&b", "红 1"):
        bucket.put_object(key, b"")
    world.events.clear()
    assert bucket.batch_delete_objects(["a&b", "红 1", "nothing"]).deleted_keys == ["a&b", "红 1", "nothing"]
    assert list(oss2.ObjectIterator(bucket)) == []
    assert world.heard == ["ObjectRemoved:DeleteObjects"] * 2


@pytest.mark.parametrize("written", ["&#{:02d};", "&#x{:x};", "{:c}"])
def test_keys_with_control_characters_are_deleted_at_once(bucket: oss2.Bucket, world: World, written: str) -> None:
    codes = [code for code in range(1, 32) if "&" in written or chr(code) not in "\t\n\r"]
    for code in codes:
        bucket.put_object(f"a{code:c}b", b"")
    objects = "".join(f"<Object><Key>a{written.format(code)}b</Key></Object>" for code in codes)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Delete>\n{objects}</Delete>\n'.encode()
    answer = bucket._do("POST", world.bucket, "", params={"delete": "", "encoding-type": "url"}, data=body)
    result = oss2.xml_utils.parse_batch_delete_objects(oss2.models.BatchDeleteObjectsResult(answer), answer.read())
    assert result.deleted_keys == [f"a{code:c}b" for code in codes]
    assert list(oss2.ObjectIterator(bucket)) == []


def test_a_version_is_read_and_deleted_by_its_name(world: World) -> None:
    world.oss.create_bucket(name := f"{world.bucket}-versions", versioning="Enabled")
    bucket = world.client(bucket=name)
    old, new = (bucket.put_object("a", content).versionid for content in (b"1", b"22"))
    meta = bucket.get_object_meta("a", params={"versionId": old})
    assert (meta.content_length, meta.headers["x-oss-version-id"]) == (1, old)

    marker = bucket.batch_delete_objects(["a"]).delete_versions[0].delete_marker_versionid
    for call in (bucket.get_object, bucket.head_object, bucket.get_object_meta):
        with pytest.raises(oss2.exceptions.NotFound) as missing:
            call("a")
        assert missing.value.headers["x-oss-delete-marker"] == "true"
        assert refusal(call, "a", params={"versionId": marker}) == (405, "MethodNotAllowed")

    versions = oss2.models.BatchDeleteObjectVersionList()
    versions.append(oss2.models.BatchDeleteObjectVersion("a", marker))
    versions.append(oss2.models.BatchDeleteObjectVersion("a", new))
    gone = bucket.delete_object_versions(versions).delete_versions
    assert [(one.versionid, one.delete_marker) for one in gone] == [(marker, True), (new, False)]
    assert bucket.get_object("a").read() == b"1"


def test_a_copy_is_whole_and_keeps_what_the_source_had(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("源 1+%.jpg", b"hello", headers={"Content-Type": "image/jpeg", "x-oss-meta-a": "1"})
    copied = bucket.copy_object(world.bucket, "源 1+%.jpg", "copy")
    assert copied.etag == hashlib.md5(b"hello").hexdigest().upper()
    found = bucket.get_object("copy")
    assert (found.read(), found.content_type, found.headers["x-oss-meta-a"]) == (b"hello", "image/jpeg", "1")

    replaced = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2", "Content-Type": "image/png"}
    bucket.copy_object(world.bucket, "copy", "copy", headers=replaced)
    headers = bucket.head_object("copy").headers
    assert (headers["content-type"], headers["x-oss-meta-b"], "x-oss-meta-a" in headers) == ("image/png", "2", False)
    bucket.copy_object(world.bucket, "copy", "copy", headers={"x-oss-metadata-directive": "REPLACE"})
    headers = bucket.head_object("copy").headers
    assert (headers["content-type"], "x-oss-meta-b" in headers) == ("image/png", False)


@pytest.mark.parametrize(
    ("source", "headers", "refused"),
    [
        ("nothing", {}, (404, "NoSuchKey")),
        ("a", {"x-oss-forbid-overwrite": "true"}, (409, "FileAlreadyExists")),
        ("a", {"x-oss-copy-source-if-match": '"00"'}, (412, "PreconditionFailed")),
        ("a", {"x-oss-copy-source-if-none-match": '"0CC175B9C0F1B6A831C399E269772661"'}, (304, "")),
    ],
)
def test_a_copy_that_may_not_be_is_not(
    bucket: oss2.Bucket, world: World, source: str, headers: dict[str, str], refused: tuple[int, str]
) -> None:
    bucket.put_object("a", b"a")
    bucket.put_object("b", b"b")
    assert refusal(bucket.copy_object, world.bucket, source, "b", headers=headers) == refused
    assert bucket.get_object("b").read() == b"b"
