"""`cutout roles`: print, apply, remove."""

from __future__ import annotations

import typer

from console.command import DryRun, EnvFile, Json, Yes, account_of, change, localized, working
from console.settings import FILE
from shared.messages.message import Sentence

_REMOVE_ROLES = Sentence(
    "Without their roles the functions can do nothing. Take them out of the account {uid}?",
    "没有角色，函数将无法工作。是否从账号 {uid} 中删除？",
)
_APPLY_ROLES = Sentence("Change this in the account {uid}?", "是否在账号 {uid} 中进行以上更改？")

roles_app = typer.Typer(
    help=localized("The RAM roles of the functions, and what they may do.", "函数的 RAM 角色及其权限。"),
    no_args_is_help=True,
)
app = typer.Typer()
app.add_typer(roles_app, name="roles")


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
def apply_roles(dry_run: DryRun = False, yes: Yes = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.roles import plan as roles

        account = account_of(screen, env_file, "OSS_BUCKET")
        question = _APPLY_ROLES(uid=account.identity.uid)
        change(screen, lambda: roles.plan(account), question, dry_run=dry_run, yes=yes)


@roles_app.command("remove", help=localized("Removes them.", "删除角色。"))
def remove_roles(dry_run: DryRun = False, yes: Yes = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.roles import plan as roles

        account = account_of(screen, env_file, "OSS_BUCKET")
        question = _REMOVE_ROLES(uid=account.identity.uid)
        change(screen, lambda: roles.removal(account), question, dry_run=dry_run, yes=yes)
