"""The command `cutout`. What a command needs is imported when it is called, so that `--help` is there at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.change import carry_out
from console.command import (
    DryRun,
    EnvFile,
    Json,
    Yes,
    account_of,
    changing,
    confirm,
    localized,
    reading,
    secret,
    working,
)
from console.settings import FILE, is_secret, parse
from shared.messages.message import Sentence

_SECRET_SET = Sentence(
    "{name} is a secret, and arguments can be seen by others: give it in the environment",
    "{name} 是机密，命令行参数可能被他人看到：请通过环境变量给出",
)
_REMOVE_ROLES = Sentence(
    "Without their roles the functions can do nothing. Take them out of the account {uid}?",
    "没有角色，函数将无法工作。是否从账号 {uid} 中删除？",
)
_REMOVE_ALARMS = Sentence(
    "Nobody will be told when photos are not served. Take the alarms and the dashboard out of the account {uid}?",
    "删除后，照片处理异常时将无人收到通知。是否从账号 {uid} 中删除告警和仪表盘？",
)
_REMOVE_ALL = Sentence(
    "What is uploaded is then not served any more. Remove the functions, alarms, log, roles and rules of the account "
    "{uid}?",
    "此后上传的照片将不再处理。是否删除账号 {uid} 中的函数、告警、日志、角色和规则？",
)

app = typer.Typer(
    help=localized("Sets oss-cutout up in an account of Alibaba Cloud.", "在阿里云账号中部署 oss-cutout。"),
    epilog=localized(
        "Exit codes: 0 all is well; 1 something is wrong, or was refused; 2 called wrongly, or with settings that are "
        "no good; 3 Alibaba Cloud was not reached, or there is no access key.",
        "退出码：0 正常；1 有问题，或请求被拒绝；2 用法或配置有误；3 无法连接阿里云，或没有 AccessKey。",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables
)
roles_app = typer.Typer(
    help=localized("The RAM roles of the functions, and what they may do.", "函数的 RAM 角色及其权限。"),
    no_args_is_help=True,
)
app.add_typer(roles_app, name="roles")


@app.command(help=localized("Asks for the settings, and writes them into a file.", "询问配置项，并写入配置文件。"))
def init(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=value", help=localized("A setting; may be repeated.", "一个配置项，可重复。")
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.init import command

        try:
            said = parse("\n".join(given or ()))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from None
        for name in filter(is_secret, said):
            raise typer.BadParameter(screen.text(_SECRET_SET(name=name)), param_hint="--set")
        with reading(screen, env_file):
            text = env_file.read_text("utf-8") if env_file.is_file() else ""
            parse(text)
        raise typer.Exit(command.run(screen, env_file, text, said, yes=yes))


@app.command(help=localized("Looks for what is wrong, and says what mends it.", "检查问题，并给出处理方法。"))
def doctor(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHECK",
            help=localized("This check, and what it needs; may be repeated.", "只检查此项及其前置项，可重复。"),
        ),
    ] = None,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import doctor as command

        try:
            command.selected(only or ())
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--only") from None
        raise typer.Exit(command.run(screen, account_of(screen, env_file), only or ()))


@roles_app.command("print", help=localized("Prints them as JSON, for an administrator.", "打印为 JSON，供管理员使用。"))
def print_roles(json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.roles import plan as roles
        from console.roles import rights

        screen.json(rights.documents(roles.deployment(account_of(screen, env_file, "OSS_BUCKET"))))


@roles_app.command(
    "apply",
    help=localized("Makes what is missing, and brings the rest up to date.", "创建缺少的角色，更新已有的角色。"),
)
def apply_roles(dry_run: DryRun = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.roles import plan as roles

        account = account_of(screen, env_file, "OSS_BUCKET")
        with changing(screen) as say:
            carry_out(roles.plan(account), say, dry_run=dry_run)


@roles_app.command("remove", help=localized("Removes them.", "删除角色。"))
def remove_roles(yes: Yes = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.roles import plan as roles

        account = account_of(screen, env_file, "OSS_BUCKET")
        confirm(screen, _REMOVE_ROLES(uid=account.identity.uid), yes=yes)
        with changing(screen) as say:
            carry_out(roles.removal(account), say)


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


@app.command(
    help=localized(
        "Makes all that a deployment needs, deploys the functions, and looks whether all is well.",
        "创建部署所需的一切，部署函数，并检查结果。",
    )
)
def deploy(
    *,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=localized(
                "A setting that the deployed functions have and shall not have any more; may be repeated.",
                "已部署的函数中要去掉的配置项，可重复。",
            ),
        ),
    ] = None,
    public_copies: Annotated[
        bool,
        typer.Option(
            "--public-copies",
            help=localized(
                "Switch off Block Public Access, which PicWish needs.", "关闭阻止公共访问（PicWish 需要）。"
            ),
        ),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import deploy as command

        account = account_of(screen, env_file, "OSS_BUCKET")
        asked = command.Asked(tuple(drop or ()), public_copies, dry_run, yes)
        raise typer.Exit(command.run(screen, account, asked))


@app.command(
    help=localized(
        "Removes all that was made in the account, but for the buckets.", "删除账号中创建的一切，Bucket 除外。"
    )
)
def remove(dry_run: DryRun = False, yes: Yes = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console import deploy as command

        account = account_of(screen, env_file, "OSS_BUCKET")
        if not dry_run:
            confirm(screen, _REMOVE_ALL(uid=account.identity.uid), yes=yes)
        with changing(screen) as say:
            carry_out(command.removal(account), say, dry_run=dry_run)


@app.command(
    help=localized(
        "Sends a photo through every capability that is set up, which is billed, and says what came of it.",
        "将一张照片发送到每个已开通的能力（会产生费用），并报告结果。",
    )
)
def verify(
    *,
    photo: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help=localized("The photos; without one, a sample that comes along.", "照片；省略时使用自带的样片。"),
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAPABILITY",
            help=localized("This capability, such as goods/commodity; may be repeated.", "只验证此能力，可重复。"),
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=localized("The folder for the report.", "存放报告的目录。")),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.verify import command
        from shared.vendors.capabilities import CAPABILITIES

        if unknown := sorted({*(only or ())} - {*CAPABILITIES}):
            raise typer.BadParameter(", ".join(unknown), param_hint="--only")
        account = account_of(screen, env_file, "OSS_BUCKET")
        asked = command.Asked(tuple(photo or ()), tuple(only or ()), report or command.REPORTS, yes)
        raise typer.Exit(command.run(screen, account, asked))


@app.command(
    help=localized(
        "Has photos served that were there before the functions, or whose events were lost.",
        "处理部署之前就已存在、或事件丢失的照片。",
    )
)
def backfill(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help=localized(
                'In JSON: {"prefix": "uploads/goods/", "dry_run": true}; also failed, confirm, confirm_over.',
                'JSON 格式：{"prefix": "uploads/goods/", "dry_run": true}；还可以包含 failed、confirm、confirm_over。',
            ),
        ),
    ],
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import backfill as command

        try:
            asked = command.checked(order)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="ORDER") from None
        raise typer.Exit(command.run(screen, account_of(screen, env_file), asked))


def main() -> None:
    app(prog_name="cutout")
