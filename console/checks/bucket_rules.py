"""How a bucket is set up: versioning, lifecycle rules, encryption, Block Public Access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from console.account import Account, speaking
from console.buckets import lifecycle
from console.buckets.plan import blocks_public_access, both, needs_public_copies
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


def public_access(account: Account) -> Iterator[Finding]:
    """PicWish reads copies that are public."""
    if not needs_public_copies(account):
        return
    if blocks_public_access(account):
        name = account.settings.bucket
        where = Sentence("the bucket {bucket}", " Bucket {bucket} ")(bucket=name)
        page = f"https://oss.console.aliyun.com/bucket/oss-cn-shanghai/{name}"
        yield _blocked("PublicAccessBlocked", where, page)
    with speaking("OSS", "GetPublicAccessBlock"):
        for_all = account.buckets.get_public_access_block().block_public_access
    if for_all:
        where = Message("all buckets of the account", "账号下的所有 Bucket ")
        yield _blocked("PublicAccessBlockedForAll", where, "https://oss.console.aliyun.com")


def _blocked(code: str, where: Message, page: str) -> Finding:
    what = Sentence(
        "PicWish is set up, and Block Public Access is on for {where}", "已配置 PicWish，但{where}开启了阻止公共访问"
    )
    mend = Sentence(
        "switch it off, if copies may be public for the time of a call (docs/bucket.md): {page}",
        "如果允许副本在调用期间公开（参见 docs/zh-CN/bucket.md），请关闭阻止公共访问：{page}",
    )
    return Finding(
        code,
        "error",
        what(where=where),
        Message(
            "no photo under uploads/picwish/ is served: PicWish reads public copies, which OSS refuses to make",
            "uploads/picwish/ 下的照片都不会被处理：PicWish 读取公共读副本，而 OSS 拒绝创建",
        ),
        mend(page=page),
    )


def encryption(account: Account) -> Iterator[Finding]:
    """With a key of KMS's, OSS asks KMS with the rights of whoever asks OSS, and serves nobody who has not signed."""
    for bucket in both(account):
        with speaking("OSS", "GetBucketInfo"):
            rule = bucket.get_bucket_info().bucket_encryption_rule
        if rule is None or rule.sse_algorithm != "KMS":
            continue
        if needs_public_copies(account) and bucket.bucket_name == account.settings.bucket:
            yield _unreadable_copies(bucket.bucket_name)
        if rule.kms_master_keyid:  # with OSS's own key nobody needs a right
            yield _kms_rights(bucket.bucket_name, rule.kms_master_keyid)


def _unreadable_copies(bucket: str) -> Finding:
    what = Sentence(
        "PicWish is set up, and the bucket {bucket} is encrypted with KMS",
        "已配置 PicWish，但 Bucket {bucket} 使用 KMS 加密",
    )
    return Finding(
        "PublicCopiesEncrypted",
        "error",
        what(bucket=bucket),
        Message(
            "no photo under uploads/picwish/ is served: of a bucket encrypted so OSS shows nothing to those who do not "
            "sign, and PicWish does not",
            "uploads/picwish/ 下的照片都不会被处理：使用 KMS 加密的 Bucket 不支持匿名访问，而 PicWish 是匿名读取副本的",
        ),
        Message(
            "encrypt with keys of OSS's own (AES256), or do without PicWish",
            "改用 OSS 完全托管的密钥（AES256），或不使用 PicWish",
        ),
    )


def _kms_rights(bucket: str, key_id: str) -> Finding:
    what = Sentence(
        "the bucket {bucket} is encrypted with the KMS key {key_id}, which the functions' roles have no right to use",
        "Bucket {bucket} 使用 KMS 密钥 {key_id} 加密，而函数角色的权限中不包含该密钥",
    )
    mend = Sentence(
        "encrypt with keys of OSS's own (AES256); or give every function's role kms:List*, kms:DescribeKey, "
        "kms:GenerateDataKey and kms:Decrypt on acs:kms:cn-shanghai:*:key/{key_id}",
        "改用 OSS 完全托管的密钥（AES256）；或为每个函数角色授予 acs:kms:cn-shanghai:*:key/{key_id} 的 kms:List*、"
        "kms:DescribeKey、kms:GenerateDataKey 和 kms:Decrypt 权限",
    )
    return Finding(
        "KmsRightsNeeded",
        "warning",
        what(bucket=bucket, key_id=key_id),
        Message(
            "without these rights functions read and write nothing there, and the links that vendors get are refused",
            "没有这些权限，函数无法读写其中的文件，服务商的下载链接也会被拒绝",
        ),
        mend(key_id=key_id),
    )
