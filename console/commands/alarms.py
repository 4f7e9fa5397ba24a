"""`cutout alarms`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.change import carry_out
from console.command import DryRun, EnvFile, Json, Yes, account_of, changing, confirm, localized, secret, working
from console.settings import FILE
from shared.messages.message import Sentence

_REMOVE_ALARMS = Sentence(
    "Nobody will be told when photos are not served. Take the alarms and the dashboard out of the account {uid}?",
    "删除后，照片处理异常时将无人收到通知。是否从账号 {uid} 中删除告警和仪表盘？",
)

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
        if remove and not dry_run:
            confirm(screen, _REMOVE_ALARMS(uid=account.identity.uid), yes=yes)
        with changing(screen) as say:
            recipients = command.Recipients(contact_group, address)
            changes = command.removal(account) if remove else command.plan(account, recipients)
            carry_out(changes, say, dry_run=dry_run)
