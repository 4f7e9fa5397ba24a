"""Serves photos again that have a receipt: each gets a job in the queue of `settle`, which replaces that receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from console.records.pages import AT_ONCE
from console.records.record import Record
from shared.cloud.ports import Bucket
from shared.errors import ObjectForbidden
from shared.jobs import keys
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.messages.message import Message
from shared.vendors.prices import Prices

Standing = Literal["redo", "gone", "under way", "newer", "forbidden"]
"""Whether a photo is redone. If not, the photo was deleted, or it has a job already, or another version of it was
uploaded since, which is served by its own event, or OSS does not let us look at it."""
SKIPPED: Mapping[Standing, Message] = {
    "gone": Message("the photo was deleted", "照片已被删除"),
    "under way": Message("it is under way", "正在处理中"),
    "newer": Message("another version was uploaded since, and is served by itself", "之后上传了新版本，会自动处理"),
    "forbidden": Message("OSS refuses access to this photo: look at its ACL", "OSS 拒绝访问该照片，请检查其 ACL"),
}
"""Why a photo is not redone."""
_STEP = 1000
"""Photos that are examined together, whose records are in memory."""
_NO_LEASE = timedelta(0)
"""The console holds no job, so it needs no lease."""


@dataclass(frozen=True)
class Photo:
    """A photo that was asked for, and whether it is redone."""

    record: Record
    standing: Standing


def examine(photos: Bucket, jobs: Bucket, records: Iterable[Record]) -> Iterator[Photo]:
    """The photos of `records`, with two requests each. Raises what `Bucket` does."""

    def photo(record: Record) -> Photo:
        upload = Upload(record.source)
        try:
            etag = photos.etag(record.source)
        except ObjectForbidden:
            return Photo(record, "forbidden")
        if not etag:
            return Photo(record, "gone")
        if jobs.etag(upload.job_key):
            return Photo(record, "under way")
        return Photo(record, "redo" if etag == record.receipt.etag else "newer")

    remaining = iter(records)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while step := [*islice(remaining, _STEP)]:
            yield from pool.map(photo, step)


def price(examined: Iterable[Photo], prices: Prices) -> tuple[float, int]:
    """The price of one call for each photo that is redone, all together in yuan; and for how many photos no price is
    known."""
    each = [prices.of(photo.record.receipt.capability) for photo in examined if photo.standing == "redo"]
    return round(sum(filter(None, each)), 4), sum(known is None for known in each)


def redo(
    photos: Bucket,
    jobs: Bucket,
    examined: Iterable[Photo],
    clock: Callable[[], datetime],
    say: Callable[[int], object] = lambda _: None,
) -> int:
    """Put the photos that are to be redone into the queue, in their order, and wake `settle`. Returns how many.

    `say` is told how many are in the queue. Raises what `Bucket` does; the photos of which `say` was told stay in the
    queue.
    """
    store, count = JobStore(jobs, clock, _NO_LEASE), 0

    def begin(photo: Photo) -> None:
        receipt = photo.record.receipt
        store.leave_to_settle(Upload(receipt.source), receipt.etag, supersedes=photo.record.etag)

    remaining = (photo for photo in examined if photo.standing == "redo")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while step := [*islice(remaining, AT_ONCE)]:
            try:
                count += len([*pool.map(begin, step)])
            finally:
                photos.write(keys.WAKE, b"{}")  # some of a step that failed are in the queue as well
            say(count)
    return count
