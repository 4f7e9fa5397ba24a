"""`cutout backfill`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE

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
