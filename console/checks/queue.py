"""Does the queue move: how many jobs wait, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from console.account import speaking
from console.finding import Fact, Finding
from shared.cloud.ports import ListedObject
from shared.jobs.job import Waiting
from shared.jobs.keys import QUEUE
from shared.jobs.queue import QueueEntry
from shared.messages.message import Message, Sentence

if TYPE_CHECKING:
    import oss2

LONG = timedelta(hours=1)
_PAGE = 1000
"""Names that OSS lists at once, at most."""
_WAITING = f"{QUEUE}{Waiting.name}/"


def waiting(bucket: oss2.Bucket) -> Iterator[Finding | Fact]:
    """Of the jobs that wait for a vendor: what is due later waits for something else, such as the next day."""
    due = [entry.due for entry in _entries(bucket)]
    yield Fact("JobsWaiting", Sentence("jobs that wait: {count}", "{count} 个任务在排队")(count=len(due)))
    oldest = min(due, default=None)
    if oldest is None or datetime.now(timezone.utc) - oldest < LONG:
        return
    what = Sentence(
        "jobs that wait: {count}, and the first of them was due at {moment}",
        "{count} 个任务在排队，其中最早的应在 {moment} 处理",
    )
    yield Finding(
        "QueueStands",
        "error",
        what(count=len(due), moment=f"{oldest:%Y-%m-%dT%H:%M:%SZ}"),
        Message(
            "photos are served hours late: more comes than was bought, or `settle` does not run",
            "照片的处理延迟数小时：上传量超过已购买的并发，或 `settle` 没有运行",
        ),
        Message(
            "look at the log of `settle`, and in docs/operating.md for what a job waits for; if all is well there, buy "
            "more calls a second",
            "查看 `settle` 的日志；任务等待的原因参见 docs/zh-CN/operating.md；如果一切正常，请购买更多 QPS",
        ),
    )


def _entries(bucket: oss2.Bucket) -> Iterator[QueueEntry]:
    import oss2  # noqa: PLC0415

    with speaking("OSS", "ListObjects"):
        for each in oss2.ObjectIteratorV2(bucket, _WAITING, max_keys=_PAGE):
            modified = datetime.fromtimestamp(each.last_modified, timezone.utc)
            if entry := QueueEntry.listed(ListedObject(each.key, each.etag, modified, each.size)):
                yield entry
