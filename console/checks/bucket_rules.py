"""What becomes of the objects of a bucket: versioning, and lifecycle rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from console.account import Account, speaking
from console.buckets import lifecycle
from console.buckets.plan import both
from console.finding import Finding, Severity
from shared.jobs import keys
from shared.messages.message import Message, Sentence

if TYPE_CHECKING:
    import oss2


class _Loss(NamedTuple):
    """What follows when a rule deletes a folder."""

    severity: Severity
    leads_to: Message


_LOSSES = {
    keys.UPLOADS: _Loss(
        "warning",
        Message(
            "a photo that waits for longer is gone before it is served, and its job ends without a cutout",
            "等待时间更长的照片在处理前就会被删除，任务结束时没有抠图结果",
        ),
    ),
    keys.CUTOUTS: _Loss(
        "error",
        Message(
            "cutouts and receipts are deleted, and a backfill pays for their photos again",
            "抠图结果和回执会被删除，补录会为这些照片再次付费",
        ),
    ),
    keys.JOBS: _Loss(
        "error",
        Message(
            "what is under way is forgotten: photos are not served, or are paid for twice",
            "进行中的任务会丢失：照片不会被处理，或重复计费",
        ),
    ),
    keys.QUEUE: _Loss(
        "error",
        Message("jobs that wait are found late, if at all", "排队的任务很晚才会被发现，甚至不会被发现"),
    ),
}
_OF_PHOTOS = (keys.UPLOADS, keys.CUTOUTS)


def versioning(bucket: oss2.Bucket) -> Iterator[Finding]:
    """Of the bucket that keeps the jobs; suspended is as bad as enabled."""
    with speaking("OSS", "GetBucketVersioning"):
        status = bucket.get_bucket_versioning().status
    if not status:
        return
    what = Sentence(
        "the bucket {bucket} keeps the jobs, and its versioning is {status}",
        "保存任务的 Bucket {bucket} 的版本控制状态为 {status}",
    )
    yield Finding(
        "BucketVersioned",
        "error",
        what(bucket=bucket.bucket_name, status=status),
        Message(
            "with versioning OSS creates a name twice: an upload whose event comes twice may be paid for twice",
            "开启过版本控制的 Bucket 不支持禁止覆盖：同一上传的事件重复到达时可能重复计费",
        ),
        Message(
            "versioning cannot be taken back: set JOBS_BUCKET to a bucket in cn-shanghai that never had it, and deploy",
            "版本控制开启后无法恢复为未开启：将 JOBS_BUCKET 设为位于 cn-shanghai 且从未开启版本控制的 Bucket，然后部署",
        ),
    )


def expiry(account: Account) -> Iterator[Finding]:
    """Are our own rules there, and does no other one delete what is needed?"""
    settings = account.settings
    for bucket in both(account):
        name, rules = bucket.bucket_name, lifecycle.read(bucket)
        for each in lifecycle.lacking(rules, lifecycle.expiries(settings).get(name, ())):
            yield _kept_for_ever(name, each)
        folders = [
            each for each in _LOSSES if name == (settings.bucket if each in _OF_PHOTOS else settings.jobs_bucket)
        ]
        for rule in rules:
            for folder in folders if rule.deletes else ():
                if rule.touches(folder):
                    yield _deleted(name, rule, folder, _LOSSES[folder])


def _kept_for_ever(bucket: str, expiry: lifecycle.Expiry) -> Finding:
    what = Sentence(
        "the bucket {bucket} has no lifecycle rule that deletes {folder} after {hours} hours",
        "Bucket {bucket} 没有在 {hours} 小时后删除 {folder} 的生命周期规则",
    )
    leads_to = Sentence(
        "what is left behind under {folder} stays for ever, and is paid for", "{folder} 下的残留文件会一直保留并计费"
    )
    mend = Sentence(
        "`cutout deploy` adds the rule, or add it by hand: https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{bucket}",
        "运行 `cutout deploy` 添加规则，或手动添加：https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{bucket}",
    )
    return Finding(
        "NotExpired",
        "warning",
        what(bucket=bucket, folder=expiry.folder, hours=24 * expiry.days),
        leads_to(folder=expiry.folder),
        mend(bucket=bucket),
    )


def _deleted(bucket: str, rule: lifecycle.Rule, folder: str, loss: _Loss) -> Finding:
    what = Sentence(
        "the lifecycle rule {rule} of the bucket {bucket}, for the prefix `{prefix}`, deletes {folder}",
        "Bucket {bucket} 的生命周期规则 {rule}（前缀 `{prefix}`）会删除 {folder} 下的文件",
    )
    mend = Sentence(
        "give the rule another prefix, or except {folder} from it: "
        "https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{bucket}",
        "修改该规则的前缀，或将 {folder} 排除在外：https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{bucket}",
    )
    return Finding(
        "DeletedByRule",
        loss.severity,
        what(rule=rule.name, bucket=bucket, prefix=rule.prefix, folder=folder),
        loss.leads_to,
        mend(folder=folder, bucket=bucket),
    )
