"""`cutout status`."""

from __future__ import annotations

import typer

from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


@app.command(
    help=localized(
        "Says what waits, why, and for how long: by capability, with the pace and the time to the end.",
        "按能力显示排队的任务：数量、原因、速度和预计剩余时间。",
    )
)
def status(*, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console.answers import status as command

        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"))
