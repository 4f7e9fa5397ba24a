"""`cutout spend`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import typer

from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


class Source(str, Enum):
    """Who is asked."""

    auto = "auto"
    log = "log"
    receipts = "receipts"


@app.command(
    help=localized(
        "Says how many calls of a month may have been billed, and what they cost, by capability.",
        "按能力统计某月可能计费的调用次数和费用。",
    )
)
def spend(
    *,
    month: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM", help=localized("Of this month, in UTC; the present one.", "月份（UTC），默认本月。")
        ),
    ] = "",
    source: Annotated[
        Source,
        typer.Option(
            "--from",
            help=localized(
                "Who is asked: the log, the receipts, or the log where it is there.",
                "统计来源：日志、回执，或优先日志。",
            ),
        ),
    ] = Source.auto,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.answers import spend as command

        asked = command.Month.of(month, datetime.now().astimezone())
        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), asked, source.value)
