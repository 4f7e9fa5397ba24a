"""The jobs in the bucket: which instance may move one on, and its place in the queue.

OSS has one atomic operation: to create a name that is not there. So a new job is claimed by creating it. One that is
there already is acquired with a lease: see `shared.jobs.leases`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared import log
from shared.cloud.changes import never
from shared.cloud.ports import Bucket
from shared.jobs import leases
from shared.jobs.job import Claimed, Job, Waiting, is_of_another_release
from shared.jobs.queue import QueueEntry, entries, heads
from shared.jobs.unfinished import Unfinished, unfinished
from shared.jobs.upload import Upload
from shared.messages import jobs as messages


@dataclass(frozen=True)
class StoredJob:
    """A job as it was read, and the ETag of that state."""

    job: Job
    etag: str


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

    def enqueue(self, upload: Upload, etag: str, *, supersedes: str = "") -> bool:
        """Begin the upload's job and leave it to settle; False when there is one. See `Job.supersedes`."""
        new = replace(_new(upload, etag, self._clock()), stage=Waiting(keeps_place=True), supersedes=supersedes)
        job = self._begin(new.with_reason(code="QuotaTaken", text=messages.QUOTA_TAKEN()))
        if job is not None:
            self.put_in_queue(job)
        return job is not None

    def leave_to_settle(self, upload: Upload, etag: str, *, supersedes: str = "") -> None:
        """Have settle look at the upload: in a new job, or else once the job that there is has looked or is over."""
        if not self.enqueue(upload, etag, supersedes=supersedes):
            found = self.find(upload)
            if not (found and found.job.keeps_place):  # such a job looks when its turn comes
                self.request_recheck(upload)

    def _begin(self, job: Job) -> Job | None:
        if self.bucket.create(job.upload.job_key, job.to_json()):
            return job
        # Created by us all the same, when only the answer to the first try was lost.
        found = self.find(job.upload)
        return job if found and found.job.id == job.id else None

    # ---------------------------------------------------------------- to move one on

    def find(self, upload: Upload) -> StoredJob | None:
        """The upload's job; None when there is none, or when it is another release's: that is left to it.

        What lies in its place and is no job of this upload is read as a job that begins anew: the instance that
        acquires the job writes over that document.
        """
        stored = self.bucket.read(upload.job_key)
        if stored is None:
            return None
        if job := _job_of(upload, stored.body):
            return StoredJob(job, stored.etag)
        if is_of_another_release(stored.body, upload.key):
            self._warn_once(
                upload.job_key,
                "a job of another release, which this one cannot read: it is left alone until that release, or a "
                "later one, is deployed again",
            )
            return None
        message = "what lies here is no job of this upload, whose work begins anew in its place"
        log.error("job_unreadable", key=upload.job_key, message=message)
        return StoredJob(replace(_new(upload, "", self._clock()), stage=Waiting()), stored.etag)

    def is_held(self, job: Job) -> bool:
        """Whether an instance holds the job: the job itself says until when. The object at the lease's own key only
        decides between two instances that want it."""
        return job.lease_until is not None and leases.holds(job.lease_until, self._clock())

    def is_due(self, job: Job) -> bool:
        """Whether no instance holds the job, and it is due."""
        return job.due <= self._clock() and not self.is_held(job)

    def acquire(self, found: StoredJob) -> Job | None:
        """Hold a job that no instance holds; None when another one was faster, or the job has moved on."""
        if self.is_held(found.job):
            return None
        until = self._clock() + self._lease
        if not leases.win(self.bucket, found.job, found.etag, until, self._clock):
            return None
        if self.bucket.etag(found.job.upload.job_key) != found.etag:
            return None
        job = replace(found.job, lease_until=until, revision=found.job.revision + 1)
        if job.bought:
            return job
        if isinstance(job.stage, Claimed):  # the instance died, before or after the call reached the vendor
            job = replace(job, attempts=job.attempts + 1)
        if job.keeps_place:  # its turn has come: if this ends badly, that is not why
            job = replace(job, code="", message="", message_zh="")
        job, key = replace(job, stage=Claimed()), job.upload.job_key
        # Recorded, so that the next one counts the call if we die in it. As we have the lease, nobody else goes on from
        # the state that was found.
        self.bucket.write(key, job.to_json(), still_needed=lambda: self.bucket.etag(key) == found.etag)
        return job

    def save(self, job: Job) -> None:
        """Record how far a job has come that we hold, or held until now. Raises `RuntimeError` when a job that we hold
        is no longer ours."""

        def still_needed() -> bool:
            stored = self._still_ours(job)
            if stored is None and job.lease_until is None:
                return False  # saved as free, and others have moved it on
            if stored is None:
                raise RuntimeError("a job that this instance holds is gone, or another instance's")
            return stored != job

        self.bucket.write(job.upload.job_key, job.to_json(), still_needed=still_needed)

    def remove(self, job: Job) -> None:
        """Remove a job that we hold. If OSS's answer is uncertain, the next version may have a job there by then."""
        self.bucket.delete((job.upload.job_key,), still_needed=lambda: self._still_ours(job) is not None)

    def _still_ours(self, job: Job) -> Job | None:
        """A job that we hold, as it is stored; None when it is gone, or has been acquired since."""
        found = self.find(job.upload)
        return found.job if found and found.job.id == job.id and found.job.revision <= job.revision else None

    # ---------------------------------------------------------------- the queue

    def put_in_queue(self, job: Job) -> None:
        """Give a parked job, which was saved, its entry; it may have it already."""
        entry = QueueEntry.of(job).key
        self.bucket.write(entry, b"", still_needed=lambda: not self.bucket.etag(entry))

    def take_out(self, entries: tuple[str, ...]) -> None:
        """Delete the entries at these keys, whose jobs have gone on."""
        self.bucket.delete(entries, still_needed=never)

    def heads(self, *, beside: int = 0) -> Iterator[QueueEntry]:
        """The first entries of each lane of the queue: see `shared.jobs.queue.heads`."""
        return heads(self.bucket, beside=beside)

    def queued(self) -> Iterator[QueueEntry | None]:
        """The whole queue: see `shared.jobs.queue.entries`."""
        return entries(self.bucket)

    # ---------------------------------------------------------------- what lies beside a job

    def request_recheck(self, upload: Upload) -> None:
        """Note that something newer arrived: the upload is looked at again when the job under way is over."""
        self.bucket.write(upload.recheck_key, b"{}", still_needed=lambda: not self.bucket.etag(upload.recheck_key))

    def clear_recheck(self, upload: Upload) -> None:
        """Remove that note, before looking: so it makes no difference if one goes that came since."""
        self.bucket.delete((upload.recheck_key,), still_needed=lambda: bool(self.bucket.etag(upload.recheck_key)))

    def unfinished(self) -> Iterator[Unfinished | None]:
        """All that is under way: see `shared.jobs.unfinished`."""
        return unfinished(self.bucket, self._warn_of_foreign)

    def _warn_of_foreign(self, key: str) -> None:
        self._warn_once(key, "this is no name of ours: it is passed over, and may be deleted")

    def _warn_once(self, key: str, message: str) -> None:
        if key not in self._logged:
            self._logged.add(key)
            log.warning("foreign_name", key=key, message=message)


def _job_of(upload: Upload, document: bytes) -> Job | None:
    """The upload's job as it was stored; None if this is none, or another upload's."""
    try:
        job = Job.from_json(document)
    except ValidationError:
        return None
    return job if job.source == upload.key else None


def _new(upload: Upload, etag: str, now: datetime) -> Job:
    return Job(id=secrets.token_hex(16), source=upload.key, etag=etag, uploaded_at=now, due=now)
