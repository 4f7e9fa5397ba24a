"""`cutout doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


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
        account = account_of(screen, env_file, held_to_rules=False)  # it finds what is wrong with them
        raise typer.Exit(command.run(screen, account, only or ()))
