"""`cutout watch`."""

from __future__ import annotations

from typing import Annotated

import typer

from console import selection
from console.command import EnvFile, account_of, localized, working
from console.settings import FILE
from shared.jobs.keys import UPLOADS

app = typer.Typer()


@app.command(help=localized("Prints a line for each change, until Ctrl-C.", "实时显示处理动态，按 Ctrl-C 结束。"))
def watch(
    *,
    prefix: selection.Prefix = UPLOADS,
    json: Annotated[
        bool, typer.Option("--json", help=localized("A JSON document a line.", "每行输出一个 JSON。"))
    ] = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.answers import watch as command

        selection.check_prefix(prefix)
        account = account_of(screen, env_file, "OSS_BUCKET")
        try:
            command.run(screen, account, prefix)
        except KeyboardInterrupt:
            raise typer.Exit from None  # it is how this ends
