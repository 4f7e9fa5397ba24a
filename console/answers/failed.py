"""`cutout failed`: which photos were not served, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console import moments
from console.account import Account
from console.records.opened import mirror
from console.records.record import Query, Record
from console.screen import Screen, one_line
from shared.messages.message import Message, Sentence

_NONE = Message("No photo failed or was rejected.", "没有失败或未受理的照片。")
_REASON = Sentence("{code} ({status}), photos: {count}", "{code}（{status}），照片：{count} 张")
_PHOTO = Sentence("  {when}  {source}", "  {when}  {source}")
_MORE = Sentence(
    "  … and {count} more: `cutout receipts --search {code}`", "  …… 另有 {count} 张：`cutout receipts --search {code}`"
)
_REDO = Message(
    "When the reason is gone, `cutout redo --failed` tries again what failed. What was rejected must be uploaded anew, "
    "as its message says.",
    "原因消除后，运行 `cutout redo --failed` 重新处理失败的照片；未受理的照片请按提示修改后重新上传。",
)
_SHOWN = 20
"""Photos of one reason that people are shown."""


def run(screen: Screen, account: Account, query: Query) -> None:
    """Raises `ApiError`, `CutoutError`."""
    with mirror(screen, account, query.prefix) as found:
        if screen.machine:
            screen.json({"photos": [_document(each) for each in found.find(query)]})
            return
        reasons = found.reasons(query)
        for status, code, count in reasons:
            alike = replace(query, statuses=(status,), code=code)
            shown = [*found.find(alike, limit=_SHOWN)]
            screen.say(_REASON(count=count, code=code or "-", status=status), "bold")
            screen.say(shown[0].message)
            for each in shown:
                screen.say(_PHOTO(when=moments.local(each.receipt.finished_at), source=one_line(each.source)))
            if count > len(shown):
                screen.say(_MORE(count=count - len(shown), code=code))
        screen.say(_REDO if reasons else _NONE, "" if reasons else "green")


def _document(record: Record) -> dict[str, Any]:
    receipt = record.receipt
    return {
        "source": receipt.source,
        "status": receipt.status,
        "code": receipt.code,
        "message": record.message,
        "attempts": receipt.attempts,
        "finished_at": receipt.finished_at.isoformat(),
    }
