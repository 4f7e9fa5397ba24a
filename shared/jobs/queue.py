"""The order in which jobs that nobody holds are moved on.

A job says itself when it is due, but finding the next one among 10,000 would take reading them all. So each has a
turn as well, an empty object whose name says stage, capability and moment: a listing shows what is due, in order. The
turn is written after the job and deleted after the job has gone on. Whoever dies in between leaves one too many, which
costs a look, or a job without one: that is found like those whose owners died, by reading every name under `jobs/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import Job

_PAGE = 100
"""Turns of a lane that are seen in one look, beside those in hand: more than are begun between two, and no more, since
whoever reads a listing keeps those waiting who are on their way to a vendor."""


@dataclass(frozen=True)
class QueueEntry:
    """When a job is due, as `key` says it; empty for a job that was found without one, or for news of an upload."""

    key: str
    stage: str
    capability: str
    due: datetime
    upload: str


class Queue:
    """The turns in `bucket`, where the jobs lie."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def add(self, job: Job) -> None:
        """Give a job its turn, when it is due. It may have it already."""
        self._bucket.write(entry_of(job).key, b"")

    def remove(self, entries: tuple[str, ...]) -> None:
        self._bucket.delete(entries)

    def heads(self, *, beside: int = 0) -> Iterator[QueueEntry]:
        """The first turns of every lane, in their order, `beside` so many that are known: one listing, and one more
        after each full page."""
        after, size = "", beside + _PAGE
        while True:
            entries = list(islice(self._bucket.list(keys.QUEUE, after=after, page=size), size))
            page = list(_entries(entry.key for entry in entries))
            if len(entries) < size:
                yield from page
                return
            last = keys.lane(page[-1].stage, page[-1].capability) if page else ""
            if not last:
                after = entries[-1].key  # somebody else's names
            elif entries[0].key.startswith(last):
                yield from page
                after = f"{last}~"  # the rest of the lane is passed over
            else:
                yield from (entry for entry in page if not entry.key.startswith(last))
                after = last  # the lane that the page may cut off is seen from its beginning

    def uploads(self) -> set[str]:
        """All that have a turn."""
        return {entry.upload for entry in _entries(entry.key for entry in self._bucket.list(keys.QUEUE))}


def entry_of(job: Job) -> QueueEntry:
    capability = keys.capability_name(job.source)
    return QueueEntry(
        keys.queue_entry(job.stage.name, job.due, job.source), job.stage.name, capability, job.due, job.source
    )


def _entries(names: Iterator[str]) -> Iterator[QueueEntry]:
    for name in names:
        if read := keys.read_queue_entry(name):
            yield QueueEntry(name, *read)
