"""Who begins: an object has arrived, and whoever has its upload in hand must hear of it, exactly one of them paying."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.cloud.ports import ObjectHead
from shared.errors import CutoutError
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.job import Job, Submitted, Waiting
from shared.jobs.store import StoredJob
from shared.pipeline.outcomes import Concluded, End, Parked, Skipped
from shared.pipeline.pipeline import Pipeline
from shared.pipeline.prepare import NothingToDo
from shared.vendors.capabilities import companion_roles


@dataclass(frozen=True)
class Dispatcher:
    """Brings uploads to the line, or to the queue when settle has the quota."""

    pipeline: Pipeline
    backlog_owner: BacklogOwner

    def dispatch(self, key: str, etag: str, at: datetime | None = None) -> bool:
        """An object came under `uploads/`, at `at`: begin what it belongs to. Safe to be told twice, late, or out of
        order.

        False when there is no such object, which may mean that `key` was told in another spelling.
        """
        roles = companion_roles(keys.capability_name(key))
        if keys.serves_folder(key, roles):
            self._announce_folder(keys.folder(key), roles)
            return True
        if not keys.is_upload(key):
            return True
        if image := keys.image_of(key, roles):
            outcome = self._begin(image, "", at)
            if not isinstance(outcome, Concluded | Skipped | NothingToDo):
                self.pipeline.jobs.request_recheck(key)  # whoever takes the image up may yet find it gone
            if not _is_absent(outcome):
                return True
            # A second picture without a first one: noted, in case none ever comes.
        return not _is_absent(self._begin(key, etag, at))

    def _announce_folder(self, folder: str, roles: tuple[str, ...]) -> None:
        """A second picture for every upload of a folder: there may be thousands, so it is settle that looks at them."""
        for entry in self.pipeline.bucket.list(folder):
            is_image = keys.is_upload(entry.key) and not keys.image_of(entry.key, roles)
            if keys.folder(entry.key) == folder and is_image:
                self.pipeline.jobs.request_recheck(entry.key)

    def look_again(self, source: str) -> End | None:
        """Something newer came while a job was under way; begin anew as soon as that one allows."""
        job = self.pipeline.jobs.claim(source, "") or self._reopen(self.pipeline.jobs.find(source))
        if job is None:
            return None
        self.pipeline.jobs.clear_recheck(source)
        return self.pipeline.run(job)[0]

    def _begin(self, source: str, etag: str, at: datetime | None) -> End | NothingToDo | None:
        """Claim the upload and run it. None: someone else has it, and will look again if this is news to them."""
        jobs, capability = self.pipeline.jobs, keys.capability_name(source)
        drained = self.backlog_owner.owns(capability)
        queues = self.backlog_owner.is_late(at) or drained
        if queues and etag != "" and "%" not in source:  # it is there, and under this very name: nobody need look
            if jobs.enqueue(source, etag):
                if not drained:
                    self.backlog_owner.joined(capability)
                return None
        else:
            # Looked at before the claim, so that an event for an upload that is gone costs this one request.
            image, is_gone = None, False
            with suppress(CutoutError):  # the job's own look meets the same trouble, and has a place to note it
                image = self.pipeline.bucket.peek(source)
                is_gone = image is None or image.size == 0
            if is_gone:
                return NothingToDo(existed=False)
            if job := jobs.claim(source, etag):
                return self._run(job, image)
        job = self._take_over(source, etag, queues)
        return None if job is None else self._run(job)

    def _take_over(self, source: str, etag: str, queues: bool) -> Job | None:
        """Hold the job that there is already; None when whoever has it, or its turn, will do."""
        jobs = self.pipeline.jobs
        found = jobs.find(source)
        if queues and found and _is_queued(found.job):
            return None  # it is in the queue, and is looked at anew when its turn comes
        if found and found.job.etag == etag != "" and (jobs.due(found.job) or found.job.lease_until is None):
            # Told twice, and nobody is at it: it keeps its turn.
            return jobs.acquire(found) if jobs.due(found.job) else None
        if (job := self._reopen(found)) is None:
            jobs.request_recheck(source)  # also when told twice: whoever holds the job may have looked before this came
        return job

    def _run(self, job: Job, image: ObjectHead | None = None) -> End:
        """Walk it, and have settle come for what is soon to be done."""
        outcome = self.pipeline.run(job, images={job.source: image} if image else None)[0]
        self.backlog_owner.served()
        if isinstance(outcome, Parked):
            if _is_queued(outcome.job):
                self.backlog_owner.joined(keys.capability_name(outcome.job.source))
            elif isinstance(outcome.job.stage, Submitted):
                self.backlog_owner.wake_worker()
        return outcome

    def _reopen(self, found: StoredJob | None) -> Job | None:
        """Hold the job that is in the way, unless something was bought for it: that is finished first."""
        return None if found is None or found.job.bought else self.pipeline.jobs.acquire(found)


def _is_queued(job: Job) -> bool:
    return isinstance(job.stage, Waiting) and job.stage.not_accepted and job.lease_until is None


def _is_absent(outcome: End | NothingToDo | None) -> bool:
    return isinstance(outcome, Skipped | NothingToDo) and not outcome.existed
