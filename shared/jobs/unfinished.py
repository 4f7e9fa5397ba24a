"""All that is under way, as a listing of `jobs/` shows it; leases on past states are deleted on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from shared.cloud.changes import never
from shared.cloud.ports import Bucket, ListedObject
from shared.jobs import keys
from shared.jobs.upload import Kind, Upload

_DELETED_TOGETHER = 1000
"""Leases: as many as one request may name (DeleteMultipleObjects)."""


@dataclass(frozen=True)
class Unfinished:
    """A name under `jobs/`: `upload` has a job, or is to be looked at again, since it was written at `modified`."""

    upload: Upload
    modified: datetime
    is_recheck: bool

    @staticmethod
    def listed(found: ListedObject) -> Unfinished | None:
        """What a listing shows; None for a name that is no job and no recheck."""
        upload = Upload.of_job(found.key)
        if not found.key.endswith((".json", ".next")) or upload.kind is Kind.OTHER or not upload.fits:
            return None
        return Unfinished(upload, found.modified, is_recheck=found.key.endswith(".next"))


def unfinished(bucket: Bucket, on_foreign: Callable[[str], object]) -> Iterator[Unfinished | None]:
    """Yields once for each name that is listed: None when the name is no job and no recheck. `on_foreign` is called
    with each name that is not ours.

    A lease is listed before the job that it may be about, as an ETag sorts before `json`. So leases are kept in mind
    until that name is reached, and neither all of them nor all jobs are ever in memory.
    """
    leases: list[tuple[str, str, str]] = []
    """A heap by the jobs' keys: each with the ETag of the state that the lease is about, and the lease's key."""
    past: list[str] = []
    for listed in bucket.list(keys.JOBS):
        while leases and leases[0][0] <= listed.key:
            job_key, etag, lease = heappop(leases)
            if (job_key, etag) != (listed.key, listed.etag):
                past.append(lease)
        if len(past) >= _DELETED_TOGETHER:
            _sweep(bucket, past)
            past = []
        shown = Unfinished.listed(listed)
        if shown is None:
            if state := keys.state_of(listed.key):
                heappush(leases, (*state, listed.key))
            else:
                on_foreign(listed.key)
        yield shown
    _sweep(bucket, [*past, *(lease for _, _, lease in leases)])


def _sweep(bucket: Bucket, leases: list[str]) -> None:
    """Delete the leases at these keys."""
    bucket.delete(tuple(leases), still_needed=never)
