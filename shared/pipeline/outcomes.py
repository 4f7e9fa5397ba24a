"""What becomes of a job when it has been moved on: it goes on, it is over, or it is in trouble and waits."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared import log
from shared.errors import (
    BadLink,
    CutoutError,
    DailyLimitReached,
    Incomplete,
    Misconfigured,
    NotAccepted,
    NotFetched,
    Rejected,
)
from shared.jobs.job import Blocked, Claimed, Doubt, Job, Stage, Waiting
from shared.jobs.receipt import Receipt, receipt

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_PAIR_PATIENCE = timedelta(hours=1)
"""For the second picture: longer than any bulk upload is likely to keep a pair apart."""


@dataclass(frozen=True)
class Concluded:
    """A job that is over, and what the upload is told."""

    job: Job
    receipt: Receipt


@dataclass(frozen=True)
class Skipped:
    """A job about which there is nothing to say: the upload is not there, or was served before."""

    job: Job
    existed: bool


Outcome = Job | Concluded | Skipped


def trouble(job: Job, error: CutoutError, now: datetime) -> Job | Concluded:
    """What a failure leads to: the sentence for the uploader, or the stage in which it waits, and how long.

    Whoever was turned away unheard waits for the vendor, not for his own back-off, and keeps his place in the queue.
    """
    retries = job.retries + 1
    # A share of the pause, lest all that is in trouble comes back at once.
    due = now + min(_FIRST_PAUSE * 2 ** min(job.retries, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311
    stage: Stage = Waiting()
    match error:
        case NotFetched() | BadLink() if not job.doubt:  # goes on at once, with a look at our own link
            doubt: Doubt = "unreadable" if isinstance(error, BadLink) else "not fetched"
            request_id = error.request_id or job.request_id
            return replace(
                job, stage=Claimed(), doubt=doubt, code=error.code, message=error.message, request_id=request_id
            )
        case Rejected():
            return Concluded(job, receipt(job, now, error=error))
        case Incomplete() if now - job.uploaded_at > _PAIR_PATIENCE:
            return Concluded(job, receipt(job, now, error=error))
        case Misconfigured():
            log.error("job_blocked", job=job, code=error.code, message=error.message)
            stage = Blocked()
        case DailyLimitReached():
            stage, due, retries = Waiting(not_accepted=True), error.until, job.retries
        case NotAccepted() if not job.bought:
            stage, due, retries = Waiting(not_accepted=True), job.due, job.retries
    return replace(
        parked(job, job.stage if job.bought else stage, due),
        retries=retries,
        code=error.code,
        message=error.message,
        request_id=error.request_id or job.request_id,
    )


def parked(job: Job, stage: Stage, due: datetime) -> Job:
    """Nobody holds it until it is due."""
    return replace(job, stage=stage, lease_until=None, due=due)


def fresh(job: Job, request_id: str) -> Job:
    """Past whatever trouble it had."""
    return replace(job, request_id=request_id, retries=0, code="", message="")
