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
    """Where the calls are counted."""

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
            metavar="YYYY-MM", help=localized("The month, in UTC; by default this one.", "月份（UTC），默认本月。")
        ),
    ] = "",
    source: Annotated[
        Source,
        typer.Option(
            "--from",
            help=localized(
                "The source: the log, the receipts, or (auto) the receipts only if there is no log.",
                "统计来源：日志（log）、回执（receipts），或优先日志、没有日志时用回执（auto）。",
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
