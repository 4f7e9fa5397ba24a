"""`cutout backfill`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import EnvFile, Json, Yes, account_of, confirm, localized, working
from console.settings import FILE
from shared.messages.message import Sentence

_PROCESS = Sentence(
    "The photos under {prefix} that have no result are sent to the vendors, which is billed. Do it?",
    "{prefix} 下没有结果的照片将发送给服务商，会产生费用。是否执行？",
)
_COMPOSE = Sentence(
    "Listing pictures are made of the cutouts that are there under {prefix}. Do it?",
    "将用 {prefix} 下已有的抠图结果生成商品图。是否执行？",
)

app = typer.Typer()


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
    yes: Yes = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import backfill as command

        try:
            asked = command.checked(order)
        except ValueError as error:
            raise typer.BadParameter(screen.text(error.args[0]), param_hint="ORDER") from None
        account = account_of(screen, env_file)
        question = _COMPOSE if asked.listing else _PROCESS
        confirm(screen, question(prefix=asked.prefix), yes=yes or asked.dry_run)
        raise typer.Exit(command.run(screen, account, asked))
