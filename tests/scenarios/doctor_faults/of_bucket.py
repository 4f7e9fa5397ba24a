"""What can be wrong with the bucket: itself, its rules, its queue, and other people's triggers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from oss2.models import (
    BucketLifecycle,
    BucketVersioningConfig,
    LifecycleExpiration,
    LifecycleRule,
    ServerSideEncryptionRule,
)

from console.doctor import WELL
from console.roles.rights import FUNCTIONS
from tests.cloud.fc_others import add_trigger
from tests.cloud.well import BUCKET, Well
from tests.scenarios.doctor_faults.fault import Fault, deny, say
from tests.unit.console.function_faults import GOODS


def _elsewhere(well: Well) -> None:
    well.bucket.delete_bucket()
    well.oss.create_bucket(BUCKET, region="cn-beijing")


def _expire_cutouts(well: Well) -> None:
    theirs = LifecycleRule("tidy", "cutouts/", expiration=LifecycleExpiration(days=30))
    well.bucket.put_bucket_lifecycle(BucketLifecycle([*well.bucket.get_bucket_lifecycle().rules, theirs]))


def _wait(well: Well) -> None:
    moment = datetime.now(timezone.utc) - timedelta(hours=3)
    well.bucket.put_object(f"queue/waiting/goods/commodity/{moment:%Y%m%dT%H%M%S.%fZ}/a.jpg", b"")


def _overlap(well: Well) -> None:
    well.account.fc.delete_trigger(GOODS, "uploads")
    add_trigger(well.account.fc, "thumbnails", BUCKET, "uploads/goods/red/")


def _fill(well: Well) -> None:
    """The places of the triggers, once one of ours is gone."""
    well.account.fc.delete_trigger(GOODS, "uploads")
    for number in range(3):
        add_trigger(well.account.fc, f"theirs-{number}", BUCKET, f"other/{number}/")


def _encrypt(well: Well) -> None:
    well.bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", "key-1"))


FAULTS = (
    Fault("BucketNotNamed", say(OSS_BUCKET=""), "OSS_BUCKET is not set", "未设置 OSS_BUCKET"),
    Fault("BucketMissing", lambda well: well.bucket.delete_bucket(), f"no bucket {BUCKET}", f"{BUCKET} 不存在"),
    Fault("BucketElsewhere", _elsewhere, "lies in cn-beijing", "位于 cn-beijing"),
    Fault("BucketForeign", deny("oss:GetBucketInfo"), "is another account's", "属于其他账号"),
    Fault(
        "BucketVersioned",
        lambda well: well.bucket.put_bucket_versioning(BucketVersioningConfig("Enabled")),
        "its versioning is Enabled",
        "版本控制状态为 Enabled",
        ("OverwriteNotRefused",),
    ),
    Fault(
        "OverwriteNotRefused",
        lambda well: well.bucket.put_bucket_versioning(BucketVersioningConfig("Suspended")),
        "OSS has overwritten an object",
        "文件被覆盖",
        ("BucketVersioned",),
    ),
    Fault(
        "NotExpired",
        lambda well: well.bucket.delete_bucket_lifecycle(),
        "deletes work/ after 24 hours",
        "24 小时后删除 work/",
        ("NotExpired",),
        ends=WELL,
    ),
    Fault("DeletedByRule", _expire_cutouts, "rule tidy of the bucket", "生命周期规则 tidy"),
    Fault(
        "PublicAccessBlocked",
        lambda well: well.bucket.put_bucket_public_access_block(True),
        f"on for the bucket {BUCKET}",
        f"{BUCKET} 开启了阻止公共访问",
    ),
    Fault(
        "PublicAccessBlockedForAll",
        lambda well: well.account.buckets.put_public_access_block(True),
        "on for all buckets of the account",
        "账号下的所有 Bucket 开启了阻止公共访问",
    ),
    Fault(
        "PublicCopiesEncrypted",
        _encrypt,
        "encrypted with KMS",
        "使用 KMS 加密",
        ("MissingRight",) * len(FUNCTIONS),
    ),
    Fault("QueueStands", _wait, "jobs that wait: 1", "1 个任务在排队"),
    Fault("TriggersOverlap", _overlap, "theirs of the function thumbnails", "函数 thumbnails", ("TriggerMissing",)),
    Fault("TriggersTooMany", _fill, "has 3 of others", "已有其他触发器 3 个", ("TriggerMissing",)),
)
