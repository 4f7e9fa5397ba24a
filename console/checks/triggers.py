"""Other people's triggers on the bucket: OSS takes no two that overlap, and ten in all.

Of the rules that send events to a queue or a topic (事件通知) nothing is said: they are Simple Message Queue's, and no
document says that they stand in a trigger's way. OSS itself has no documented request that shows either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.account import Account
from console.finding import IDENTITY, Check, Finding
from console.functions import deployed, manifest
from console.roles.rights import PREFIX
from shared.messages.message import Message, Sentence

MOST = 10
"""Triggers of a bucket ("Overview of OSS triggers")."""


@dataclass(frozen=True)
class OssTrigger:
    """A trigger that OSS fires, as FC has it: `function` is the name in the account."""

    function: str
    name: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    @staticmethod
    def of(function: str, trigger: Mapping[str, Any]) -> OssTrigger:
        config = trigger["triggerConfig"]
        key = (config.get("filter") or {}).get("key") or {}
        name, events = trigger["triggerName"], tuple(config["events"])
        return OssTrigger(function, name, events, key.get("prefix") or "", key.get("suffix") or "")

    def overlaps(self, other: OssTrigger) -> bool:
        """Whether OSS refuses the second of the two: for the same event, with prefixes of which one begins the other
        and suffixes of which one ends the other ("Configure a native OSS trigger")."""
        return (
            any(_same(mine, theirs) for mine in self.events for theirs in other.events)
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
        )


def _same(one: str, other: str) -> bool:
    """`oss:ObjectCreated:*` stands for all that begin so."""
    return one == other or any(
        pattern.endswith("*") and event.startswith(pattern[:-1]) for pattern, event in ((one, other), (other, one))
    )


def _ours(account: Account) -> tuple[OssTrigger, ...]:
    """Those that `s.yaml` makes."""
    return tuple(
        OssTrigger.of(function, trigger)
        for function, props in manifest.functions(account).items()
        for trigger in props.get("triggers", ())
        if trigger["triggerType"] == "oss"
    )


def _theirs(account: Account) -> Iterator[OssTrigger]:
    """The triggers on the bucket that are no function's of ours. Raises `ApiError`."""
    for function in deployed.functions(account):
        for trigger in () if function.startswith(PREFIX) else deployed.triggers(account, function).values():
            bucket = str(trigger.get("sourceArn", "")).rpartition(":")[2]
            if trigger["triggerType"] == "oss" and bucket == account.settings.bucket:
                yield OssTrigger.of(function, trigger)


def _others(account: Account) -> Iterator[Finding]:
    ours, theirs = _ours(account), tuple(_theirs(account))
    for each in theirs:
        if overlapped := [mine for mine in ours if mine.overlaps(each)]:
            yield _overlap(each, overlapped)
    if len(theirs) + len(ours) > MOST:
        yield _too_many(account.settings.bucket, theirs, len(ours))


def _overlap(theirs: OssTrigger, overlapped: list[OssTrigger]) -> Finding:
    what = Sentence(
        "the trigger {name} of the function {function}, for the prefix `{prefix}` and the suffix `{suffix}`, overlaps "
        "ours for {folders}",
        "函数 {function} 的触发器 {name}（前缀 `{prefix}`，后缀 `{suffix}`）与 oss-cutout 在 {folders} 的触发器重叠",
    )
    mend = Sentence(
        "give it a prefix that has nothing to do with these, or delete it: https://fcnext.console.aliyun.com/cn-shanghai/functions/{function}",
        "修改该触发器的前缀，使其与上述目录无关，或将其删除：https://fcnext.console.aliyun.com/cn-shanghai/functions/{function}",
    )
    return Finding(
        "TriggersOverlap",
        "error",
        what(
            name=theirs.name,
            function=theirs.function,
            prefix=theirs.prefix,
            suffix=theirs.suffix,
            folders=", ".join(mine.prefix for mine in overlapped),
        ),
        Message(
            "OSS refuses the second of the two, so that deploying fails, and these uploads are not served",
            "OSS 会拒绝后创建的触发器：部署失败，这些上传不会被处理",
        ),
        mend(function=theirs.function),
    )


def _too_many(bucket: str, theirs: tuple[OssTrigger, ...], ours: int) -> Finding:
    what = Sentence(
        "a bucket takes {most} triggers: {bucket} has {count} of others ({names}), and {ours} of ours come with them",
        "一个 Bucket 最多 {most} 个触发器：{bucket} 已有其他触发器 {count} 个（{names}），oss-cutout 还需要 {ours} 个",
    )
    names = ", ".join(f"{each.function}/{each.name}" for each in theirs)
    return Finding(
        "TriggersTooMany",
        "error",
        what(most=MOST, bucket=bucket, count=len(theirs), names=names, ours=ours),
        Message(
            "deploying fails at the eleventh, and the uploads that it is for are not served",
            "创建第十一个触发器时部署失败，相应的上传不会被处理",
        ),
        Message(
            "delete some of them, or make them EventBridge's, of which there may be more: "
            "https://fcnext.console.aliyun.com/cn-shanghai/functions",
            "删除部分触发器，或改用数量不受此限的 EventBridge 类触发器：https://fcnext.console.aliyun.com/cn-shanghai/functions",
        ),
    )


CHECKS = (
    Check(
        "triggers-of-others",
        Message("other people's triggers on the bucket", "Bucket 上的其他触发器"),
        _others,
        needs=(IDENTITY, "fc", "bucket"),
    ),
)
