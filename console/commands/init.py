"""`cutout init`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import EnvFile, Json, Yes, localized, readable_or_new, reading, working
from console.settings import FILE, is_secret, pair, parse
from shared.messages.message import Sentence

_SECRET_SET = Sentence(
    "{name} is a secret, and arguments can be seen by others: give it in the environment",
    "{name} 是机密，命令行参数可能被他人看到：请通过环境变量给出",
)

app = typer.Typer()


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
            said = dict(pair(each.strip()) for each in given or ())
        except ValueError as error:
            raise typer.BadParameter(f"--set{error}") from None
        for name in filter(is_secret, said):
            raise typer.BadParameter(screen.text(_SECRET_SET(name=name)), param_hint="--set")
        readable_or_new(screen, env_file)
        with reading(screen, env_file):
            text = env_file.read_text("utf-8-sig") if env_file.is_file() else ""
            parse(text)
        raise typer.Exit(command.run(screen, env_file, text, said, yes=yes))
