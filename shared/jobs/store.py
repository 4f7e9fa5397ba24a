"""Who may move a job on, settled with the one atomic thing OSS can do: create a name that is not there.

A new job is claimed by creating it. OSS cannot compare and swap, so a job that is there already is taken over by
creating a second name, made from the job's own ETag: whoever wins `<X>.<etag>.0.lease` may move the job on from exactly
that state. A lease outlives the timeout of the function that holds it, so a stale one belongs to the dead, and the
next turn's name is open: `<X>.<etag>.1.lease`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from shared import log
from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import Claimed, Job, Waiting, is_of_another_release
from shared.jobs.queue import Queue, QueueEntry

_MAX_GENERATIONS = 20
"""Instances that died one after the other over the same state of the same job."""

_UNTIL = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class StoredJob:
    """A job as it was read, and the ETag of that state."""

    job: Job
    etag: str


@dataclass(frozen=True)
class Unfinished:
    """What a listing of `jobs/` shows: uploads with a job, uploads with news, leases over states that are past."""

    jobs: tuple[str, ...]
    rechecks: tuple[str, ...]
    leases: tuple[str, ...]


class JobStore:
    """The jobs in `bucket`; `lease` must be longer than the calling function's timeout."""

    def __init__(self, bucket: Bucket, clock: Callable[[], datetime], lease: timedelta) -> None:
        self.bucket = bucket
        self._queue = Queue(bucket)
        self._clock = clock
        self._lease = lease
        self._logged: set[str] = set()
        """Names under `jobs/` that this instance has warned of."""

    def claim(self, source: str, etag: str) -> Job | None:
        """Begin a job for an upload and hold it; None when there is one."""
        now = self._clock()
        return self._begin(replace(_new(source, etag, now), lease_until=now + self._lease))

    def enqueue(self, source: str, etag: str) -> bool:
        """Begin a job for an upload and leave it to settle; False when there is one."""
        message = "the vendor's quota is taken by those that came before: it waits for its turn"
        new = _new(source, etag, self._clock())
        job = self._begin(replace(new, stage=Waiting(not_accepted=True), code="QuotaTaken", message=message))
        if job is not None:
            self._queue.add(job)
        return job is not None

    def _begin(self, job: Job) -> Job | None:
        if self.bucket.create(keys.job(job.source), job.to_json()):
            return job
        # Created by us all the same, when only the answer to the first try was lost.
        found = self.find(job.source)
        return job if found and found.job.id == job.id else None

    def find(self, source: str) -> StoredJob | None:
        """The upload's job; None when there is none. What lies in its place and is no job is removed, unless it is
        another release's: that is left to it."""
        stored = self.bucket.read(keys.job(source))
        if stored is None:
            return None
        try:
            return StoredJob(Job.from_json(stored.body), stored.etag)
        except ValidationError:
            if is_of_another_release(stored.body, source):
                self._log_once(
                    keys.job(source),
                    "a job of another release, which this one cannot read: it is left alone until that release, or a "
                    "later one, is deployed again",
                )
                return None
            log.error("job_unreadable", key=keys.job(source), message="what lay here was no job, and was removed")
            self.bucket.delete((keys.job(source),))
            self.request_recheck(source)
            return None

    def _log_once(self, key: str, message: str) -> None:
        if key not in self._logged:
            self._logged.add(key)
            log.warning("foreign_name", key=key, message=message)

    def due(self, job: Job) -> bool:
        """Whether nobody holds the job and its time has come."""
        now = self._clock()
        return job.due <= now and (job.lease_until is None or job.lease_until <= now)

    def acquire(self, found: StoredJob) -> Job | None:
        """Hold a job that nobody holds; None when someone else was faster or it has moved on."""
        now = self._clock()
        if found.job.lease_until is not None and found.job.lease_until > now:
            return None
        until = now + self._lease
        if not self._win(found, until) or self.bucket.etag(keys.job(found.job.source)) != found.etag:
            return None
        job = replace(found.job, lease_until=until, revision=found.job.revision + 1)
        if job.bought:
            return job
        if isinstance(job.stage, Claimed):  # its owner died, before or after the vendor heard the call
            job = replace(job, attempts=job.attempts + 1)
        job = replace(job, stage=Claimed())
        self.save(job)  # so that, should we die in the call, the next one counts it
        return job

    def save(self, job: Job) -> None:
        self.bucket.write(keys.job(job.source), job.to_json())

    def put_in_queue(self, job: Job) -> None:
        """Give a parked job, which was saved, its entry; it may have it already."""
        self._queue.add(job)

    def take_out(self, entries: tuple[str, ...]) -> None:
        """Delete entries, by their keys, whose jobs have gone on."""
        self._queue.remove(entries)

    def heads(self, *, beside: int = 0) -> Iterator[QueueEntry]:
        """The first entries of each lane of the queue: see `Queue.heads`."""
        return self._queue.heads(beside=beside)

    def queued(self) -> set[str]:
        """The uploads whose jobs have an entry: all of the queue is listed."""
        return self._queue.uploads()

    def remove(self, job: Job) -> None:
        self.bucket.delete((keys.job(job.source),))

    def request_recheck(self, source: str) -> None:
        """Note that something newer arrived, to be looked at when the job under way is over."""
        self.bucket.write(keys.recheck(source), b"{}")

    def clear_recheck(self, source: str) -> None:
        """Remove the note: whoever calls this is about to look."""
        self.bucket.delete((keys.recheck(source),))

    def unfinished(self, folder: str = "") -> Unfinished:
        """All that is under way, or what is under way for uploads below `folder`."""
        jobs, rechecks, leases = [], [], {}
        states = set()
        for entry in self.bucket.list(keys.jobs_below(folder)):
            states.add((entry.key, entry.etag))
            if entry.key.endswith(".json"):
                jobs.append(keys.upload_of(entry.key))
            elif entry.key.endswith(".next"):
                rechecks.append(keys.upload_of(entry.key))
            elif state := keys.state_of(entry.key):
                leases[entry.key] = state
            else:
                self._log_once(entry.key, "this is no name of ours: it is passed over, and may be deleted")
        past = tuple(key for key, state in leases.items() if state not in states)
        return Unfinished(tuple(jobs), tuple(rechecks), past)

    def sweep(self, leases: tuple[str, ...]) -> None:
        self.bucket.delete(leases)

    def _win(self, found: StoredJob, until: datetime) -> bool:
        for generation in range(_MAX_GENERATIONS):
            lease = keys.lease(keys.job(found.job.source), found.etag, generation)
            if self.bucket.create(lease, _UNTIL.dump_json(until)):
                return True
            other = self.bucket.read(lease)
            if other is None or _UNTIL.validate_json(other.body) > self._clock():
                return False
        log.error(
            "job_stuck",
            job=found.job,
            message=f"{_MAX_GENERATIONS} instances in a row did not survive this job, and it is left alone; once the "
            f"bug is mended, delete {keys.job(found.job.source)} and upload the photo again",
        )
        return False


def _new(source: str, etag: str, now: datetime) -> Job:
    return Job(id=secrets.token_hex(16), source=source, etag=etag, uploaded_at=now, due=now)
