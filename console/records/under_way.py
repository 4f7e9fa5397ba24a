"""What is under way: the jobs in the bucket, and in which stage each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from console.records.pages import pages
from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import Claimed
from shared.jobs.queue import QueueEntry
from shared.jobs.unfinished import Unfinished


@dataclass(frozen=True)
class UnderWay:
    """A job: `stage` is that of its entry in the queue; `claimed` where it has none, so that an instance is at it."""

    source: str
    """The key of the upload."""
    stage: str
    since: datetime
    """When the job was last written."""
    due: datetime | None = None


def queued(bucket: Bucket) -> Iterator[QueueEntry]:
    """The entries of the queue, in any order."""
    for page in pages(bucket, keys.QUEUE):
        yield from filter(None, map(QueueEntry.listed, page))


def under_way(bucket: Bucket, prefix: str = keys.UPLOADS) -> Mapping[str, UnderWay]:
    """The jobs of uploads below `prefix`, by the uploads' keys: half a kilobyte of memory each."""
    in_order = sorted(queued(bucket), key=lambda entry: entry.due)  # a job's last entry counts: others are left over
    entries = {each.upload.key: each for each in in_order if each.upload.key.startswith(prefix)}
    found = dict[str, UnderWay]()
    for page in pages(bucket, keys.jobs_below(prefix)):
        for job in filter(None, map(Unfinished.listed, page)):
            if not job.is_recheck:
                entry = entries.get(job.upload.key)
                stage, due = (entry.stage, entry.due) if entry else (Claimed.name, None)
                found[job.upload.key] = UnderWay(job.upload.key, stage, job.modified, due)
    return found
