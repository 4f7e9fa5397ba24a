"""The queue: the order in which jobs are moved on that no instance holds.

A job says itself when it is due, but finding the next one among 10,000 would take reading them all. So each has an
entry in the queue as well, an empty object whose name says stage, capability and moment: a listing shows what is due,
in order. The entry is written after the job and deleted after the job has gone on. An instance that dies in between
leaves an entry too many, which costs one read of the job, or a job without an entry: that is found as the jobs of dead
instances are, by listing all of `jobs/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import islice

from shared.cloud.ports import Bucket, ListedObject
from shared.jobs.job import Job, Waiting
from shared.jobs.keys import QUEUE, UPLOADS
from shared.jobs.upload import Upload

_PAGE = 100
"""Entries of a lane that one listing shows, beside those being run: more than can be started between two listings. A
larger page holds up the threads that are about to send a call, as reading a listing needs the interpreter."""

_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_LONGEST_WAIT, _LONGEST_PAUSE = timedelta(days=2), timedelta(minutes=15)
"""From the writing of an entry to its moment: of one that waits, which the daily limit puts off to the end of the day,
and of any other. Those pause for ten minutes at the most (`shared/pipeline/retries.py`)."""
_NO_CAPABILITY = "-/-"
"""In place of a capability that the upload's name lacks, or that the table does. There the whole upload is named."""
_KEY = re.compile(
    rf"{QUEUE}(?P<stage>[a-z]+)/(?P<capability>[^/]*/[^/]*)/(?P<due>\d{{8}}T\d{{6}}\.\d{{6}}Z)/(?P<rest>.+)", re.DOTALL
)


@dataclass(frozen=True)
class QueueEntry:
    """When the job of `upload` is due, as the object at `key` says; no key for a job that was found without an entry,
    or for an upload that is to be looked at again."""

    key: str
    stage: str
    due: datetime
    upload: Upload
    is_mistaken: bool = False
    """Whether the name says a moment that is too far ahead to be true: then it is due at once, to be looked at."""

    @property
    def capability(self) -> str:
        """Of the upload; empty for all that are not in the table."""
        return self.upload.known_capability

    @staticmethod
    def of(job: Job) -> QueueEntry:
        """The entry that a job has in its present state."""
        upload, capability = job.upload, job.upload.known_capability
        rest = upload.key.removeprefix(f"{UPLOADS}{capability}/" if capability else UPLOADS)
        moment = job.due.astimezone(timezone.utc).strftime(_MOMENT)
        return QueueEntry(f"{_lane(job.stage.name, capability)}{moment}/{rest}", job.stage.name, job.due, upload)

    @staticmethod
    def read(key: str) -> QueueEntry | None:
        """The entry at `key`; None for a name that is none."""
        match = _KEY.fullmatch(key)
        if match is None:
            return None
        try:
            due = datetime.strptime(match["due"], _MOMENT).replace(tzinfo=timezone.utc)
        except ValueError:
            return None
        folders = "" if match["capability"] == _NO_CAPABILITY else f"{match['capability']}/"
        return QueueEntry(key, match["stage"], due, Upload(f"{UPLOADS}{folders}{match['rest']}"))

    @staticmethod
    def listed(found: ListedObject) -> QueueEntry | None:
        """The entry that a listing shows; None for a name that is none."""
        entry = QueueEntry.read(found.key)
        longest = _LONGEST_WAIT if entry and entry.stage == Waiting.name else _LONGEST_PAUSE
        if entry and entry.due - found.modified > longest:
            return replace(entry, due=found.modified, is_mistaken=True)
        return entry


def heads(bucket: Bucket, *, beside: int = 0) -> Iterator[QueueEntry]:
    """The first entries of every lane, in their order: `_PAGE`, and `beside` so many that are known. One listing,
    and one more after each full page."""
    after, size = "", beside + _PAGE
    while True:
        listed = list(islice(bucket.list(QUEUE, after=after, page=size), size))
        page = [entry for each in listed if (entry := QueueEntry.listed(each))]
        if len(listed) < size:
            yield from page
            return
        last = _lane_of(page[-1].key) if page else ""
        if not last:
            after = listed[-1].key  # names of others
        elif listed[0].key.startswith(last):
            yield from page
            after = f"{last}~"  # the rest of the lane is passed over
        else:
            yield from (entry for entry in page if not entry.key.startswith(last))
            after = last  # the lane that the page may cut off is listed from its beginning


def entries(bucket: Bucket) -> Iterator[QueueEntry | None]:
    """The whole queue, as it is listed: for each name its entry, or None for a name that is none."""
    return (QueueEntry.listed(each) for each in bucket.list(QUEUE))


def _lane(stage: str, capability: str) -> str:
    """Where the entries of one stage of one capability lie."""
    return f"{QUEUE}{stage}/{capability or _NO_CAPABILITY}/"


def _lane_of(key: str) -> str:
    """Where the entry at `key` lies. By its upload it would be another lane's, if somebody else gave it its name."""
    return "/".join(key.split("/")[:4]) + "/"
