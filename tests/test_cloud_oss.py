"""The local OSS, as Alibaba's own client sees it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import oss2
import pytest
import requests
from PIL import ExifTags, Image

from tests import oss_world
from tests.cloud.accounts import Accounts, Key
from tests.cloud.effects import Effect, Moment, unobserved
from tests.cloud.oss_store import Versioning
from tests.oss_world import World, refusal, web_refusal

_MINUTE = 60.0
_DAY = 24 * 3600.0
running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


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
        lambda bucket: bucket.put_symlink("a", "b"),
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


def create_once(bucket: oss2.Bucket, key: str, body: bytes) -> Any:
    return bucket.put_object(key, body, headers={"x-oss-forbid-overwrite": "true"})


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


# Lists

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


# Deleting and copying


def test_many_objects_are_deleted_at_once(bucket: oss2.Bucket, world: World) -> None:
    for key in ("a&b", "红 1"):
        bucket.put_object(key, b"")
    world.events.clear()
    assert bucket.batch_delete_objects(["a&b", "红 1", "nothing"]).deleted_keys == ["a&b", "红 1", "nothing"]
    assert list(oss2.ObjectIterator(bucket)) == []
    assert world.heard == ["ObjectRemoved:DeleteObjects"] * 2


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


# Uploads in parts


def upload(bucket: oss2.Bucket, key: str, *parts: bytes) -> tuple[str, list[Any]]:
    upload_id = bucket.init_multipart_upload(key, headers={"x-oss-meta-a": "1"}).upload_id
    sent = []
    for number, part in enumerate(parts, 1):
        answer = bucket.upload_part(key, upload_id, number, part)
        sent.append(oss2.models.PartInfo(number, answer.etag, size=len(part), part_crc=answer.crc))
    return upload_id, sent


def complete(bucket: oss2.Bucket, key: str, upload_id: str, parts: list[Any]) -> Any:
    made = bucket.complete_multipart_upload(key, upload_id, parts)
    made.resp.read()  # oss2 does not, and would leave the connection to the garbage collector
    return made


def test_an_upload_in_parts_becomes_one_object(bucket: oss2.Bucket) -> None:
    content = b"x" * 102_400 + b"y" * 10
    upload_id, parts = upload(bucket, "big", content[:102_400], content[102_400:])
    assert [part.etag for part in bucket.list_parts("big", upload_id).parts] == [part.etag for part in parts]
    assert [one.upload_id for one in bucket.list_multipart_uploads().upload_list] == [upload_id]
    assert not bucket.object_exists("big")
    made = complete(bucket, "big", upload_id, parts)
    found = bucket.get_object("big")
    assert found.read() == content
    assert found.etag == made.etag
    assert made.etag.endswith("-2")
    assert (found.headers["x-oss-object-type"], found.headers["x-oss-meta-a"]) == ("Multipart", "1")
    assert refusal(bucket.complete_multipart_upload, "big", upload_id, parts) == (404, "NoSuchUpload")


def test_oss2_uploads_and_copies_large_files_in_parts(bucket: oss2.Bucket, world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content := bytes(range(256)) * 1200)
    settings = {"multipart_threshold": 102_400, "part_size": 102_400}
    store = oss2.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(bucket, "big", str(tmp_path / "file"), store=store, **settings)
    assert bucket.get_object("big").read() == content
    upload_id = bucket.init_multipart_upload("copy").upload_id
    part = bucket.upload_part_copy(world.bucket, "big", (100, 299), "copy", upload_id, 1)
    complete(bucket, "copy", upload_id, [oss2.models.PartInfo(1, part.etag)])
    assert bucket.get_object("copy").read() == content[100:300]


def test_an_upload_in_parts_is_held_to_its_rules(bucket: oss2.Bucket) -> None:
    upload_id, parts = upload(bucket, "big", b"x" * 102_399, b"y")
    assert refusal(bucket.complete_multipart_upload, "big", upload_id, parts) == (400, "EntityTooSmall")
    wrong = [oss2.models.PartInfo(1, "0" * 32)]
    assert refusal(bucket.complete_multipart_upload, "big", upload_id, wrong) == (400, "InvalidPart")
    bucket.abort_multipart_upload("big", upload_id)
    for call in (lambda: bucket.upload_part("big", upload_id, 1, b"x"), lambda: bucket.list_parts("big", upload_id)):
        assert refusal(call) == (404, "NoSuchUpload")
    assert not bucket.object_exists("big")


# Signatures


def stale(world: World, bucket: oss2.Bucket, url: str) -> str:
    world.ahead = 61
    return url


@pytest.mark.parametrize(
    ("spoil", "refused"),
    [
        (lambda world, bucket, url: url.replace("/a?", "/b?"), (403, "SignatureDoesNotMatch")),
        (
            lambda world, bucket, url: url.replace("x-oss-expires=60", "x-oss-expires=61"),
            (403, "SignatureDoesNotMatch"),
        ),
        (lambda world, bucket, url: url + "&x-oss-process=image/info", (403, "SignatureDoesNotMatch")),
        (lambda world, bucket, url: url[:-4] + "0000", (403, "SignatureDoesNotMatch")),
        (lambda world, bucket, url: url.replace("LTAI", "LTBI"), (403, "InvalidAccessKeyId")),
        (lambda world, bucket, url: url.replace("cn-shanghai", "cn-hangzhou"), (400, "InvalidArgument")),
        (lambda world, bucket, url: url.replace("%2Foss%2F", "%2Fs3%2F"), (400, "InvalidArgument")),
        (lambda world, bucket, url: url.replace("OSS4-HMAC-SHA256", "OSS2"), (403, "AccessDenied")),
        (lambda world, bucket, url: url.split("?")[0], (403, "AccessDenied")),
        (lambda world, bucket, url: bucket.sign_url("GET", "a", 7 * 86400 + 1), (400, "InvalidArgument")),
        (stale, (403, "AccessDenied")),
    ],
)
def test_a_link_that_is_not_in_order_is_refused(
    bucket: oss2.Bucket, world: World, spoil: Callable[[World, oss2.Bucket, str], str], refused: tuple[int, str]
) -> None:
    bucket.put_object("a", b"a")
    bucket.put_object("b", b"b")
    url = bucket.sign_url("GET", "a", 60)
    assert requests.get(url, timeout=5).content == b"a"
    assert web_refusal(requests.get(spoil(world, bucket, url), timeout=5)) == refused
    assert world.oss.requests[-1].access_key_id == ""


@pytest.mark.parametrize(
    ("ahead", "says"),
    [(59, ""), (63, "Request has expired."), (-14 * _MINUTE, ""), (-16 * _MINUTE, "Request is not valid yet.")],
)
def test_a_link_lives_from_its_date_to_its_expiry(bucket: oss2.Bucket, world: World, ahead: float, says: str) -> None:
    bucket.put_object("a", b"a")
    url = bucket.sign_url("GET", "a", 61)
    world.ahead = ahead
    answer = requests.get(url, timeout=5)
    assert (answer.status_code, says in answer.text) == (403 if says else 200, True)


def test_a_link_may_live_for_seven_days_and_is_good_for_its_method_only(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"a")
    url = bucket.sign_url("GET", "a", 7 * 86400)
    world.ahead = 7 * _DAY - 60
    assert requests.get(url, timeout=5).content == b"a"
    assert requests.put(url, data=b"b", timeout=5).status_code == 403


def test_a_link_binds_the_headers_that_it_names(bucket: oss2.Bucket) -> None:
    url = bucket.sign_url("PUT", "a", 60, headers={"If-Shop": "1"}, additional_headers=["if-shop"])
    assert requests.put(url, data=b"a", headers={"If-Shop": "2"}, timeout=5).status_code == 403
    assert requests.put(url, data=b"a", headers={"If-Shop": "1"}, timeout=5).status_code == 200


@pytest.mark.parametrize(("ahead", "fine"), [(14 * _MINUTE, True), (16 * _MINUTE, False), (-16 * _MINUTE, False)])
def test_a_clock_may_be_wrong_by_fifteen_minutes(bucket: oss2.Bucket, world: World, ahead: float, fine: bool) -> None:
    world.ahead = ahead
    if fine:
        assert bucket.put_object("a", b"").status == 200
    else:
        assert refusal(bucket.put_object, "a", b"") == (403, "RequestTimeTooSkewed")


def test_a_temporary_key_needs_its_token(world: World) -> None:
    key, other = world.accounts.assume_role(), world.accounts.assume_role()
    bucket = world.client(key)
    bucket.put_object("a", b"a")
    assert requests.get(bucket.sign_url("GET", "a", 60), timeout=5).content == b"a"
    assert world.oss.requests[-1].access_key_id == key.access_key_id
    for token, code in (("", "InvalidAccessKeyId"), (other.security_token, "InvalidSecurityToken")):
        thief = world.client(Key(key.access_key_id, key.access_key_secret, token))
        assert refusal(thief.get_object, "a") == (403, code)
        assert web_refusal(requests.get(thief.sign_url("GET", "a", 60), timeout=5)) == (403, code)


def test_a_wrong_secret_an_unknown_key_and_another_region_are_refused(world: World) -> None:
    owner = world.accounts.owner
    for client, refused in (
        (world.client(Key(owner.access_key_id, "wrong")), (403, "SignatureDoesNotMatch")),
        (world.client(Key("LTAI-EXAMPLE-nobody", "wrong")), (403, "InvalidAccessKeyId")),
        (world.client(region="cn-hangzhou"), (400, "InvalidArgument")),
    ):
        assert refusal(client.put_object, "a", b"") == refused
    old = oss2.Bucket(oss2.Auth(owner.access_key_id, owner.access_key_secret), world.oss.url, world.bucket)
    assert refusal(old.put_object, "a", b"") == (403, "AccessDenied")
    assert requests.get(old.sign_url("GET", "a", 60), timeout=5).status_code == 403
    stranger = oss2.Bucket(oss2.AnonymousAuth(), world.oss.url, world.bucket)
    assert refusal(stranger.get_object, "a") == (403, "AccessDenied")


# Forms


def form(
    world: World,
    *,
    key: Key | None = None,
    expires: float = 60,
    conditions: list[Any] | None = None,
    named: bool = True,
) -> dict[str, str]:
    """The fields of a signed upload, computed as OSS's PostObject page tells."""
    key = key or world.accounts.owner
    now = datetime.now(timezone.utc)
    date = now.strftime("%Y%m%dT%H%M%SZ")
    scope = [date[:8], "cn-shanghai", "oss", "aliyun_v4_request"]
    fields = {
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": "/".join([key.access_key_id, *scope]),
        "x-oss-date": date,
    }
    if key.security_token:
        fields["x-oss-security-token"] = key.security_token
    policy = {
        "expiration": (now + timedelta(seconds=expires)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conditions": [
            *({name: value} for name, value in fields.items() if named),
            *(conditions or [{"bucket": world.bucket}]),
        ],
    }
    fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    secret = f"aliyun_v4{key.access_key_secret}".encode()
    for part in [*scope, fields["policy"]]:
        signature = hmac.new(secret, part.encode(), hashlib.sha256)
        secret = signature.digest()
    return {"key": "uploads/${filename}", **fields, "x-oss-signature": signature.hexdigest()}


def send(world: World, fields: dict[str, str]) -> requests.Response:
    files = {"file": ("红 1.jpg", b"hello", "image/jpeg")}
    return requests.post(f"{world.oss.url}/{world.bucket}/", data=fields, files=files, timeout=5)


@pytest.mark.parametrize("temporary", [False, True])
def test_a_form_upload_makes_an_object(bucket: oss2.Bucket, world: World, temporary: bool) -> None:
    key = world.accounts.assume_role() if temporary else world.accounts.owner
    conditions = [["starts-with", "$key", "uploads/"], ["content-length-range", 1, 5], ["eq", "$x-oss-meta-a", "1"]]
    answer = send(world, form(world, key=key, conditions=conditions) | {"x-oss-meta-a": "1"})
    assert answer.status_code == 204
    found = bucket.get_object("uploads/红 1.jpg")
    assert (found.read(), found.content_type, found.headers["x-oss-meta-a"]) == (b"hello", "image/jpeg", "1")
    assert world.heard == ["ObjectCreated:PostObject"]
    assert [(one.operation, one.key) for one in world.oss.requests[:1]] == [("PostObject", "uploads/红 1.jpg")]
    assert send(world, form(world) | {"success_action_status": "201"}).status_code == 201


@pytest.mark.parametrize(
    ("changes", "settings", "refused"),
    [
        ({"x-oss-signature": "0" * 64}, {}, (403, "SignatureDoesNotMatch")),
        ({"policy": "e30="}, {}, (403, "SignatureDoesNotMatch")),
        ({}, {"expires": -1}, (403, "AccessDenied")),
        ({}, {"conditions": [["starts-with", "$key", "other/"]]}, (403, "AccessDenied")),
        ({}, {"conditions": [["content-length-range", 6, 9]]}, (403, "AccessDenied")),
        ({}, {"conditions": [["in", "$content-type", ["image/png"]]]}, (403, "AccessDenied")),
        ({}, {"named": False}, (403, "AccessDenied")),
        ({}, {"conditions": ["nonsense"]}, (400, "InvalidPolicyDocument")),
        ({"x-oss-signature-version": ""}, {}, (403, "AccessDenied")),
        ({"key": ""}, {}, (400, "InvalidArgument")),
    ],
)
def test_a_form_upload_that_is_not_in_order_is_refused(
    bucket: oss2.Bucket, world: World, changes: dict[str, str], settings: dict[str, Any], refused: tuple[int, str]
) -> None:
    assert web_refusal(send(world, form(world, **settings) | changes)) == refused
    assert list(oss2.ObjectIterator(bucket)) == []


def test_a_form_may_ask_for_an_acl(bucket: oss2.Bucket, world: World) -> None:
    acl = {"x-oss-object-acl": "public-read"}
    assert send(world, {**form(world), **acl}).status_code == 204
    assert bucket.get_object_acl("uploads/红 1.jpg").acl == "public-read"
    acl = {"x-oss-object-acl": "public"}
    assert web_refusal(send(world, {**form(world), **acl})) == (400, "InvalidArgument")


# Events


def test_an_event_is_the_document_that_function_compute_gets(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("uploads/红 1.jpg", b"12345678")
    world.events.clear()
    headers = {"x-oss-meta-a": "1", "Content-Type": "image/jpeg"}
    put = bucket.put_object("uploads/红 1.jpg", b"hello", headers=headers)
    (event,) = world.events.pop()["events"]
    moment = datetime.strptime(event.pop("eventTime"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert abs(moment.timestamp() - time.time()) < 5
    assert event["oss"].pop("ruleId")
    assert event == {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:cn-shanghai:{Accounts.uid}:{world.bucket}",
                "name": world.bucket,
                "ownerIdentity": Accounts.uid,
            },
            "object": {
                "deltaSize": -3,
                "eTag": put.etag,
                "key": "uploads/红 1.jpg",
                "objectMeta": {"mimeType": "image/jpeg", "userMeta": {"x-oss-meta-a": "1"}},
                "size": 5,
            },
            "ossSchemaVersion": "1.0",
        },
        "region": "cn-shanghai",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"requestId": put.request_id},
        "userIdentity": {"principalId": Accounts.uid},
    }


def test_each_way_of_making_an_object_has_its_event(bucket: oss2.Bucket, world: World) -> None:
    readable = list[bool]()

    def heard(document: dict[str, Any]) -> None:
        world.events.append(document)
        event = document["events"][0]
        if event["eventName"].split(":")[1] in ("PutObject", "CopyObject", "CompleteMultipartUpload"):
            readable.append(bucket.head_object(event["oss"]["object"]["key"]).etag == event["oss"]["object"]["eTag"])

    world.oss.on_event = heard
    try:
        bucket.put_object("a", b"a")
        bucket.copy_object(world.bucket, "a", "b")
        complete(bucket, "c", *upload(bucket, "c", b"c"))
        bucket.delete_object("a")
        bucket.delete_object("a")
        with pytest.raises(oss2.exceptions.ServerError):
            create_once(bucket, "b", b"")
    finally:
        world.oss.on_event = world.events.append
    created = ("PutObject", "CopyObject", "InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
    assert world.heard == [*(f"ObjectCreated:{name}" for name in created), "ObjectRemoved:DeleteObject"]
    assert readable == [True] * 3


# Effects, and the record of them


def test_every_request_is_observed_before_and_after_it_has_its_effect(bucket: oss2.Bucket, world: World) -> None:
    seen = list[tuple[str, str, Moment, bool]]()
    witness = world.client()

    def observe(effect: Effect, moment: Moment) -> None:
        if effect.name != "GetObjectMeta":  # what the witness asks
            seen.append((effect.name, effect.key, moment, witness.object_exists("红 1")))

    world.oss.observe = observe
    try:
        bucket.put_object("红 1", b"a")
        bucket.delete_object("红 1")
    finally:
        world.oss.observe = unobserved
    assert seen == [
        ("PutObject", "红 1", "before", False),
        ("PutObject", "红 1", "after", True),
        ("DeleteObject", "红 1", "before", True),
        ("DeleteObject", "红 1", "after", False),
    ]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_client_that_dies_just_before_the_effect_has_none(bucket: oss2.Bucket, world: World, moment: Moment) -> None:
    url = urlsplit(bucket.sign_url("PUT", "a", 60))
    connection = socket.create_connection((url.hostname, url.port))
    over = threading.Event()

    def observe(effect: Effect, at: Moment) -> None:
        if effect.name == "PutObject" and at == moment:
            assert effect.client == connection.getsockname()
            connection.close()
            over.set()

    world.oss.observe = observe
    try:
        request = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 1\r\n\r\na"
        connection.sendall(request.encode())
        assert over.wait(5)
    finally:
        world.oss.observe = unobserved
    assert bucket.object_exists("a") == (moment == "after")


def test_every_request_is_on_the_record(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("红 1", b"hello")
    bucket.get_object("红 1", byte_range=(1, 2)).read()
    bucket.object_exists("nothing")
    list(oss2.ObjectIteratorV2(bucket))
    record = world.oss.requests
    assert [(one.method, one.operation, one.key, one.status, one.bytes_in, one.bytes_out) for one in record[:3]] == [
        ("PUT", "PutObject", "红 1", 200, 5, 0),
        ("GET", "GetObject", "红 1", 206, 0, 2),
        ("HEAD", "GetObjectMeta", "nothing", 404, 0, 0),
    ]
    assert record[3].operation == "ListObjectsV2"
    assert {(one.bucket, one.access_key_id) for one in record} == {(world.bucket, world.accounts.owner.access_key_id)}


# Pictures


def picture(size: tuple[int, int], form: str = "JPEG", mode: str = "RGB", orientation: int = 0) -> bytes:
    """Left half red, right half blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    image.save(target := io.BytesIO(), form, exif=exif)
    return target.getvalue()


def processed(bucket: oss2.Bucket, content: bytes, instructions: str) -> Image.Image:
    bucket.put_object("picture", content)
    answer = bucket.get_object("picture", process=instructions)
    image = Image.open(io.BytesIO(answer.read()))
    assert answer.content_type == Image.MIME[image.format or ""]
    image.load()
    return image


@pytest.mark.parametrize(
    ("actions", "size", "form"),
    [
        ("resize,w_100", (100, 50), "JPEG"),
        ("resize,h_100", (200, 100), "JPEG"),
        ("resize,m_lfit,w_100,h_10", (20, 10), "JPEG"),
        ("resize,m_mfit,w_100,h_10", (100, 50), "JPEG"),
        ("resize,m_fixed,w_100,h_10", (100, 10), "JPEG"),
        ("resize,m_fixed,h_100", (100, 100), "JPEG"),
        ("resize,l_100", (100, 50), "JPEG"),
        ("resize,s_100", (200, 100), "JPEG"),
        ("resize,p_25", (100, 50), "JPEG"),
        ("resize,p_25,w_40", (40, 20), "JPEG"),
        ("resize,w_800", (400, 200), "JPEG"),
        ("resize,w_800,limit_1", (400, 200), "JPEG"),
        ("resize,w_800,limit_0", (800, 400), "JPEG"),
        ("resize,w_100/rotate,90", (50, 100), "JPEG"),
        ("rotate,90/resize,w_100", (100, 200), "JPEG"),
        ("auto-orient,1", (400, 200), "JPEG"),
        ("quality,q_10", (400, 200), "JPEG"),
        ("format,png", (400, 200), "PNG"),
        ("format,webp", (400, 200), "WEBP"),
        ("format,bmp", (400, 200), "BMP"),
        ("format,gif", (400, 200), "GIF"),
        ("format,tiff", (400, 200), "TIFF"),
        ("resize,l_40/auto-orient,1/format,jpg", (40, 20), "JPEG"),
    ],
)
def test_a_picture_is_reshaped_on_its_way_out(
    bucket: oss2.Bucket, actions: str, size: tuple[int, int], form: str
) -> None:
    image = processed(bucket, picture((400, 200)), f"image/{actions}")
    assert (image.size, image.format) == (size, form)


def test_a_link_may_have_the_picture_reshaped(bucket: oss2.Bucket) -> None:
    bucket.put_object("picture", picture((400, 200)))
    url = bucket.sign_url("GET", "picture", 60, params={"x-oss-process": "image/resize,w_40/format,png"})
    assert Image.open(io.BytesIO(requests.get(url, timeout=5).content)).size == (40, 20)


@pytest.mark.parametrize(
    ("orientation", "left", "size"),
    [(1, "red", (40, 20)), (2, "blue", (40, 20)), (3, "blue", (40, 20)), (6, "red", (20, 40))],
)
def test_a_picture_is_turned_as_its_camera_was_held(
    bucket: oss2.Bucket, orientation: int, left: str, size: tuple[int, int]
) -> None:
    content = picture((40, 20), orientation=orientation)
    image = processed(bucket, content, "image/auto-orient,1/format,png").convert("RGB")
    assert (image.size, ExifTags.Base.Orientation in image.getexif()) == (size, orientation == 1)
    red, _, blue = image.getpixel((3, 3))  # type: ignore[misc]
    assert ("red" if red > blue else "blue") == left
    untouched = processed(bucket, content, "image/resize,w_20")
    assert untouched.getexif()[ExifTags.Base.Orientation] == orientation


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "1"),
        ("GIF", "P"),
        ("TIFF", "CMYK"),
        ("BMP", "RGB"),
        ("WEBP", "RGBA"),
    ],
)
@pytest.mark.parametrize("target", ["jpg", "png", "webp", "bmp", "gif", "tiff"])
def test_every_kind_of_picture_becomes_every_format(bucket: oss2.Bucket, form: str, mode: str, target: str) -> None:
    image = Image.new("RGB", (40, 20), "white").convert(mode)
    image.save(content := io.BytesIO(), form)
    made = processed(bucket, content.getvalue(), f"image/resize,w_20/format,{target}")
    assert made.size == (20, 10)
    assert made.convert("RGB").getpixel((10, 5)) == (255, 255, 255)


def test_sixteen_bits_a_shade_become_eight(bucket: oss2.Bucket) -> None:
    Image.new("I;16", (40, 20), 0x8000).save(content := io.BytesIO(), "PNG")
    grey = processed(bucket, content.getvalue(), "image/format,jpg").convert("L").getpixel((5, 5))
    assert abs(grey - 127) <= 2  # type: ignore[operator]


def test_a_lower_quality_makes_fewer_bytes_and_what_was_see_through_white(bucket: oss2.Bucket) -> None:
    Image.effect_noise((100, 100), 90).save(noise := io.BytesIO(), "PNG")
    bucket.put_object("noise", noise.getvalue())
    sizes = [len(bucket.get_object("noise", process=f"image/format,jpg/quality,{q}").read()) for q in ("Q_90", "q_20")]
    assert sizes[0] > 2 * sizes[1]
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(clear := io.BytesIO(), "PNG")
    assert processed(bucket, clear.getvalue(), "image/format,jpg").getpixel((5, 5)) == (255, 255, 255)


def test_info_tells_what_a_picture_is(bucket: oss2.Bucket) -> None:
    content = picture((40, 20), orientation=6)
    bucket.put_object("picture", content)
    assert json.loads(bucket.get_object("picture", process="image/info").read()) == {
        "FileSize": {"value": str(len(content))},
        "Format": {"value": "jpg"},
        "FrameCount": {"value": "1"},
        "ImageHeight": {"value": "20"},
        "ImageWidth": {"value": "40"},
        "Orientation": {"value": "6"},
    }


def grey(width: int, height: int, form: str) -> Callable[[], bytes]:
    def draw() -> bytes:
        Image.new("1", (width, height)).save(target := io.BytesIO(), form)
        return target.getvalue()

    return draw


@pytest.mark.parametrize(
    ("content", "actions", "code", "ec"),
    [
        (lambda: b"this is not a picture", "info", "BadRequest", ""),
        (lambda: picture((40, 20))[:300], "format,png", "BadRequest", ""),
        (lambda: picture((40, 20)) + bytes(20 * 1024 * 1024), "info", "ImageTooLarge", ""),
        (grey(30_001, 10, "PNG"), "resize,w_10", "BadRequest", "0040-00000009"),
        (lambda: picture((30_001, 1)), "format,png", "BadRequest", "0040-00000019"),
        (grey(16_385, 10, "TIFF"), "format,png", "BadRequest", "0040-00000018"),
        (grey(25_000, 10_001, "PNG"), "format,jpg", "BadRequest", "0040-00000012"),
        (grey(25_000, 10_001, "PNG"), "resize,w_10", "BadRequest", "0040-00000009"),
        (lambda: picture((10, 10)), "resize,m_fixed,w_4097,h_4096,limit_0", "BadRequest", "0040-00000007"),
        (lambda: picture((4_097, 10)), "rotate,90", "BadRequest", "0040-00000006"),
        (lambda: picture((4_097, 10), orientation=6), "auto-orient,1", "BadRequest", "0040-00000006"),
        (grey(16_384, 10, "PNG"), "format,webp", "BadRequest", ""),
        (lambda: picture((10, 10)), "", "BadRequest", "0040-00000212"),
        (lambda: picture((10, 10)), "slim,1", "BadRequest", "0040-00000213"),
        (lambda: picture((10, 10)), "rotate,361", "InvalidArgument", "0040-00000217"),
        (lambda: picture((10, 10)), "rotate,1,2", "InvalidArgument", "0040-00000203"),
        (lambda: picture((10, 10)), "resize,w_0", "InvalidArgument", "0040-00000321"),
        (lambda: picture((10, 10)), "resize,w_16385", "InvalidArgument", "0040-00000321"),
        (lambda: picture((10, 10)), "resize", "InvalidArgument", ""),
        (lambda: picture((10, 10)), "format,psd", "InvalidArgument", ""),
        (lambda: picture((10, 10)), "crop,w_5", "NotImplemented", ""),
    ],
)
def test_a_picture_past_the_image_services_limits_is_refused(
    bucket: oss2.Bucket, content: Callable[[], bytes], actions: str, code: str, ec: str
) -> None:
    bucket.put_object("picture", content())
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.get_object("picture", process=f"image/{actions}")
    assert (raised.value.code, raised.value.details.get("EC", "")) == (code, ec)


def test_a_large_picture_passes_when_it_is_made_small_first(bucket: oss2.Bucket) -> None:
    content = picture((6_000, 100), orientation=6)
    assert processed(bucket, content, "image/resize,l_600/auto-orient,1").size == (10, 600)


def test_a_reshaped_picture_can_be_kept(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("红 1.jpg", picture((40, 20)))
    world.events.clear()
    name = base64.urlsafe_b64encode("work/新 1.png".encode()).decode()
    answer = bucket.process_object("红 1.jpg", f"image/resize,w_20/format,png|sys/saveas,o_{name}")
    assert (answer.object, answer.process_status) == ("work/新 1.png", "OK")
    kept = bucket.get_object("work/新 1.png")
    assert (Image.open(io.BytesIO(kept.read())).size, kept.content_type) == ((20, 10), "image/png")
    assert refusal(bucket.process_object, "红 1.jpg", "image/resize,w_20") == (400, "InvalidArgument")


# One after the other; this stays last, for moto's state is global


def test_a_new_oss_begins_empty(world: World, bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"a")
    other = World(accounts=world.accounts)
    try:
        assert refusal(other.client(bucket=world.bucket).get_object, "a") == (404, "NoSuchBucket")
        other.oss.create_bucket(world.bucket)
        assert not other.client(bucket=world.bucket).object_exists("a")
    finally:
        other.oss.stop()
