"""Uploads in parts to the local OSS."""

from __future__ import annotations

from pathlib import Path

import oss2

from tests import oss_world
from tests.oss_world import World, complete, refusal, upload

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
