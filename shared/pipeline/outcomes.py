"""The outcome of moving a job on by one stage: Continue, Parked, Concluded or Skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.jobs.job import Fetching, Job, Stage
from shared.jobs.receipt import Receipt
from shared.vendors.protocol import Done


@dataclass(frozen=True)
class Continue:
    """The job goes on at once: it is saved, and moved on by the instance that holds it."""

    job: Job


@dataclass(frozen=True)
class Parked:
    """The job waits until it is due: it is saved without a lease, and gets an entry in the queue. See `parked`."""

    job: Job


@dataclass(frozen=True)
class Concluded:
    """The job is over, and its upload gets a receipt."""

    job: Job
    receipt: Receipt


@dataclass(frozen=True)
class Skipped:
    """The job is over without a new receipt: the upload was deleted (`existed` is false), or was served before."""

    job: Job
    existed: bool


End = Parked | Concluded | Skipped
"""What a run of a job ends with."""
Outcome = Continue | End
"""The outcome of moving a job on by one stage."""


def parked(job: Job, stage: Stage, due: datetime) -> Parked:
    """The job in `stage`, without a lease, until it is `due`."""
    return Parked(replace(job, stage=stage, lease_until=None, due=due))


def fetching(job: Job, done: Done, now: datetime, links_live: float) -> Continue:
    """The vendor has finished: its results are to be fetched within `links_live` seconds."""
    stage = Fetching(done.pictures, now + timedelta(seconds=links_live))
    return Continue(replace(without_error(job, done.request_id), stage=stage))


def without_error(job: Job, request_id: str) -> Job:
    """The job after an answer of the vendor's: earlier errors are cleared, and the next back-off is the first again."""
    return replace(job, request_id=request_id, retries=0, outage_since=None, code="", message="", message_zh="")
