"""Buckets of the local OSS: made, listed, described, deleted, and set up."""

from __future__ import annotations

import time

import oss2
import pytest
import requests
from oss2.models import BucketCreateConfig, BucketVersioningConfig

from tests.cloud import oss_world
from tests.cloud.oss_world import World, refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

OTHER = "9999999999999999"


def service(world: World) -> oss2.Service:
    key = world.accounts.owner
    credentials = oss2.credentials.StaticCredentialsProvider(key.access_key_id, key.access_key_secret)
    return oss2.Service(oss2.ProviderAuthV4(credentials), world.oss.url, region="cn-shanghai")


def other(world: World, name: str) -> oss2.Bucket:
    return world.client(bucket=f"{world.bucket}-{name}")


# Making and deleting


def test_a_bucket_that_was_made_is_private_unversioned_and_blocks_public_access(world: World) -> None:
    made = other(world, "made")
    made.create_bucket("private", BucketCreateConfig("Standard"))
    info = made.get_bucket_info()
    assert (info.location, info.acl.grant, info.versioning_status) == ("oss-cn-shanghai", "private", None)
    assert made.get_bucket_public_access_block().block_public_access is True
    made.put_object("a", b"here")
    made.create_bucket("private")
    assert made.get_object("a").read() == b"here", "it is only set up again"


def test_a_bucket_is_deleted_when_it_is_empty(world: World) -> None:
    made = other(world, "gone")
    made.create_bucket()
    made.put_object("a", b"")
    assert refusal(made.delete_bucket) == (409, "BucketNotEmpty")
    made.delete_object("a")
    upload = made.init_multipart_upload("b").upload_id
    assert refusal(made.delete_bucket) == (409, "BucketNotEmpty")
    made.abort_multipart_upload("b", upload)
    made.put_bucket_encryption(oss2.models.ServerSideEncryptionRule("AES256"))
    made.delete_bucket()
    assert refusal(made.get_bucket_info) == (404, "NoSuchBucket")
    made.create_bucket()
    assert refusal(made.get_bucket_encryption) == (404, "NoSuchServerSideEncryptionRule")


def test_a_name_that_another_account_has_is_refused(world: World) -> None:
    taken = other(world, "taken")
    world.oss.create_bucket(taken.bucket_name, owner=OTHER)
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        taken.create_bucket()
    assert (refused.value.status, refused.value.code) == (409, "BucketAlreadyExists")
    for call in (taken.get_bucket_info, taken.get_bucket_lifecycle, lambda: taken.put_object("a", b"")):
        with pytest.raises(oss2.exceptions.AccessDenied, match="does not belong to you"):
            call()


def test_a_bucket_of_another_region_is_described_and_no_more(world: World) -> None:
    far = other(world, "far")
    world.oss.create_bucket(far.bucket_name, region="cn-beijing")
    assert far.get_bucket_info().location == far.get_bucket_location().location == "oss-cn-beijing"
    with pytest.raises(oss2.exceptions.AccessDenied, match="specified endpoint") as refused:
        far.put_object("a", b"")
    assert refused.value.details["Endpoint"] == "oss-cn-beijing.aliyuncs.com"
    assert refusal(far.create_bucket) == (409, "BucketAlreadyExists")


@pytest.mark.parametrize("body", ["<CreateBucketConfiguration>", "<Bucket/>"])
def test_a_document_that_is_none_makes_no_bucket(world: World, body: str) -> None:
    made = other(world, "malformed")
    assert refusal(made.create_bucket, None, body) == (400, "MalformedXML")
    assert refusal(made.get_bucket_info) == (404, "NoSuchBucket")


def test_what_the_box_does_not_have_of_buckets_is_refused(world: World) -> None:
    made = other(world, "cold")
    assert refusal(made.create_bucket, "private", BucketCreateConfig("Archive")) == (501, "NotImplemented")
    assert refusal(made.create_bucket, "public-read") == (501, "NotImplemented")


def test_a_hundred_buckets_are_the_most(world: World) -> None:
    listed = service(world).list_buckets(max_keys=1000).buckets
    missing = range(100 - sum(each.region == "cn-shanghai" for each in listed))
    for number in missing:
        world.oss.create_bucket(f"{world.bucket}-{number}")
    assert refusal(other(world, "one-more").create_bucket) == (400, "TooManyBuckets")
    for number in missing:
        other(world, str(number)).delete_bucket()


# Listing


def test_the_list_has_ones_own_buckets_of_all_regions_a_page_at_a_time(world: World) -> None:
    world.oss.create_bucket(f"{world.bucket}-b", region="cn-beijing")
    world.oss.create_bucket(f"{world.bucket}-c")
    world.oss.create_bucket(f"{world.bucket}-d", owner=OTHER)
    page = service(world).list_buckets(prefix=world.bucket, max_keys=2)
    assert (page.is_truncated, page.next_marker) == (True, f"{world.bucket}-b")
    found = list(oss2.BucketIterator(service(world), prefix=world.bucket, max_keys=2))
    names = [each.name.removeprefix(world.bucket) for each in found]
    assert names == ["", "-b", "-c"]
    assert [each.region for each in found] == ["cn-shanghai", "cn-beijing", "cn-shanghai"]
    assert abs(found[0].creation_date - time.time()) < 60


# Versioning


def test_versioning_is_enabled_and_suspended_and_never_taken_back(bucket: oss2.Bucket) -> None:
    assert bucket.get_bucket_versioning().status is None
    for status in ("Enabled", "Suspended"):
        bucket.put_bucket_versioning(BucketVersioningConfig(status))
        assert bucket.get_bucket_versioning().status == bucket.get_bucket_info().versioning_status == status
    assert refusal(bucket.put_bucket_versioning, BucketVersioningConfig("Disabled")) == (400, "MalformedXML")


def test_with_versioning_a_name_is_created_twice(bucket: oss2.Bucket) -> None:
    oss_world.create_once(bucket, "a", b"1")
    bucket.put_bucket_versioning(BucketVersioningConfig("Enabled"))
    assert oss_world.create_once(bucket, "a", b"2").versionid


# Block Public Access


def test_public_access_is_blocked_and_let_in_again(bucket: oss2.Bucket, world: World) -> None:
    def seen() -> int:
        return requests.get(f"{world.oss.url}/{world.bucket}/a", timeout=5).status_code

    bucket.put_object("a", b"here", headers={"x-oss-object-acl": "public-read"})
    assert (seen(), bucket.get_bucket_public_access_block().block_public_access) == (200, False)
    bucket.put_bucket_public_access_block(True)
    assert seen() == 403
    assert refusal(bucket.put_object_acl, "a", "public-read") == (403, "AccessDenied")
    bucket.delete_bucket_public_access_block()
    assert seen() == 200


def test_public_access_is_blocked_for_the_whole_account(bucket: oss2.Bucket, world: World) -> None:
    account = service(world)
    assert account.get_public_access_block().block_public_access is False
    account.put_public_access_block(True)
    try:
        assert account.get_public_access_block().block_public_access is True
        assert bucket.get_bucket_public_access_block().block_public_access is False, "it is not the bucket's own"
        public = {"x-oss-object-acl": "public-read"}
        assert refusal(bucket.put_object, "a", b"", headers=public) == (403, "AccessDenied")
    finally:
        account.delete_public_access_block()
    bucket.put_object("a", b"", headers={"x-oss-object-acl": "public-read"})


@pytest.mark.parametrize("value", ["yes", ""])
def test_a_block_that_is_neither_on_nor_off_is_refused(bucket: oss2.Bucket, world: World, value: str) -> None:
    inside = f"<BlockPublicAccess>{value}</BlockPublicAccess>"
    body = f"<PublicAccessBlockConfiguration>{inside}</PublicAccessBlockConfiguration>"
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket._do("PUT", world.bucket, "", params={"publicAccessBlock": ""}, data=body)
    assert (refused.value.status, refused.value.code) == (400, "MalformedXML")
