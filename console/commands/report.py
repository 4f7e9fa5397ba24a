"""`cutout report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from console import selection
from console.command import EnvFile, Json, account_of, localized, working
from console.settings import FILE
from shared.jobs.keys import UPLOADS

app = typer.Typer()


@app.command(
    help=localized(
        "Writes a gallery of photos and what came of them, as files that a browser shows without a server.",
        "生成照片与处理结果的图库：静态文件，用浏览器打开即可，无需服务器。",
    )
)
def report(
    *,
    folder: Annotated[
        Path | None,
        typer.Argument(
            file_okay=False,
            help=localized(
                "Where to write it; without it, a folder called after what it shows.", "写入的目录；省略时按内容命名。"
            ),
        ),
    ] = None,
    prefix: selection.Prefix = UPLOADS,
    day: Annotated[
        str,
        typer.Option(
            help=localized(
                "What was finished on it: 2026-11-26, today, yesterday.", "当天完成的：2026-11-26、today、yesterday。"
            )
        ),
    ] = "",
    in_bucket: Annotated[
        bool,
        typer.Option(
            "--in-bucket",
            help=localized("Write it into the bucket too, under reports/.", "同时写入 Bucket 的 reports/。"),
        ),
    ] = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.report import command

        asked = command.asked(prefix, day, folder, datetime.now().astimezone(), in_bucket=in_bucket)
        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), asked)
