"""The buckets of a deployment: made when they are missing, with the rules that it needs.

What others set on a bucket stays as it is, but for rules on our own folders. Whatever is made is looked for first, so
that a run that was cut short is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from console.account import REGION, Account, ApiError, speaking
from console.buckets import lifecycle
from console.change import Change
from shared.messages.message import AND, COMMA, Sentence

if TYPE_CHECKING:
    import oss2

_MAKE = Sentence(
    "make the bucket {bucket} in {region}: private, without versioning",
    "在 {region} 创建 Bucket {bucket}：私有，不开启版本控制",
)
_EXPIRE = Sentence(
    "in the bucket {bucket}, {rules}: lifecycle rules, beside those that are there",
    "为 Bucket {bucket} 添加生命周期规则：{rules}；已有的规则保持不变",
)
_RULE = Sentence(
    "delete what lies under {folder} {hours} hours after it was written", "{folder} 下的文件在写入 {hours} 小时后删除"
)
_TAKE_AWAY = Sentence(
    "delete the lifecycle rules {rules} of the bucket {bucket}", "删除 Bucket {bucket} 的生命周期规则 {rules}"
)
_UNBLOCK = Sentence(
    "switch off Block Public Access of the bucket {bucket}, so that PicWish can read the copies made for it",
    "关闭 Bucket {bucket} 的阻止公共访问，使 PicWish 可以读取为其制作的副本",
)


def plan(account: Account, *, public_copies: bool = False) -> list[Change]:
    """What is missing, in the order in which it is to be made. Raises `ApiError`.

    `public_copies`: Block Public Access may be switched off, if PicWish is set up.
    """
    settings = account.settings
    there = {name: exists(account, name) for name in (settings.bucket, settings.jobs_bucket)}
    changes = [
        Change(_MAKE(bucket=name, region=REGION), partial(_make, account, name))
        for name, is_there in there.items()
        if not is_there
    ]
    for name, needed in lifecycle.expiries(settings).items():
        bucket = account.bucket(name)
        if lacking := lifecycle.lacking(lifecycle.read(bucket) if there[name] else (), needed):
            rules = AND.join(_RULE(folder=each.folder, hours=24 * each.days) for each in lacking)
            changes.append(Change(_EXPIRE(bucket=name, rules=rules), partial(lifecycle.add, bucket, needed)))
    photos = settings.bucket
    # A new bucket has it, whatever is said when it is made.
    if public_copies and needs_public_copies(account) and (not there[photos] or blocks_public_access(account)):
        changes.append(Change(_UNBLOCK(bucket=photos), partial(_unblock, account)))
    return changes


def removal(account: Account) -> Iterator[Change]:
    """The rules that were made here go; buckets stay, and so do others' rules. Raises `ApiError`."""
    for bucket in both(account):
        name = bucket.bucket_name
        if exists(account, name) and (ours := lifecycle.ours(lifecycle.read(bucket))):
            says = _TAKE_AWAY(bucket=name, rules=COMMA.join(rule.name for rule in ours))
            yield Change(says, partial(lifecycle.take_away, bucket))


def both(account: Account) -> Iterator[oss2.Bucket]:
    """That of the photos and that of the jobs, if it is another one."""
    for name in dict.fromkeys((account.settings.bucket, account.settings.jobs_bucket)):
        yield account.bucket(name)


def exists(account: Account, name: str) -> bool:
    """Raises `ApiError` for a bucket that is another account's."""
    try:
        with speaking("OSS", "GetBucketInfo"):
            account.bucket(name).get_bucket_info()
    except ApiError as refused:
        if refused.code == "NoSuchBucket":
            return False
        raise
    return True


def needs_public_copies(account: Account) -> bool:
    """Whether a vendor is set up that takes short links only."""
    return bool(account.settings["PICWISH_APPCODE"])


def blocks_public_access(account: Account) -> bool:
    """Whether the bucket of the photos does, by its own setting. Raises `ApiError`."""
    with speaking("OSS", "GetBucketPublicAccessBlock"):
        return bool(account.bucket().get_bucket_public_access_block().block_public_access)


def _make(account: Account, name: str) -> None:
    with speaking("OSS", "PutBucket"):
        account.bucket(name).create_bucket("private")


def _unblock(account: Account) -> None:
    with speaking("OSS", "PutBucketPublicAccessBlock"):
        account.bucket().put_bucket_public_access_block(False)
