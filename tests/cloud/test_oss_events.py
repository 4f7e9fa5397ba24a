"""What the local OSS tells Function Compute."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

import oss2
import pytest

from tests.cloud import oss_world
from tests.cloud.accounts import Accounts
from tests.cloud.oss_world import World, complete, create_once, upload

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


def test_an_event_is_the_document_that_function_compute_gets(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("uploads/红 1.jpg", b"12345678")
    world.events.clear()
    headers = {"x-oss-meta-a": "1", "Content-Type": "image/jpeg"}
    put = bucket.put_object("uploads/红 1.jpg", b"hello", headers=headers)
    (event,) = world.events.pop()["events"]
    moment = datetime.strptime(event.pop("eventTime"), "%Y-%m-%dT%H:%M:%S.000Z").replace(tzinfo=timezone.utc)
    assert -5 < moment.timestamp() - time.time() <= 0, "whole seconds, the rest cut off"
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
