"""Symbolic links in the local OSS: read through, one step and no further, and copied as what they are."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.oss_world import World, refusal, upload, web_refusal
from tests.pictures import picture

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

TARGET, LINK = "源 1+%.jpg", "link"
PUBLIC = {"x-oss-object-acl": "public-read"}


@pytest.fixture(autouse=True)
def _target(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object(TARGET, b"hello", headers={"Content-Type": "image/jpeg", "x-oss-meta-a": "1"})
    world.events.clear()


def test_a_link_is_read_as_its_target_and_says_that_it_is_one(bucket: oss2.Bucket) -> None:
    bucket.put_symlink(TARGET, LINK, headers={"x-oss-meta-b": "2"})
    for found in (bucket.head_object(LINK), bucket.get_object(LINK)):
        assert (found.content_length, found.etag) == (5, hashlib.md5(b"hello").hexdigest().upper())
        assert found.headers["x-oss-object-type"] == found.object_type == "Symlink"
        assert ("x-oss-meta-a" in found.headers, found.headers["x-oss-meta-b"]) == (False, "2")
        assert found.content_type == "application/octet-stream", "all but the content's own headers are the link's"
        assert found.last_modified >= bucket.head_object(TARGET).last_modified
        getattr(found, "read", lambda: None)()
    assert bucket.get_object(LINK).read() == b"hello"
    assert bucket.get_object(LINK, byte_range=(1, 3)).read() == b"ell"
    assert requests.get(bucket.sign_url("GET", LINK, 60), timeout=5).content == b"hello"


def test_a_link_is_processed_as_its_target(bucket: oss2.Bucket) -> None:
    bucket.put_object(TARGET, picture())
    bucket.put_symlink(TARGET, LINK)
    assert bucket.get_object(LINK, process="image/format,png").read().startswith(b"\x89PNG")


def test_what_a_link_is_itself_is_told_by_its_meta_by_getting_it_and_by_a_listing(bucket: oss2.Bucket) -> None:
    bucket.put_symlink(TARGET, LINK)
    own = bucket.get_object_meta(LINK)
    assert own.etag == bucket.get_symlink(LINK).headers["ETag"].strip('"') != bucket.head_object(LINK).etag
    assert bucket.get_symlink(LINK).target_key == TARGET
    listed = {each.key: (each.type, each.etag) for each in oss2.ObjectIteratorV2(bucket)}
    assert listed == {LINK: ("Symlink", own.etag), TARGET: ("Normal", bucket.head_object(TARGET).etag)}


def test_a_link_need_not_lead_anywhere_until_it_is_read(bucket: oss2.Bucket) -> None:
    bucket.put_symlink("nothing", LINK)
    bucket.put_symlink(LINK, "a link to a link")
    for read in (bucket.get_object, bucket.head_object):
        assert refusal(read, LINK) == (404, "SymlinkTargetNotExist")
        assert refusal(read, "a link to a link") == (400, "InvalidTargetType")
    assert bucket.get_symlink(LINK).target_key == "nothing"
    bucket.put_object("nothing", b"something")
    assert bucket.get_object(LINK).read() == b"something"


def test_a_copy_of_a_link_is_a_link_and_a_part_is_none(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_symlink(TARGET, LINK)
    bucket.copy_object(world.bucket, LINK, "copy")
    bucket.delete_object(LINK)
    assert bucket.get_symlink("copy").target_key == TARGET
    assert bucket.get_object("copy").read() == b"hello"
    upload_id, _ = upload(bucket, "in parts")
    copy_part = (world.bucket, "copy", (0, 1), "in parts", upload_id, 1)
    assert refusal(bucket.upload_part_copy, *copy_part) == (400, "InvalidArgument")


@pytest.mark.parametrize("again", ["put", "copy", "delete and put"])
def test_what_takes_a_links_place_is_no_link(bucket: oss2.Bucket, world: World, again: str) -> None:
    bucket.put_symlink(TARGET, LINK)
    if again == "copy":
        bucket.copy_object(world.bucket, TARGET, LINK)
    else:
        if again == "delete and put":
            bucket.delete_object(LINK)
            assert refusal(bucket.get_symlink, LINK) == (404, "NoSuchKey")
        bucket.put_object(LINK, b"hello")
    assert refusal(bucket.get_symlink, LINK) == (400, "NotSymlink")
    assert bucket.head_object(LINK).object_type == "Normal"


@pytest.mark.parametrize(("link", "target"), [({}, PUBLIC), (PUBLIC, {}), (PUBLIC, PUBLIC)])
def test_who_does_not_sign_reads_a_link_if_both_it_and_its_target_are_public(
    bucket: oss2.Bucket, world: World, link: dict[str, str], target: dict[str, str]
) -> None:
    bucket.put_object(TARGET, b"hello", headers=target)
    bucket.put_symlink(TARGET, LINK, headers=link)
    answer = requests.get(f"{world.oss.url}/{world.bucket}/{quote(LINK)}", timeout=5)
    if link and target:
        assert answer.content == b"hello"
    else:
        assert web_refusal(answer) == (403, "AccessDenied")


def test_a_link_is_an_event_of_its_own_and_is_made_once_only_if_asked_so(bucket: oss2.Bucket, world: World) -> None:
    once = {"x-oss-forbid-overwrite": "true"}
    bucket.put_symlink(TARGET, LINK, headers=once)
    assert refusal(bucket.put_symlink, TARGET, LINK, headers=once) == (409, "FileAlreadyExists")
    assert world.heard == ["ObjectCreated:PutSymlink"]


def test_a_link_to_nothing_named_is_refused_and_so_is_one_where_there_are_versions(
    bucket: oss2.Bucket, world: World
) -> None:
    assert refusal(bucket._do, "PUT", world.bucket, LINK, params={"symlink": ""}) == (400, "InvalidArgument")
    world.oss.create_bucket(name := f"{world.bucket}-versions", versioning="Enabled")
    assert refusal(world.client(bucket=name).put_symlink, "a", "b") == (501, "NotImplemented")
