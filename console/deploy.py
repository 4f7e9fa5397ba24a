"""`cutout deploy` makes all that a deployment needs, or brings it up to date; `cutout remove` takes it away again.

Each part works out from the account what is to change, so both can be run again after any interruption.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from console import doctor
from console.account import Account
from console.alarms import plan as alarms
from console.buckets import plan as bucket
from console.change import Change, Say, carry_out
from console.command import changing, confirm
from console.finding import Finding, Hindered
from console.functions import manifest, serverless_devs
from console.functions import plan as functions
from console.functions.serverless_devs import Hear
from console.logs import plan as logs
from console.roles import plan as roles
from console.roles.rights import FUNCTIONS
from console.screen import Screen
from shared.messages.message import COMMA, Message, Sentence

_LOST = Sentence(
    "{names}: the functions that are deployed have it, and neither the settings nor the environment name it now",
    "{names}：已部署的函数设置了该项，而当前的配置和环境变量中都没有",
)
_LOST_LEADS_TO = Message(
    "deploying would take it away from them, and stop what needs it", "继续部署会清除该项，依赖它的功能将停止"
)
_LOST_MEND = Sentence(
    "set it with `cutout init`; if it is to go, say `cutout deploy {drops}`",
    "用 `cutout init` 填写；确实要去掉时，运行 `cutout deploy {drops}`",
)
_LEFT_OUT = Sentence(
    "`{function}` is left out: `{appcode}` is not set, so its vendor is not set up",
    "不部署 `{function}`：未设置 `{appcode}`，尚未开通该服务商",
)
_NEEDED_FIRST = ("identity", "fc", "sls", "settings", "instances", "bucket", "versioning")
"""The checks without which nothing is changed."""
_MADE_HERE = ("BucketMissing",)
"""What they find and this command mends."""
_DIFFERS = Sentence("the functions differ: {what}", "函数存在差异：{what}")
_SAME = Message(
    "nothing else is to be changed; the functions are built and sent each time, for their code may be another",
    "其余无需更改；函数代码可能已变化，因此每次都会构建和部署",
)
_OF_FUNCTIONS = ("functions", "limits", "triggers")
_DEPLOYED = Sentence(
    "Deployed. Upload a photo to oss://{bucket}/uploads/general/common/: "
    "its cutout comes under cutouts/general/common/.",
    "部署完成。将照片上传到 oss://{bucket}/uploads/general/common/，抠图结果会出现在 cutouts/general/common/ 下。",
)
_STAYS = Sentence(
    "the bucket {bucket} stays, with the photos, the cutouts and all else that lies in it",
    "Bucket {bucket} 及其中的照片、抠图结果和其他文件均保留",
)

_WITH_LINES = Sentence("{what}:\n{lines}", "{what}：\n{lines}")
_WORKS = Message("working", "正在执行")
_LAST_LINES = 40
_DEPLOY_THESE = Sentence("Change this in the account {uid}?", "是否在账号 {uid} 中进行以上更改？")

Plan = Callable[[], Iterable[Change]]


@dataclass(frozen=True)
class Asked:
    """What the command was called with."""

    dropped: Collection[str] = ()
    """Settings that the deployed functions need not have any more."""
    public_copies: bool = False
    """Block Public Access may be switched off."""
    dry_run: bool = False
    yes: bool = False


def run(screen: Screen, account: Account, asked: Asked) -> int:
    """The command; what it returns is the exit code. Raises `ApiError`, `Hindered`."""
    for word in left_out(account):
        screen.say(word, "dim")
    before = doctor.examine(account, doctor.selected(_NEEDED_FIRST)).without(_MADE_HERE)
    findings = (
        [*before.findings, *refusals(account, asked.dropped)] if before.exit_code == doctor.WELL else before.findings
    )
    if any(each.severity == "error" for each in findings):
        screen.findings(findings)
        if screen.machine:
            screen.json({"findings": findings})
        return before.exit_code or doctor.ERRORS
    serverless_devs.find()
    plans = parts(account, screen, public_copies=asked.public_copies)
    if asked.dry_run:
        with changing(screen) as say:
            show(account, plans, say, screen)
        return doctor.WELL
    if not asked.yes:
        show(account, plans, screen.say, screen)
    confirm(screen, _DEPLOY_THESE(uid=account.identity.uid), yes=asked.yes)
    with serverless_devs.alone():
        for plan in plans:
            carry_out(plan(), screen.say)
    found = doctor.run(screen, account)
    if found == doctor.WELL:
        screen.say(_DEPLOYED(bucket=account.settings.bucket), "green")
    return found


def removal(account: Account) -> Iterator[Change]:
    """Takes away functions, alarms, the log, the roles and the rules of the bucket. Raises `ApiError`."""
    for plan in (functions.removal, alarms.removal, logs.removal, roles.removal, bucket.removal):
        yield from plan(account)
    for name in dict.fromkeys((account.settings.bucket, account.settings.jobs_bucket)):
        yield Change(_STAYS(bucket=name), None)


def refusals(account: Account, dropped: Collection[str]) -> Iterator[Finding]:
    """Why nothing is to be deployed: what was set before and is missing now. Raises `ApiError`."""
    if lost := [name for name in functions.lost_settings(account) if name not in dropped]:
        drops = " ".join(f"--drop {name}" for name in lost)
        what = _LOST(names=COMMA.join(f"`{name}`" for name in lost))
        yield Finding("SettingLost", "error", what, _LOST_LEADS_TO, _LOST_MEND(drops=drops))


@contextmanager
def _watched(screen: Screen) -> Iterator[Hear]:
    """What a tool prints is shown a line at a time, and kept on the screen only if it fails."""
    lines = deque[str](maxlen=_LAST_LINES)
    try:
        with screen.waiting(_WORKS) as update:

            def hear(line: str) -> None:
                lines.append(line)
                update(line)

            yield hear
    except Hindered as hindered:
        for line in lines:
            screen.say(line, "dim")
        if not screen.machine:
            raise
        what = _WITH_LINES(what=hindered.finding.what, lines="\n".join(lines))
        raise Hindered(replace(hindered.finding, what=what)) from None


def parts(account: Account, screen: Screen, *, public_copies: bool) -> tuple[Plan, ...]:
    """What is worked out and made, one after the other."""
    return (
        lambda: roles.plan(account),
        lambda: bucket.plan(account, public_copies=public_copies),
        lambda: logs.plan(account),
        lambda: functions.plan(account, partial(_watched, screen)),
    )


def left_out(account: Account) -> Iterator[Message]:
    """A word for each vendor that is not set up."""
    for name in FUNCTIONS:
        if not manifest.is_set_up(account.settings, name):
            yield _LEFT_OUT(function=name, appcode=manifest.appcode(name))


def show(account: Account, plans: Iterable[Plan], say: Say, screen: Screen) -> None:
    """Says what would change, and how the functions differ; on the screen, also that nothing else is to be changed.
    Raises `ApiError`."""
    said = list[Message]()
    for plan in plans:
        carry_out(plan(), said.append, dry_run=True)
    for change in said:
        say(change)
    outcomes = doctor.examine(account, doctor.selected(_OF_FUNCTIONS)).outcomes
    differences = [each for one in outcomes if one.check.name in _OF_FUNCTIONS for each in one.findings]
    for each in differences:
        say(_DIFFERS(what=each.what))
    if not differences and {*said} == {*functions.ALWAYS}:
        screen.say(_SAME)
