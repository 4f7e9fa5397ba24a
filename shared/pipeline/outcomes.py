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
class Continue:
    """The job goes on at once: it is recorded, and moved on by whoever holds it."""

    job: Job


@dataclass(frozen=True)
class Parked:
    """The job waits until it is due: it is recorded, gets an entry in the queue, and nobody holds it. See `parked`."""

    job: Job


@dataclass(frozen=True)
class Concluded:
    """The job is over, and its upload gets a receipt."""

    job: Job
    receipt: Receipt


@dataclass(frozen=True)
class Skipped:
    """The job is over without a receipt: the upload is not there, or was served before."""

    job: Job
    existed: bool


End = Parked | Concluded | Skipped
"""What a run of a job ends with."""
Outcome = Continue | End
"""What moving a job on by one stage comes to."""


def after_error(job: Job, error: CutoutError, now: datetime) -> Continue | Parked | Concluded:
    """What a failure leads to: a receipt, or the stage in which the job waits, and until when.

    A throttled job keeps its place in the queue and does not back off: the vendor limits the capability, not the job.
    """
    retries = job.retries + 1
    # A share of the pause, lest all that is in trouble comes back at once.
    due = now + min(_FIRST_PAUSE * 2 ** min(job.retries, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311
    stage: Stage = Waiting()
    match error:
        case NotFetched() | BadLink() if not job.doubt:  # goes on at once, with a look at our own link
            doubt: Doubt = "unreadable" if isinstance(error, BadLink) else "not fetched"
            request_id = error.request_id or job.request_id
            return Continue(
                replace(
                    job, stage=Claimed(), doubt=doubt, code=error.code, message=error.message, request_id=request_id
                )
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
    job = replace(
        job,
        retries=retries,
        code=error.code,
        message=error.message,
        request_id=error.request_id or job.request_id,
    )
    return parked(job, job.stage if job.bought else stage, due)


def parked(job: Job, stage: Stage, due: datetime) -> Parked:
    """The job in `stage`, held by nobody until it is `due`."""
    return Parked(replace(job, stage=stage, lease_until=None, due=due))


def without_error(job: Job, request_id: str) -> Job:
    """The job after an answer of the vendor's, past the errors that it had before."""
    return replace(job, request_id=request_id, retries=0, code="", message="")
