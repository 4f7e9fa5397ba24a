"""`cutout forget`."""

from __future__ import annotations

from typing import Annotated

import typer

from console.command import DryRun, EnvFile, Json, Yes, account_of, localized, working
from console.settings import FILE

app = typer.Typer()


@app.command(
    help=localized(
        "Deletes photos and all that the bucket has of them: results, receipts, listing pictures, jobs.",
        "删除照片及 Bucket 中与之相关的一切：结果、回执、商品图、任务。",
    )
)
def forget(
    *,
    key: Annotated[
        str,
        typer.Argument(
            metavar="UPLOADS/…",
            help=localized("A folder, which ends with /, or one photo.", "以 / 结尾的文件夹，或一张照片。"),
        ),
    ],
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.forget import command

        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), key, yes=yes, dry_run=dry_run)
