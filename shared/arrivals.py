"""Who begins: an object has arrived, and whoever has its upload in hand must hear of it, exactly one of them paying."""

from __future__ import annotations

from dataclasses import dataclass

from shared import keys
from shared.capabilities import companion_role
from shared.documents import Job
from shared.jobs import Found
from shared.pipeline import Concluded, Dropped, Line


@dataclass(frozen=True)
class Arrivals:
    """Brings uploads to the line."""

    line: Line

    def arrived(self, key: str, etag: str) -> bool:
        """An object came under `uploads/`: begin what it belongs to. Safe to be told twice, late, or out of order.

        False when there is no such object, which may mean that `key` was told in another spelling.
        """
        role = companion_role(keys.capability_name(key))
        if role and keys.serves_folder(key, role):
            for upload in self.line.jobs.unfinished(keys.folder(key)).jobs:
                if keys.folder(upload) == keys.folder(key):
                    self.line.jobs.announce(upload)  # there may be thousands: settle's work, not ours
            return True
        if not keys.is_upload(key):
            return True
        image = keys.image_of(key, role)
        # A second picture without a first one is noted, in case none ever comes.
        return (image != "" and self._begin(image, "")) or self._begin(key, etag)

    def look_again(self, source: str) -> Job | Concluded | Dropped | None:
        """Something newer came while a job was under way; begin anew as soon as that one allows."""
        job = self.line.jobs.claim(source, "") or self._reopen(self.line.jobs.find(source))
        if job is None:
            return None
        self.line.jobs.take_note(source)
        return self.line.run(job)

    def _begin(self, source: str, etag: str) -> bool:
        """Claim the upload and run it, or see to it that whoever has it looks again. False: there is no such upload."""
        jobs = self.line.jobs
        job = jobs.claim(source, etag)
        if job is None:
            found = jobs.find(source)
            if found is not None and found.job.etag == etag:  # told twice
                job = jobs.take(found) if jobs.due(found.job) else None
            elif (job := self._reopen(found)) is None:
                jobs.announce(source)
        if job is None:
            return True
        outcome = self.line.run(job)
        return not isinstance(outcome, Dropped) or outcome.existed

    def _reopen(self, found: Found | None) -> Job | None:
        """Hold the job that is in the way, unless something was bought for it: that is finished first."""
        return None if found is None or found.job.bought else self.line.jobs.take(found)
