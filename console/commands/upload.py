"""`cutout upload`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.command import DryRun, EnvFile, Json, Yes, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


@app.command(
    help=localized(
        "Uploads the photos of a folder, and goes on where it was interrupted: what is there already is not sent.",
        "上传一个文件夹中的照片；中断后重新运行会继续，已存在的不再上传。",
    )
)
def upload(
    *,
    folder: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, help=localized("The folder.", "文件夹。")),
    ],
    capability: Annotated[str, typer.Option(help=localized("Such as goods/commodity.", "例如 goods/commodity。"))],
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help=localized("Such as return-form=mask; may be repeated.", "例如 return-form=mask，可重复。"),
        ),
    ] = None,
    listing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRESET", help=localized("Such as taobao-white; may be repeated.", "例如 taobao-white，可重复。")
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="FOLDER", help=localized("A folder of your own in the bucket.", "Bucket 中的自定义文件夹。")
        ),
    ] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.upload import command

        asked = command.asked(folder, capability, option or [], listing or [], to)
        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), asked, yes=yes, dry_run=dry_run)
