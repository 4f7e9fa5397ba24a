"""What can be wrong with a bucket that was set up well: each fault by the code of what the doctor is to find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import oss2
from oss2.models import (
    BucketLifecycle,
    BucketVersioningConfig,
    LifecycleExpiration,
    LifecycleRule,
    ServerSideEncryptionRule,
)

KMS = ServerSideEncryptionRule("KMS", "9468da86-example")


def add_rules(bucket: oss2.Bucket, *rules: LifecycleRule) -> None:
    """Beside those that are there."""
    there = bucket.get_bucket_lifecycle().rules
    bucket.put_bucket_lifecycle(BucketLifecycle([*there, *rules]), {"x-oss-allow-same-action-overlap": "true"})


def enqueue(bucket: oss2.Bucket, age: timedelta, stage: str = "waiting") -> None:
    """A job that has been due for so long."""
    moment = datetime.now(timezone.utc) - age
    bucket.put_object(f"queue/{stage}/goods/commodity/{moment:%Y%m%dT%H%M%S.%fZ}/a.jpg", b"")


def _version(bucket: oss2.Bucket) -> None:
    bucket.put_bucket_versioning(BucketVersioningConfig("Suspended"))


FAULTS: dict[str, Callable[[oss2.Bucket], object]] = {
    "BucketVersioned": _version,
    "OverwriteNotRefused": _version,
    "NotExpired": lambda bucket: bucket.delete_bucket_lifecycle(),
    "DeletedByRule": lambda bucket: add_rules(
        bucket, LifecycleRule("tidy-up", "", expiration=LifecycleExpiration(days=90))
    ),
    "PublicAccessBlocked": lambda bucket: bucket.put_bucket_public_access_block(True),
    "PublicCopiesEncrypted": lambda bucket: bucket.put_bucket_encryption(KMS),
    "KmsRightsNeeded": lambda bucket: bucket.put_bucket_encryption(KMS),
    "QueueStands": lambda bucket: enqueue(bucket, timedelta(hours=2)),
}
"""Each gets the bucket; PicWish is to be set up."""
