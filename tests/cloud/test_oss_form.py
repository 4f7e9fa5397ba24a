"""Uploads to the local OSS by HTML form."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.accounts import Key
from tests.cloud.oss_world import World, web_refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


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


def test_the_policy_is_held_against_the_key_before_the_files_name_is_filled_in(
    bucket: oss2.Bucket, world: World
) -> None:
    for wanted, status in (("uploads/${filename}", 204), ("uploads/红 1.jpg", 403)):
        assert send(world, form(world, conditions=[["eq", "$key", wanted]])).status_code == status
    assert [found.key for found in oss2.ObjectIterator(bucket)] == ["uploads/红 1.jpg"]


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({}, "image/jpeg"),
        ({"Content-Type": "image/png"}, "image/jpeg"),
        ({"Content-Type": "image/png", "x-oss-content-type": "image/webp"}, "image/webp"),
    ],
)
def test_of_several_content_types_the_one_counts_that_oss_prefers(
    bucket: oss2.Bucket, world: World, fields: dict[str, str], stored: str
) -> None:
    conditions = [["in", "$content-type", [stored]]]
    assert send(world, form(world, conditions=conditions) | fields).status_code == 204
    assert bucket.head_object("uploads/红 1.jpg").content_type == stored


def test_a_form_is_good_for_seven_days_at_most(bucket: oss2.Bucket, world: World) -> None:
    week = 7 * 24 * 3600
    signed = form(world, expires=2 * week)
    world.ahead = week - 60
    assert send(world, signed).status_code == 204
    world.ahead = week + 60
    assert web_refusal(send(world, signed)) == (403, "AccessDenied")


def test_a_form_may_ask_for_an_acl(bucket: oss2.Bucket, world: World) -> None:
    acl = {"x-oss-object-acl": "public-read"}
    assert send(world, {**form(world), **acl}).status_code == 204
    assert bucket.get_object_acl("uploads/红 1.jpg").acl == "public-read"
    acl = {"x-oss-object-acl": "public"}
    assert web_refusal(send(world, {**form(world), **acl})) == (400, "InvalidArgument")


def test_a_form_may_be_for_one_object_once(bucket: oss2.Bucket, world: World) -> None:
    once = {"x-oss-forbid-overwrite": "true"}
    signed = form(world, conditions=[["eq", "$key", "uploads/${filename}"], once]) | once
    assert send(world, signed).status_code == 204
    assert web_refusal(send(world, signed)) == (409, "FileAlreadyExists")
