"""The mirror of an account's bucket, brought up to date while somebody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from console.account import Account
from console.records.mirror import Mirror, Refreshed, cache_file
from console.screen import Screen
from shared.jobs.keys import UPLOADS
from shared.messages.message import Message, Sentence

_READING = Sentence("receipts listed: {listed:,}, read: {read:,}", "已列出回执 {listed:,} 份，已读取 {read:,} 份")
_REFUSED = Sentence(
    "documents that OSS lets nobody with this key read, and that are left out: {count}. {why}",
    "OSS 拒绝当前密钥读取、因此未计入的文档：{count} 份。{why}",
)
_LISTING = Message("listing receipts", "正在列出回执")


@contextmanager
def mirror(screen: Screen, account: Account, prefix: str = UPLOADS) -> Iterator[Mirror]:
    """With what is in the bucket now of the uploads below `prefix`. Raises `CutoutError`, `ApiError`."""
    opened = Mirror(account.objects(), cache_file(account.settings.bucket))
    try:
        with screen.waiting(_LISTING) as say:
            found = opened.refresh(prefix, lambda so_far: say(_of(so_far)))
        if found.refused:
            screen.warn(_REFUSED(count=len(found.refused), why=found.refused[0].text))
        yield opened
    finally:
        opened.close()


def _of(so_far: Refreshed) -> Message:
    return _READING(listed=so_far.listed, read=so_far.read)
