"""The buckets: whether they are there and ours, and what becomes of the objects in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from console.account import REGION, Account, ApiError, speaking
from console.checks import bucket_rules, bucket_trials, queue, triggers
from console.finding import IDENTITY, Check, Fact, Finding
from shared.messages.message import Message, Sentence

if TYPE_CHECKING:
    import oss2

BUCKET = "bucket"
"""The name of the check on which the others here wait."""
_PHOTOS, _JOBS = "OSS_BUCKET", "JOBS_BUCKET"


def _named(account: Account) -> dict[str, str]:
    """The buckets of the settings, each once, with the setting that names it."""
    return {account.settings.jobs_bucket: _JOBS} | {account.settings.bucket: _PHOTOS}


def _existence(account: Account) -> Iterator[Finding]:
    if not account.settings.bucket:
        yield Finding(
            "BucketNotNamed",
            "error",
            Message("OSS_BUCKET is not set", "未设置 OSS_BUCKET"),
            Message("nothing can be deployed", "无法部署"),
            Message("`cutout init` asks for it", "运行 `cutout init` 进行设置"),
        )
        return
    for name, setting in _named(account).items():
        try:
            with speaking("OSS", "GetBucketInfo"):
                location = account.bucket(name).get_bucket_info().location
        except ApiError as refused:
            if refused.code not in ("NoSuchBucket", "AccessDenied"):
                raise
            yield _missing(name, setting) if refused.code == "NoSuchBucket" else _foreign(name, setting)
        else:
            if location != f"oss-{REGION}":
                yield _elsewhere(name, setting, location)


def _missing(name: str, setting: str) -> Finding:
    what = Sentence("there is no bucket {name}, which {setting} names", "{setting} 指定的 Bucket {name} 不存在")
    mend = Sentence(
        "`cutout deploy` makes it; or correct {setting}", "运行 `cutout deploy` 创建该 Bucket，或修改 {setting}"
    )
    nothing = Message("no photo can be uploaded, and no trigger can be made", "无法上传照片，也无法创建触发器")
    return Finding("BucketMissing", "error", what(name=name, setting=setting), nothing, mend(setting=setting))


def _foreign(name: str, setting: str) -> Finding:
    what = Sentence(
        "the bucket {name}, which {setting} names, is another account's, or this key may not look at it",
        "{setting} 指定的 Bucket {name} 属于其他账号，或该 AccessKey 无权查看",
    )
    mend = Sentence(
        "names of buckets are shared by all accounts: choose another one for {setting}; or, if it is yours, have an "
        "administrator grant `oss:GetBucketInfo` to the key's holder",
        "Bucket 名称在所有账号中唯一：请为 {setting} 换一个名称；如果属于本账号，请管理员授予 `oss:GetBucketInfo`",
    )
    nothing = Message("nothing there can be read or written", "无法读写其中的文件")
    return Finding("BucketForeign", "error", what(name=name, setting=setting), nothing, mend(setting=setting))


def _elsewhere(name: str, setting: str, location: str) -> Finding:
    what = Sentence(
        "the bucket {name}, which {setting} names, lies in {location} and not in {region}",
        "{setting} 指定的 Bucket {name} 位于 {location}，不在 {region}",
    )
    mend = Sentence(
        "a bucket cannot be moved: name one in {region} in {setting}",
        "Bucket 无法迁移地域：请在 {setting} 中指定 {region} 的 Bucket",
    )
    region = location.removeprefix("oss-")
    return Finding(
        "BucketElsewhere",
        "error",
        what(name=name, setting=setting, location=region, region=REGION),
        Message(
            "a trigger's bucket must be in the region of its function, and VIAPI fetches photos in cn-shanghai only",
            "触发器的 Bucket 必须与函数在同一地域，且 VIAPI 只读取 cn-shanghai 的照片",
        ),
        mend(region=REGION, setting=setting),
    )


Look = Callable[["oss2.Bucket"], Iterable[Finding | Fact]]


def _of_photos(look: Look) -> Callable[[Account], Iterable[Finding | Fact]]:
    return lambda account: look(account.bucket())


def _of_jobs(look: Look) -> Callable[[Account], Iterable[Finding | Fact]]:
    return lambda account: look(account.bucket(account.settings.jobs_bucket))


_NEEDS = (IDENTITY, BUCKET)
CHECKS = (
    Check(BUCKET, Message("the buckets of the settings", "配置中的 Bucket 是否可用"), _existence),
    Check(
        "versioning",
        Message("the versioning of the bucket", "Bucket 的版本控制"),
        _of_jobs(bucket_rules.versioning),
        _NEEDS,
    ),
    Check(
        "create-once",
        Message("whether OSS refuses to create a name twice", "OSS 是否拒绝重复创建同名文件"),
        _of_jobs(bucket_trials.create_once),
        _NEEDS,
    ),
    Check("lifecycle", Message("lifecycle rules", "Bucket 的生命周期规则"), bucket_rules.expiry, _NEEDS),
    Check(
        "public-access",
        Message("Block Public Access", "阻止公共访问"),
        bucket_rules.public_access,
        _NEEDS,
    ),
    Check("encryption", Message("the encryption of the bucket", "Bucket 的加密方式"), bucket_rules.encryption, _NEEDS),
    Check(
        "turning",
        Message("in which order OSS turns and scales pictures", "OSS 旋转与缩放图片的顺序"),
        _of_photos(bucket_trials.turning),
        _NEEDS,
    ),
    Check("queue", Message("the queue", "任务队列"), _of_jobs(queue.waiting), _NEEDS),
    *triggers.CHECKS,
)
