"""The jobs in the bucket: which instance may move one on, and its place in the queue.

OSS has one atomic operation: to create a name that is not there. So a new job is claimed by creating it. A job that is
there already cannot be compared and swapped; it is acquired by creating a second name, made from the job's own ETag:
the instance that creates `<X>.<etag>.0.lease` may move the job on from exactly that state. A lease outlives the timeout
of the function that holds it, by more than the clocks of two instances differ (`shared.cloud.oss_clock`), so the holder
of one that has expired is dead, and the name of the next generation is free: `<X>.<etag>.1.lease`. Each lease is judged
right after the answer of OSS in which it was read, which also told the time.
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
from shared.jobs.queue import QueueEntry, heads, uploads
from shared.jobs.upload import Upload
from shared.messages import jobs as messages

_MAX_GENERATIONS = 20
"""Instances that died one after the other over the same state of the same job, after which it is left alone."""

_UNTIL = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class StoredJob:
    """A job as it was read, and the ETag of that state."""

    job: Job
    etag: str


@dataclass(frozen=True)
class Unfinished:
    """What a listing of `jobs/` shows: uploads with a job, uploads to look at again, and the keys of leases over states
    that are past."""

    jobs: tuple[Upload, ...]
    rechecks: tuple[Upload, ...]
    leases: tuple[str, ...]


class JobStore:
    """The jobs in `bucket`, with their leases and their queue.

    `lease` must be longer than the timeout of the function that calls; `clock` tells the time that all instances share.
    Methods raise what `Bucket` raises.
    """

    def __init__(self, bucket: Bucket, clock: Callable[[], datetime], lease: timedelta) -> None:
        self.bucket = bucket
        self._clock = clock
        self._lease = lease
        self._logged: set[str] = set()
        """Names under `jobs/` that this instance has warned of."""

    # ---------------------------------------------------------------- to begin one

    def claim(self, upload: Upload, etag: str) -> Job | None:
        """Begin the upload's job and hold it; None when there is one."""
        now = self._clock()
        return self._begin(replace(_new(upload, etag, now), lease_until=now + self._lease))

    def enqueue(self, upload: Upload, etag: str) -> bool:
        """Begin the upload's job and leave it to settle; False when there is one."""
        new = replace(_new(upload, etag, self._clock()), stage=Waiting(not_accepted=True))
        job = self._begin(new.with_reason(code="QuotaTaken", text=messages.QUOTA_TAKEN()))
        if job is not None:
            self.put_in_queue(job)
        return job is not None

    def _begin(self, job: Job) -> Job | None:
        if self.bucket.create(job.upload.job_key, job.to_json()):
            return job
        # Created by us all the same, when only the answer to the first try was lost.
        found = self.find(job.upload)
        return job if found and found.job.id == job.id else None

    # ---------------------------------------------------------------- to move one on

    def find(self, upload: Upload) -> StoredJob | None:
        """The upload's job; None when there is none. What lies in its place and is no job is removed, unless it is
        another release's: that is left to it."""
        stored = self.bucket.read(upload.job_key)
        if stored is None:
            return None
        try:
            return StoredJob(Job.from_json(stored.body), stored.etag)
        except ValidationError:
            if is_of_another_release(stored.body, upload.key):
                self._warn_once(
                    upload.job_key,
                    "a job of another release, which this one cannot read: it is left alone until that release, or a "
                    "later one, is deployed again",
                )
                return None
            log.error("job_unreadable", key=upload.job_key, message="what lay here was no job, and was removed")
            self.bucket.delete((upload.job_key,))
            self.request_recheck(upload)
            return None

    def is_held(self, job: Job) -> bool:
        """Whether an instance holds the job: the job itself says until when. The object at the lease's own key only
        decides between two instances that want it."""
        return job.lease_until is not None and job.lease_until > self._clock()

    def is_due(self, job: Job) -> bool:
        """Whether no instance holds the job, and it is due."""
        return job.due <= self._clock() and not self.is_held(job)

    def acquire(self, found: StoredJob) -> Job | None:
        """Hold a job that no instance holds; None when another one was faster, or the job has moved on."""
        if self.is_held(found.job):
            return None
        until = self._clock() + self._lease
        if not self._win(found, until) or self.bucket.etag(found.job.upload.job_key) != found.etag:
            return None
        job = replace(found.job, lease_until=until, revision=found.job.revision + 1)
        if job.bought:
            return job
        if isinstance(job.stage, Claimed):  # the instance died, before or after the call reached the vendor
            job = replace(job, attempts=job.attempts + 1)
        job = replace(job, stage=Claimed())
        self.save(job)  # so that, should we die in the call, the next one counts it
        return job

    def _win(self, found: StoredJob, until: datetime) -> bool:
        for generation in range(_MAX_GENERATIONS):
            lease = found.job.upload.lease_key(found.etag, generation)
            if self.bucket.create(lease, _UNTIL.dump_json(until)):
                return True
            other = self.bucket.read(lease)
            if other is None or _UNTIL.validate_json(other.body) > self._clock():
                return False
        log.error(
            "job_stuck",
            job=found.job,
            message=f"{_MAX_GENERATIONS} instances in a row did not survive this job, and it is left alone; once the "
            f"bug is mended, delete {found.job.upload.job_key} and upload the photo again",
        )
        return False

    def save(self, job: Job) -> None:
        self.bucket.write(job.upload.job_key, job.to_json())

    def remove(self, job: Job) -> None:
        self.bucket.delete((job.upload.job_key,))

    # ---------------------------------------------------------------- the queue

    def put_in_queue(self, job: Job) -> None:
        """Give a parked job, which was saved, its entry; it may have it already."""
        self.bucket.write(QueueEntry.of(job).key, b"")

    def take_out(self, entries: tuple[str, ...]) -> None:
        """Delete the entries at these keys, whose jobs have gone on."""
        self.bucket.delete(entries)

    def heads(self, *, beside: int = 0) -> Iterator[QueueEntry]:
        """The first entries of each lane of the queue: see `shared.jobs.queue.heads`."""
        return heads(self.bucket, beside=beside)

    def queued(self) -> set[Upload]:
        """The uploads whose jobs have an entry: the whole queue is listed."""
        return uploads(self.bucket)

    # ---------------------------------------------------------------- what lies beside a job

    def request_recheck(self, upload: Upload) -> None:
        """Note that something newer arrived: the upload is looked at again when the job under way is over."""
        self.bucket.write(upload.recheck_key, b"{}")

    def clear_recheck(self, upload: Upload) -> None:
        """Remove that note, before looking."""
        self.bucket.delete((upload.recheck_key,))

    def unfinished(self) -> Unfinished:
        """All that is under way, by listing `jobs/`."""
        jobs, rechecks, leases = [], [], {}
        states = set()
        for entry in self.bucket.list(keys.JOBS):
            states.add((entry.key, entry.etag))
            if entry.key.endswith(".json"):
                jobs.append(Upload.of_job(entry.key))
            elif entry.key.endswith(".next"):
                rechecks.append(Upload.of_job(entry.key))
            elif state := keys.state_of(entry.key):
                leases[entry.key] = state
            else:
                self._warn_once(entry.key, "this is no name of ours: it is passed over, and may be deleted")
        past = tuple(key for key, state in leases.items() if state not in states)
        return Unfinished(tuple(jobs), tuple(rechecks), past)

    def sweep(self, leases: tuple[str, ...]) -> None:
        """Delete the leases at these keys."""
        self.bucket.delete(leases)

    def _warn_once(self, key: str, message: str) -> None:
        if key not in self._logged:
            self._logged.add(key)
            log.warning("foreign_name", key=key, message=message)


def _new(upload: Upload, etag: str, now: datetime) -> Job:
    return Job(id=secrets.token_hex(16), source=upload.key, etag=etag, uploaded_at=now, due=now)
