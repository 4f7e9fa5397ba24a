"""`cutout deploy` and `cutout remove`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import DryRun, EnvFile, Json, Yes, account_of, change, localized, working
from console.settings import FILE
from shared.messages.message import Sentence

_REMOVE_ALL = Sentence(
    "What is uploaded is then not served any more. Remove the functions, alarms, log, roles and rules of the account "
    "{uid}?",
    "此后上传的照片将不再处理。是否删除账号 {uid} 中的函数、告警、日志、角色和规则？",
)

app = typer.Typer()


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
        question = _REMOVE_ALL(uid=account.identity.uid)
        change(screen, lambda: command.removal(account), question, dry_run=dry_run, yes=yes)
