"""What a companion of a whole folder, such as `_mask.png`, means for the pictures that lie there already.

Its event leaves one recheck in the bucket, whatever the folder holds. Settle expands that here, in a job of the
companion's own: so a death in between has it done again, and a version that came meanwhile is looked at afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from shared.cloud.ports import Bucket, ListedObject
from shared.errors import Rejected
from shared.jobs import keys
from shared.jobs.job import Job
from shared.jobs.receipt import receipt
from shared.jobs.store import JobStore
from shared.jobs.upload import Kind, Upload
from shared.messages import uploads as messages
from shared.pipeline.outcomes import Concluded, Skipped
from shared.pipeline.unserved import PAGE, written

MOST_UNASKED = 1000
"""Uploads that are served again, or set going by a backfill, without a person's confirmation."""


@dataclass
class _Found:
    """Pictures, of which no more are kept than may be served unasked."""

    count: int = 0
    few: list[ListedObject] = field(default_factory=list)
    """All of them, or none if they are more than `MOST_UNASKED`."""

    def add(self, picture: ListedObject) -> None:
        self.count += 1
        if self.count <= MOST_UNASKED:
            self.few.append(picture)
        else:
            self.few.clear()


def apply_to_folder(bucket: Bucket, jobs: JobStore, job: Job, now: datetime) -> Concluded | Skipped:
    """Leave to settle the pictures of a folder that were not served since its companion, whose job this is, came.

    More than `MOST_UNASKED` that were served before are a person's decision, and the companion's receipt says so.
    Pictures that were never served are left alone if they are more than that: their own events bring them.
    A picture whose job was under way when the companion came looks for itself in the end: see `has_new_companion`.
    """
    upload = job.upload
    bucket.delete((upload.receipt_key,))  # it is about an earlier version, or an earlier look
    companion = bucket.peek(upload.key)
    if companion is None or companion.size == 0:
        return Skipped(job, existed=False)
    if job.etag == companion.etag and not job.inputs_etag:
        # The job is a backfill's, which has set the folder going for this version. One with `inputs_etag` is one that
        # came to a receipt which could not be written.
        return Skipped(job, existed=True)
    again, never = _Found(), _Found()
    for picture, served_at in _pictures(bucket, upload.folder):
        if served_at is None:
            never.add(picture)
        elif served_at <= companion.modified:
            again.add(picture)
    for picture in (*again.few, *never.few):
        jobs.leave_to_settle(Upload(picture.key), picture.etag)
    if again.count <= MOST_UNASKED:
        return Skipped(job, existed=True)
    order = json.dumps({"prefix": upload.folder, "confirm": True}, ensure_ascii=False)
    said = messages.NOT_CONFIRMED(count=again.count, limit=MOST_UNASKED, order=order)
    job = replace(
        job,
        etag=companion.etag,
        uploaded_at=companion.modified,
        inputs_etag=companion.etag,
        capability=upload.capability,
        attempts=0,  # a look that an instance died over was no call
    )
    return Concluded(job, receipt(job, now, error=Rejected("NotConfirmed", said)))


def _pictures(bucket: Bucket, folder: str) -> Iterator[tuple[ListedObject, datetime | None]]:
    """The pictures of a folder, each with the time of its receipt; a page of them is in memory at a time."""
    listed = (each for each in bucket.list(folder, nested=False) if each.size and _is_servable(Upload(each.key)))
    while page := [*islice(listed, PAGE)]:
        names = {Upload(each.key).receipt_key for each in page}
        receipts = written(bucket, keys.receipts_below(folder), names, nested=False)
        yield from ((each, receipts.get(Upload(each.key).receipt_key)) for each in page)


def _is_servable(upload: Upload) -> bool:
    return upload.kind is Kind.PICTURE and upload.fits
