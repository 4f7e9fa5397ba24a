"""`cutout alarms`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from console.command import (
    DryRun,
    EnvFile,
    Json,
    Yes,
    account_of,
    change,
    localized,
    secret,
    working,
    wrongly_called,
)
from console.settings import FILE
from shared.messages.message import Message, Sentence

_REMOVE_ALARMS = Sentence(
    "Nobody will be told when photos are not served. Take the alarms and the dashboard out of the account {uid}?",
    "删除后，照片处理异常时将无人收到通知。是否从账号 {uid} 中删除告警和仪表盘？",
)
_SET_ALARMS = Sentence("Set these alarms in the account {uid}?", "是否在账号 {uid} 中设置以上告警？")
_NOBODY_NAMED = Message("neither a contact group nor a webhook is named", "没有指定报警联系组或 Webhook")
_NAME_ONE = Message(
    "say `--contact-group NAME`, or `--webhook`, which asks for the address; or set ALARM_WEBHOOK in the environment",
    "使用 `--contact-group NAME` 或 `--webhook`（会询问地址），也可以设置环境变量 ALARM_WEBHOOK",
)
_NO_ADDRESS = Message("ALARM_WEBHOOK is no address", "ALARM_WEBHOOK 不是有效的地址")
_GIVE_ADDRESS = Message("it begins with https://, and has no blank in it", "应以 https:// 开头，且不含空格")
_ADDRESS = re.compile(r"https?://[^/\s]+\S*")
"""As both services take it."""

app = typer.Typer()


@app.command(help=localized("Sets alarms and a dashboard, or removes them.", "设置告警和仪表盘，或将其删除。"))
def alarms(
    *,
    contact_group: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=localized("A contact group of CloudMonitor that is told.", "接收告警的云监控报警联系组。"),
        ),
    ] = "",
    webhook: Annotated[
        bool,
        typer.Option(
            "--webhook",
            help=localized(
                "Ask for the address of a webhook that is told; ALARM_WEBHOOK in the environment does as well.",
                "询问接收告警的 Webhook 地址；也可以设置环境变量 ALARM_WEBHOOK。",
            ),
        ),
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help=localized("Remove them.", "删除告警和仪表盘。"))] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.alarms import plan as command

        address = secret(screen, "ALARM_WEBHOOK", ask=webhook)
        account = account_of(screen, env_file)
        if remove:
            question = _REMOVE_ALARMS(uid=account.identity.uid)
            return change(screen, lambda: command.removal(account), question, dry_run=dry_run, yes=yes)
        if not (contact_group or address):
            raise wrongly_called(screen, "NobodyTold", _NOBODY_NAMED, _NAME_ONE)
        if address and not _ADDRESS.fullmatch(address):
            raise wrongly_called(screen, "Webhook", _NO_ADDRESS, _GIVE_ADDRESS)
        recipients = command.Recipients(contact_group, address)
        question = _SET_ALARMS(uid=account.identity.uid)
        return change(screen, lambda: command.plan(account, recipients), question, dry_run=dry_run, yes=yes)
