"""`cutout failed`."""

from __future__ import annotations

import typer

from console import selection
from console.command import EnvFile, Json, account_of, localized, working
from console.records.record import FAILURES
from console.settings import FILE
from shared.jobs.keys import UPLOADS

app = typer.Typer()


@app.command(
    help=localized(
        "Says which photos failed or were rejected, by the reason, and what to do. The exit code is 0 all the same.",
        "按原因列出失败和未受理的照片及处理办法。有失败时退出码仍为 0。",
    )
)
def failed(
    *,
    prefix: selection.Prefix = UPLOADS,
    since: selection.Since = "",
    until: selection.Until = "",
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.answers import failed as command

        query = selection.query(prefix=prefix, since=since, until=until, statuses=FAILURES)
        command.run(screen, account_of(screen, env_file, "OSS_BUCKET"), query)
