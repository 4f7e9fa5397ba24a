"""Which photos a command is about, as its options say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from console import moments
from console.command import localized
from console.finding import Misasked
from console.records.record import STATUSES, Query
from shared.jobs.keys import UPLOADS
from shared.messages.message import Sentence
from shared.vendors.capabilities import CAPABILITIES

_NO_UPLOADS = Sentence("{prefix}: uploads begin with uploads/", "{prefix}：上传的前缀须以 uploads/ 开头")
_NO_STATUS = Sentence("{text}: a status is {known}", "{text}：状态只能是 {known}")
_NO_CAPABILITY = Sentence(
    "no capability is called {text}; there are {known}", "没有名为 {text} 的能力；可用的能力：{known}"
)

Prefix = Annotated[
    str,
    typer.Option(metavar="uploads/…", help=localized("Only of uploads whose keys begin so.", "仅限键以此开头的上传。")),
]
Since = Annotated[
    str,
    typer.Option(
        metavar="MOMENT",
        help=localized(
            "Finished then or later: 2026-11-26, 2026-11-26T14:30, today, yesterday, 24h, 7d.",
            "此时间及之后完成的：2026-11-26、2026-11-26T14:30、today、yesterday、24h、7d。",
        ),
    ),
]
Until = Annotated[str, typer.Option(metavar="MOMENT", help=localized("Finished before that.", "此时间之前完成的。"))]


def check_prefix(prefix: str) -> None:
    """Raises `Misasked` for what uploads' keys do not begin with."""
    if not prefix.startswith(UPLOADS):
        raise Misasked(_NO_UPLOADS(prefix=prefix))


def query(
    *,
    prefix: str = UPLOADS,
    since: str = "",
    until: str = "",
    statuses: Sequence[str] = (),
    capability: str = "",
    look: bool = False,
    text: str = "",
) -> Query:
    """The records that a command's options mean; an empty option restricts nothing. Raises `Misasked`."""
    now = datetime.now().astimezone()
    check_prefix(prefix)
    for each in statuses:
        if each not in STATUSES:
            raise Misasked(_NO_STATUS(text=each, known=", ".join(STATUSES)))
    if capability and capability not in CAPABILITIES:
        raise Misasked(_NO_CAPABILITY(text=capability, known=", ".join(CAPABILITIES)))
    return Query(
        prefix=prefix,
        statuses=tuple(statuses),
        verdict="look" if look else "",
        capability=capability,
        text=text,
        since=moments.moment(since, now) if since else None,
        until=moments.moment(until, now) if until else None,
    )
