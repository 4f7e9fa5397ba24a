"""What an error leads to: a receipt, another try at once, or a pause and its length."""

from __future__ import annotations

import random
from dataclasses import replace
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
    Unstorable,
    VendorDown,
)
from shared.jobs.job import Blocked, Claimed, Doubt, Fetching, Job, Stage, Unstored, Waiting
from shared.jobs.receipt import receipt
from shared.pipeline.outcomes import Concluded, Continue, Parked, parked

_IN_PLACE = Waiting(keeps_place=True)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_WAIT_FOR_COMPANION = timedelta(hours=1)
"""From the upload: longer than a bulk upload is likely to keep the two pictures of a pair apart."""
_LONGEST_OUTAGE = timedelta(days=3)
"""After which an outage is no excuse any more, and five more tries are made: photos of which each makes the vendor fail
look like one when nothing else is called for."""


def after_error(job: Job, error: CutoutError, now: datetime) -> Continue | Parked | Concluded:
    """What a failure leads to: a receipt, or the stage in which the job waits, and until when.

    A throttled job keeps its place in the queue and does not back off: the vendor limits the capability, not the job.
    So does a job that met an outage, which does not count as one of its tries.
    """
    stage: Stage = Waiting()
    due = now + _pause(job.retries)
    match error:
        case NotFetched() | BadLink() if not job.links_checked:
            return _check_links(job, error)
        case Rejected():
            return Concluded(job, receipt(job, now, error=error))
        case Incomplete() if now - job.uploaded_at > _WAIT_FOR_COMPANION:
            return Concluded(job, receipt(job, now, error=error))
        case Misconfigured():
            log.error("job_blocked", job=job, code=error.code, message=error.message)
            stage = Blocked()
            if isinstance(error, Unstorable):
                job = replace(job, stage=_unstored(job.stage))
        case DailyLimitReached():
            stage, due = _IN_PLACE, error.until
        case NotAccepted() if not job.bought:
            stage, due = _IN_PLACE, job.due
        case VendorDown() if not job.bought and now - (job.outage_since or now) < _LONGEST_OUTAGE:
            stage, due = _IN_PLACE, job.due
            job = replace(job, outage_attempts=job.outage_attempts + 1, outage_since=job.outage_since or now)
    retries = job.retries + (stage != _IN_PLACE)
    return parked(replace(_with_error(job, error), retries=retries), job.stage if job.bought else stage, due)


def _unstored(stage: Stage) -> Unstored:
    return stage if isinstance(stage, Unstored) else Unstored(stage if isinstance(stage, Fetching) else None)


def after_bad_link(job: Job, error: BadLink, now: datetime) -> Continue | Parked | Concluded:
    """The vendor could not read a link: it is called once more with links to copies under ASCII names, unless the
    link was to a copy, or to a name in ASCII, already."""
    if job.copies or job.source.isascii():
        return after_error(job, error, now)
    return Continue(replace(job, stage=Claimed(), wants_plain_name=True))


def _check_links(job: Job, error: CutoutError) -> Continue:
    """The vendor got no picture from a link: before another call, the link is read once from here."""
    doubt: Doubt = "unreadable" if isinstance(error, BadLink) else "not fetched"
    return Continue(replace(_with_error(job, error), stage=Claimed(), doubt=doubt))


def _with_error(job: Job, error: CutoutError) -> Job:
    return replace(job.with_reason(error.code, error.text), request_id=error.request_id or job.request_id)


def _pause(retries: int) -> timedelta:
    """Before the next try, after so many in a row. Random within a factor of two, so that jobs that failed together
    do not come back together."""
    longest = min(_FIRST_PAUSE * 2.0 ** min(retries, 10), _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
