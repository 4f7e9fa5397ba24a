"""What to do when an object has arrived: begin its upload's job, leave it to settle, or request a recheck.

However often, late and out of order OSS sends the event, one instance begins the job, and one call is paid for.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.cloud.ports import Bucket, ObjectHead
from shared.errors import CutoutError
from shared.jobs.backlog import BacklogOwner
from shared.jobs.job import Job, Submitted, Unstored
from shared.jobs.store import JobStore, StoredJob
from shared.jobs.upload import Kind, Upload
from shared.pipeline.outcomes import End, Parked, Skipped
from shared.pipeline.pipeline import Pipeline

Absent = Literal["absent"]


@dataclass(eq=False, repr=False)
class Dispatcher:
    """Brings uploads to the pipeline, or to the queue when settle has the capability's quota.

    `pictures` holds the uploads, `jobs` their jobs.
    """

    pictures: Bucket
    jobs: JobStore
    pipeline: Pipeline
    backlog_owner: BacklogOwner

    def dispatch(self, upload: Upload, etag: str, at: datetime | None = None) -> bool:
        """An object came under `uploads/`, at `at` by its event: begin what it belongs to.

        False when no such object was seen, which may mean that the event spells its key in another way.
        """
        match upload.kind:
            case Kind.OTHER:
                return True
            case Kind.FOLDER_COMPANION:
                self.jobs.request_recheck(upload)  # whether it is there, and what it means for its folder, settle sees
                return False
            case Kind.COMPANION if upload.picture:
                outcome = self._begin(upload.picture, "", at)
                if outcome is None or isinstance(outcome, Parked):
                    self.jobs.request_recheck(upload)  # the picture's job may end because the picture was deleted
                if not _is_absent(outcome):
                    return _was_seen(outcome)
                # A companion without its picture gets a job of its own, in case the picture never comes.
        return _was_seen(self._begin(upload, etag, at))

    def recheck(self, upload: Upload) -> End | None:
        """Something newer came, for a folder or while a job was under way: begin anew. None as long as a job does not
        allow it."""
        job = self.jobs.claim(upload, "") or self._reopen(self.jobs.find(upload))
        if job is None:
            return None
        self.jobs.clear_recheck(upload)
        return self.pipeline.run(job)[0]

    def _begin(self, upload: Upload, etag: str, at: datetime | None) -> End | Absent | None:
        """Claim the upload and run its job. None: it is left to its holder, or to settle."""
        is_settles = self.backlog_owner.owns(upload.known_capability)
        to_queue = self.backlog_owner.is_late(at) or is_settles
        image, is_there = None, etag != "" and "%" not in upload.key  # by the event, and under this very name
        if not to_queue or not is_there:
            # Read before the job is begun, so that an event for an upload that is gone costs this one request.
            with suppress(CutoutError):  # the run gets the same error, and records it in the job
                image = self.pictures.peek(upload.key)
                if image is None or image.size == 0:
                    return "absent"
                is_there = True
        if to_queue and is_there:
            if self.jobs.enqueue(upload, etag):
                if not is_settles:
                    self.backlog_owner.joined(upload.known_capability)
                return None
        elif job := self.jobs.claim(upload, etag):
            return self._run(job, image)
        job = self._take_over(upload, etag, to_queue=to_queue)
        return None if job is None else self._run(job)

    def _take_over(self, upload: Upload, etag: str, *, to_queue: bool) -> Job | None:
        """Hold the job that there is already; None when its holder, or the worker by its queue entry, moves it on."""
        found = self.jobs.find(upload)
        if to_queue and found and found.job.keeps_place:
            return None  # it is in the queue, and the upload is read anew when it is due
        if found and found.job.etag == etag != "" and not self.jobs.is_held(found.job):
            # The same event again, and no instance holds the job: it keeps its place.
            return self.jobs.acquire(found) if self.jobs.is_due(found.job) else None
        if (job := self._reopen(found)) is None:
            self.jobs.request_recheck(upload)  # also for the same event: the holder may have read before this came
        return job

    def _run(self, job: Job, image: ObjectHead | None = None) -> End:
        """Run it, and wake the worker for what is soon to be done."""
        end = self.pipeline.run(job, images={job.source: image} if image else None)[0]
        self.backlog_owner.was_busy()
        if isinstance(end, Parked):
            if end.job.keeps_place or isinstance(end.job.stage, Unstored):  # settle holds back what comes after it
                self.backlog_owner.joined(end.job.upload.known_capability)
            elif isinstance(end.job.stage, Submitted):
                self.backlog_owner.wake_worker()
        return end

    def _reopen(self, found: StoredJob | None) -> Job | None:
        """Hold the job that there is already, unless a call was bought for it: that is finished first."""
        return None if found is None or found.job.bought else self.jobs.acquire(found)


def _is_absent(outcome: End | Absent | None) -> bool:
    return outcome == "absent" or (isinstance(outcome, Skipped) and not outcome.existed)


def _was_seen(outcome: End | Absent | None) -> bool:
    """Whether the upload is known to be there under this name. A run that was parked before it could look has no
    snapshot."""
    return not (_is_absent(outcome) or (isinstance(outcome, Parked) and outcome.job.inputs_etag == ""))
