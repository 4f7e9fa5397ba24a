"""What `cutout init` asks a person on a terminal: for a key if none is found, and then for the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer

from console.account import Account, ApiError, speaking
from console.command import agrees
from console.init.questions import QUESTIONS, Question, Vendor, fault
from console.refusals import explain
from console.screen import Screen
from console.settings import KEY, Settings, defaults, is_secret
from shared.messages.message import Message, Sentence

Values = dict[str, str]
"""Settings and the key, by name; what is empty is taken out of the file."""
_MOST_PROJECTS = 500
"""That are listed at once (SLS, "ListProject"); who has more types the name."""

_LOOKING_FOR_KEY = Message("looking for an access key", "正在查找 AccessKey")
_FOUND_KEY = Sentence(
    "Found the access key of {arn}; the account is {uid}.", "已找到 AccessKey，所有者：{arn}，账号：{uid}。"
)
_ASK_KEY = Message(
    "The access key of a RAM user who may deploy (AliyunFCFullAccess and more: see docs/settings.md). It is kept in "
    "the file, which only you can read. Empty: without.",
    "有部署权限的 RAM 用户的 AccessKey（AliyunFCFullAccess 等，见 docs/zh-CN/settings.md），保存在只有您可读的文件里。"
    "留空：不填写。",
)
_LOOKING_FOR_BUCKETS = Message("looking for buckets in cn-shanghai", "正在查找上海地域的 Bucket")
_LOOKING_FOR_PROJECTS = Message("looking for log projects in cn-shanghai", "正在查找上海地域的日志 Project")
_HOW = Message(
    "Enter takes what stands in brackets, - takes a value away; a number chooses from a list.",
    "直接回车采用方括号中的值，输入 - 清除该值，输入序号从列表中选择。",
)
_WANTED = Sentence(
    "Do you use {vendor}, which is bought in the Alibaba Cloud market?", "是否使用在阿里云云市场购买的{vendor}？"
)
_VENDORS: Mapping[Vendor, Message] = {"PicWish": Message("PicWish", "佐糖"), "DAMO": Message("DAMO", "达摩院")}
_KEEP = Message("Enter keeps it", "回车保留原值")
_SHORTER_LIST = Sentence("the list ends at {count}", "列表只有 {count} 项")
_NEEDED = Message("this one is needed", "此项必填")


def ask(screen: Screen, values: Values) -> None:
    """Puts the answers into `values`, which holds what is offered when nothing is said."""
    account = _account(screen, values)
    offers = _offers(screen, account) if account else {}
    usual = {**defaults(), "LOG_PROJECT": account.log_project if account else ""}
    screen.say(_HOW)
    wanted = dict[Vendor, bool]()
    for question in QUESTIONS:
        vendor = question.vendor
        if vendor and vendor not in wanted:
            used = any(values.get(each.name) for each in QUESTIONS if each.vendor == vendor and each.needed)
            screen.say("")
            wanted[vendor] = agrees(screen, _WANTED(vendor=_VENDORS[vendor]), default=used)
        if vendor is None or wanted[vendor]:
            default = values.get(question.name) or usual[question.name]
            values[question.name] = _answer(screen, question, default, offers.get(question.name, ()))
        else:
            values[question.name] = ""


def _answer(screen: Screen, question: Question, default: str, offered: Sequence[str]) -> str:
    """A single one that is `offered` is the default where there is no other."""
    secret = is_secret(question.name)
    default = default or (offered[0] if len(offered) == 1 else "")
    screen.say("")
    screen.say(question.explains)
    for number, name in enumerate(offered, 1):
        screen.say(f"  {number}  {name}")
    while True:
        said = _prompt(screen, question.name, default, secret=secret)
        chosen = int(said) if offered and said.isdecimal() else 0
        value = offered[chosen - 1] if 0 < chosen <= len(offered) else said
        wrong = fault(question.name, value) if value else _NEEDED if question.needed else None
        if chosen > len(offered):
            wrong = _SHORTER_LIST(count=len(offered))
        if wrong is None:
            return value
        screen.say(wrong, "yellow")


def _prompt(screen: Screen, name: str, default: str, *, secret: bool = False) -> str:
    """What was typed, or the default; empty for `-`. A secret is neither shown nor offered, and masked from now on."""
    kept = f" ({screen.text(_KEEP)})" if secret and default else ""
    shown = bool(default) and not secret
    said = str(typer.prompt(f"{name}{kept}", default=default, hide_input=secret, show_default=shown)).strip()
    if secret:
        screen.hide(said)
    return "" if said == "-" else said


# ---------------------------------------------------------------- the account


def _account(screen: Screen, values: Values) -> Account | None:
    """The account, with a key that it takes, which is asked for if there is none; nothing if there is no such key."""
    while True:
        account = Account(Settings({name: value for name, value in values.items() if value}))
        try:
            with screen.waiting(_LOOKING_FOR_KEY):
                screen.hide(*account.key[1:])
                identity = account.identity
        except ApiError as error:
            finding = explain(error)
            screen.say(finding.what, "yellow")
            if finding.code not in ("NoKey", "KeyRefused"):
                return None
        else:
            screen.say(_FOUND_KEY(arn=identity.arn, uid=identity.uid))
            return account
        screen.say(_ASK_KEY)
        key_id = _prompt(screen, KEY[0], "")
        if not key_id:
            return None
        values |= dict(zip(KEY, (key_id, _prompt(screen, KEY[1], "", secret=True), ""), strict=True))


def _offers(screen: Screen, account: Account) -> Mapping[str, Sequence[str]]:
    """What there is to choose from, by setting; nothing where the key may not look."""
    places = (
        ("OSS_BUCKET", _LOOKING_FOR_BUCKETS, _buckets),
        ("LOG_PROJECT", _LOOKING_FOR_PROJECTS, _projects),
    )
    found = dict[str, Sequence[str]]()
    for name, says, look in places:
        try:
            with screen.waiting(says):
                found[name] = look(account)
        except ApiError as error:
            screen.say(explain(error).what, "yellow")
    return found


def _buckets(account: Account) -> list[str]:
    import oss2  # noqa: PLC0415 - only the dialogue needs it

    with speaking("OSS", "ListBuckets"):
        return [each.name for each in oss2.BucketIterator(account.buckets) if each.location == f"oss-{account.region}"]


def _projects(account: Account) -> list[str]:
    from alibabacloud_sls20201230.models import ListProjectRequest  # noqa: PLC0415 - only the dialogue needs it

    listed = account.call("SLS", "ListProject", account.sls.list_project, ListProjectRequest(size=_MOST_PROJECTS))
    return [each.project_name for each in listed.body.projects]
