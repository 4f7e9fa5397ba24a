"""What the local OSS encrypts with, and who may still read and write it."""

from __future__ import annotations

import itertools

import oss2
import pytest
import requests
from oss2.models import ServerSideEncryptionRule

from tests.cloud import oss_world
from tests.cloud.accounts import Accounts
from tests.cloud.oss_world import World, refusal, web_refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

_numbers = itertools.count(1)
KEY = "9468da86-example"
KIND, KEY_ID = "x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id"


def encrypt(bucket: oss2.Bucket, algorithm: str, key_id: str = "", data: str = "") -> None:
    bucket.put_bucket_encryption(ServerSideEncryptionRule(algorithm, key_id, data))


def may(world: World, *kms: str) -> oss2.Bucket:
    """The bucket for a role that may do anything in OSS, and this with the key."""
    resource = f"acs:kms:*:{Accounts.uid}:key/{KEY}"
    statements = [
        {"Effect": "Allow", "Action": "oss:*", "Resource": "*"},
        {"Effect": "Allow", "Action": [*kms], "Resource": resource},
    ]
    name, ram = f"role-{next(_numbers)}", world.accounts.ram
    ram.create_role(name, {})
    ram.put_policy(name, {"Version": "1", "Statement": statements})
    ram.attach(name, name)
    return world.client(world.accounts.assume_role(name))


def test_the_rule_is_told_as_it_was_set(bucket: oss2.Bucket) -> None:
    assert refusal(bucket.get_bucket_encryption) == (404, "NoSuchServerSideEncryptionRule")
    assert bucket.get_bucket_info().bucket_encryption_rule.sse_algorithm is None
    encrypt(bucket, "AES256")
    told = bucket.get_bucket_encryption()
    assert (told.sse_algorithm, told.kms_master_keyid, told.kms_data_encryption) == ("AES256", None, None)
    encrypt(bucket, "KMS", KEY, "SM4")
    told = bucket.get_bucket_info().bucket_encryption_rule
    assert (told.sse_algorithm, told.kms_master_keyid, told.kms_data_encryption) == ("KMS", KEY, "SM4")
    bucket.delete_bucket_encryption()
    bucket.delete_bucket_encryption()
    assert refusal(bucket.get_bucket_encryption) == (404, "NoSuchServerSideEncryptionRule")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (("DES",), "InvalidEncryptionAlgorithmError"),
        (("AES256", KEY), "InvalidArgument"),
        (("KMS", KEY, "AES128"), "InvalidArgument"),
        (("AES256", "", "SM4"), "MalformedXML"),
    ],
)
def test_a_rule_that_is_none_is_refused(bucket: oss2.Bucket, rule: tuple[str, ...], code: str) -> None:
    assert refusal(encrypt, bucket, *rule) == (400, code)


@pytest.mark.parametrize("body", ["", "<ServerSideEncryptionRule/>", "<Rule><SSEAlgorithm>KMS</SSEAlgorithm></Rule>"])
def test_a_document_that_is_none_is_refused(bucket: oss2.Bucket, body: str) -> None:
    assert refusal(bucket.put_bucket_encryption, body) == (400, "MalformedXML")


def test_an_object_is_encrypted_as_the_bucket_was_when_it_was_made(bucket: oss2.Bucket) -> None:
    bucket.put_object("before", b"here")
    encrypt(bucket, "KMS", KEY)
    bucket.put_object("during", b"here")
    bucket.delete_bucket_encryption()
    assert bucket.head_object("during").headers[KIND] == "KMS"
    assert bucket.get_object("during").headers[KEY_ID] == KEY
    assert KIND not in bucket.head_object("before").headers
    bucket.put_object("during", b"again")
    assert KIND not in bucket.head_object("during").headers


def test_with_a_key_of_kms_a_role_needs_rights_on_the_key(bucket: oss2.Bucket, world: World) -> None:
    encrypt(bucket, "KMS", KEY)
    bucket.put_object("a", b"here")
    with pytest.raises(oss2.exceptions.AccessDenied, match="forbidden by kms"):
        may(world).get_object("a")
    reader = may(world, "kms:Decrypt")
    assert reader.get_object("a").read() == b"here"
    assert refusal(reader.put_object, "b", b"") == (403, "AccessDenied")
    assert refusal(reader.copy_object, world.bucket, "a", "b") == (403, "AccessDenied")
    writer = may(world, "kms:List*", "kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt")
    writer.copy_object(world.bucket, "a", "b")
    assert requests.get(writer.sign_url("GET", "b", 60), timeout=5).content == b"here"
    assert web_refusal(requests.get(may(world).sign_url("GET", "b", 60), timeout=5)) == (403, "AccessDenied")


@pytest.mark.parametrize("algorithm", ["AES256", "SM4", "KMS"])
def test_with_keys_of_osss_own_nobody_needs_a_right(bucket: oss2.Bucket, world: World, algorithm: str) -> None:
    encrypt(bucket, algorithm)
    role = may(world)
    role.put_object("a", b"here")
    assert role.get_object("a").read() == b"here"


@pytest.mark.parametrize(("algorithm", "status"), [("AES256", 200), ("KMS", 403)])
def test_what_kms_encrypted_is_shown_to_nobody_who_has_not_signed(
    bucket: oss2.Bucket, world: World, algorithm: str, status: int
) -> None:
    encrypt(bucket, algorithm)
    bucket.put_object("a", b"here", headers={"x-oss-object-acl": "public-read"})
    assert requests.get(f"{world.oss.url}/{world.bucket}/a", timeout=5).status_code == status
