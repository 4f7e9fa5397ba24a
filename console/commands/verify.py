"""`cutout verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.command import EnvFile, Json, Yes, account_of, localized, working
from console.settings import FILE
from shared.messages.message import Sentence

_NO_CAPABILITY = Sentence("no capability is called {names}; there are {there}", "没有能力 {names}；现有：{there}")

app = typer.Typer()


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
            there = ", ".join(CAPABILITIES)
            said = _NO_CAPABILITY(names=", ".join(unknown), there=there)
            raise typer.BadParameter(screen.text(said), param_hint="--only")
        account = account_of(screen, env_file, "OSS_BUCKET")
        asked = command.Asked(tuple(photo or ()), tuple(only or ()), report or command.REPORTS, yes)
        raise typer.Exit(command.run(screen, account, asked))
