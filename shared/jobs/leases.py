"""Leases: of the instances that would move a job on from the same state, one wins.

OSS cannot compare and swap an object that is there already. So a job is acquired by creating a second name, made from
the job's own ETag: the instance that creates `<X>.<etag>.0.lease` may move the job on from exactly that state. A lease
outlives the timeout of the function that holds it, by more than the clocks of two instances differ
(`shared.cloud.oss_clock`), so the holder of one that has expired is dead, and the name of the next generation is free:
`<X>.<etag>.1.lease`. Each lease is judged right after the answer of OSS in which it was read, which also told the time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ValidationError, model_validator

from shared import log
from shared.cloud.ports import Bucket
from shared.jobs.job import Job

_MOST_DEATHS = 20
"""Instances that died one after the other over the same job, after which it is left alone: over the same state of it,
or as it counts them itself, beside the few calls that a job may have."""

_LONGEST = timedelta(seconds=86_400 * 1.1)
"""Function Compute's longest timeout (limits of usage), and the tenth that a lease outlives it by."""


def holds(until: datetime, now: datetime) -> bool:
    """Whether an instance holds a job until then. One that would hold it longer than any can live is not ours: what
    somebody else wrote must not stop a job for ever."""
    return now < until <= now + _LONGEST


class _Lease(BaseModel):
    """At a lease's key."""

    until: AwareDatetime
    id: str = ""
    """Random, by which the instance that wrote it knows it again."""

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, body: Any) -> Any:
        """They wrote the moment alone."""
        return {"until": body} if isinstance(body, str) else body

    @staticmethod
    def read(body: bytes) -> _Lease | None:
        """None for what is no lease: nobody holds anything by it."""
        try:
            return _Lease.model_validate_json(body)
        except ValidationError:
            return None


def win(bucket: Bucket, job: Job, etag: str, until: datetime, clock: Callable[[], datetime]) -> bool:
    """Whether the caller may move the job on, `until` then, from the state with this ETag. Raises what `Bucket`
    raises."""
    ours = _Lease(until=until, id=secrets.token_hex(16))
    for generation in range(_MOST_DEATHS if job.own_attempts < _MOST_DEATHS else 0):
        key = job.upload.lease_key(etag, generation)
        if bucket.create(key, ours.model_dump_json().encode()):
            return True
        stored = bucket.read(key)
        if stored is None:
            return False
        lease = _Lease.read(stored.body)
        if lease == ours:
            return True  # the answer to our first try was lost
        if lease and holds(lease.until, clock()):
            return False
    log.error(
        "job_stuck",
        job=job,
        message=f"{_MOST_DEATHS} instances in a row did not survive this job, and it is left alone; once the "
        f"bug is mended, delete {job.upload.job_key} and upload the photo again",
    )
    return False
