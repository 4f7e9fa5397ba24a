"""`cutout receipts`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from console import selection
from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE
from shared.jobs.keys import UPLOADS

app = typer.Typer()


class Form(str, Enum):
    """How they are printed."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"


class Order(str, Enum):
    """Which comes first."""

    new = "new"
    old = "old"
    name = "name"


@app.command(help=localized("Prints receipts: what came of which photo.", "输出回执：每张照片的处理结果。"))
def receipts(
    *,
    prefix: selection.Prefix = UPLOADS,
    since: selection.Since = "",
    until: selection.Until = "",
    status: Annotated[
        list[str] | None,
        typer.Option(
            help=localized("done, rejected or failed; may be repeated.", "done、rejected 或 failed，可重复。")
        ),
    ] = None,
    capability: Annotated[str, typer.Option(help=localized("Such as goods/commodity.", "例如 goods/commodity。"))] = "",
    look: Annotated[
        bool,
        typer.Option("--look", help=localized("Only what a person should look at.", "仅需要人工查看的。")),
    ] = False,
    search: Annotated[
        str, typer.Option(help=localized("A part of the key, the code or the message.", "键、代码或说明中的文字。"))
    ] = "",
    order: Annotated[Order, typer.Option(help=localized("Which comes first.", "排列顺序。"))] = Order.new,
    limit: Annotated[
        int, typer.Option(min=0, help=localized("At most so many; 0: all.", "最多条数，0 表示全部。"))
    ] = 0,
    form: Annotated[
        Form,
        typer.Option("--format", help=localized("csv and jsonl have every field.", "csv 和 jsonl 包含全部字段。")),
    ] = Form.table,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.answers import receipts as command

        query = selection.query(
            prefix=prefix,
            since=since,
            until=until,
            statuses=tuple(status or ()),
            capability=capability,
            look=look,
            text=search,
        )
        account = account_of(screen, env_file, "OSS_BUCKET")
        command.run(screen, account, command.Asked(query, "json" if json else form.value, order.value, limit))
