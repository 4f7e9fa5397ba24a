"""`cutout redo`."""

from __future__ import annotations

from typing import Annotated

import typer

from console import selection
from console.command import DryRun, EnvFile, Json, Yes, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


@app.command(
    help=localized(
        "Has photos served once more, which is billed: those that are named, or all that are chosen.",
        "重新处理指定或选定的照片，会产生费用。",
    )
)
def redo(
    *,
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[UPLOADS/…]",
            help=localized(
                "Keys of uploads; - reads them from stdin, a line each.", "上传的键；- 表示从标准输入逐行读取。"
            ),
        ),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help=localized("All that failed.", "全部失败的。"))] = False,
    rejected: Annotated[
        bool, typer.Option("--rejected", help=localized("All that were rejected.", "全部未受理的。"))
    ] = False,
    prefix: selection.Prefix = "",
    since: selection.Since = "",
    before: Annotated[
        str,
        typer.Option(
            metavar="MOMENT",
            help=localized(
                "Only photos whose receipt is older; by default than the present time.",
                "仅限回执早于此时间的照片，默认为当前时间。",
            ),
        ),
    ] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.redo import command

        asked = command.asked(keys or [], failed=failed, rejected=rejected, prefix=prefix, since=since, before=before)
        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), asked, yes=yes, dry_run=dry_run)
