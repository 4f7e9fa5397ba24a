"""Uploads in parts to the local OSS."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import oss2
import pytest

from tests.cloud import oss_world
from tests.cloud.oss_world import World, complete, refusal, upload

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


def test_an_upload_in_parts_becomes_one_object(bucket: oss2.Bucket) -> None:
    content = b"x" * 102_400 + b"y" * 10
    upload_id, parts = upload(bucket, "big", content[:102_400], content[102_400:], headers={"x-oss-meta-a": "1"})
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
    settings = {"multipart_threshold": 102_400, "part_size": 102_400, "headers": {"x-oss-object-acl": "private"}}
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


CONTROLS = "".join(map(chr, range(1, 32)))


@pytest.mark.parametrize("key", [f"a{CONTROLS}b", "红&<1>.jpg", "a\x7f+%"])
def test_any_key_may_be_uploaded_in_parts(bucket: oss2.Bucket, key: str) -> None:
    upload_id, parts = upload(bucket, key, b"x" * 102_400, b"y")
    assert [one.key for one in bucket.list_multipart_uploads().upload_list] == [key]
    asked = {"uploadId": upload_id, "encoding-type": "url"}
    listed = ElementTree.fromstring(bucket._do("GET", bucket.bucket_name, key, params=asked).read())
    assert (unquote(listed.findtext("Key", "")), len(listed.findall("Part"))) == (key, 2)
    complete(bucket, key, upload_id, parts)
    assert bucket.get_object(key).read() == b"x" * 102_400 + b"y"


def test_an_upload_is_completed_with_all_that_was_sent(bucket: oss2.Bucket) -> None:
    upload_id, parts = upload(bucket, "a\x01", b"x" * 102_400, b"y")
    wanted = {"x-oss-complete-all": "yes"}
    both = bucket.complete_multipart_upload, "a\x01", upload_id, parts
    assert refusal(*both, headers=wanted) == (400, "InvalidArgument")
    complete(bucket, "a\x01", upload_id, None, headers=wanted)
    assert bucket.head_object("a\x01").content_length == 102_401


def test_a_list_that_is_no_xml_is_malformed(bucket: oss2.Bucket, world: World) -> None:
    upload_id, _ = upload(bucket, "a", b"x")
    assert refusal(complete, bucket, "a", upload_id, None) == (400, "MalformedXML")


def test_parts_and_uploads_are_listed_a_page_at_a_time(bucket: oss2.Bucket) -> None:
    upload_id, parts = upload(bucket, "b", *[b"x"] * 5)
    listed = oss2.PartIterator(bucket, "b", upload_id, max_parts=2)
    assert [(one.part_number, one.etag) for one in listed] == [(part.part_number, part.etag) for part in parts]
    begun = sorted([("b", upload_id), *((key, bucket.init_multipart_upload(key).upload_id) for key in ("a", "a", "c"))])
    found = list(oss2.MultipartUploadIterator(bucket, max_uploads=1))
    assert [(one.key, one.upload_id) for one in found] == begun
    assert [one.key for one in oss2.MultipartUploadIterator(bucket, prefix="a")] == ["a", "a"]


def test_answers_have_the_documented_form(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("source", b"hello")
    upload_id = bucket.init_multipart_upload("a").upload_id
    sent = bucket.upload_part("a", upload_id, 1, b"hello")
    assert sent.headers["Content-MD5"] == "XUFAKrxLKna5cZ2REBfFkg=="
    listed = bucket._do("GET", world.bucket, "a", params={"uploadId": upload_id}).read()
    assert ElementTree.fromstring(listed).tag == "ListPartsResult"
    source = {"x-oss-copy-source": f"/{world.bucket}/source"}
    params = {"uploadId": upload_id, "partNumber": "2"}
    copied = ElementTree.fromstring(bucket._do("PUT", world.bucket, "a", params=params, headers=source).read())
    modified = oss2.utils.iso8601_to_unixtime(copied.findtext("LastModified", ""))
    assert modified == bucket.head_object("source").last_modified
