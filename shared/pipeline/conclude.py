"""Ends a job: its receipt is written last, and the job is removed with its copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from shared import log
from shared.cloud.ports import Bucket
from shared.errors import Misconfigured, ObjectForbidden, Unstorable
from shared.jobs.job import Job, Waiting
from shared.jobs.listing_order import order_for
from shared.jobs.store import JobStore
from shared.pipeline.outcomes import Concluded
from shared.pipeline.snapshot import has_new_companion, is_served_with_another
from shared.vendors.prices import Prices


@contextmanager
def storing() -> Iterator[None]:
    """Around what stores a result or a receipt: raises `Unstorable` where a person must act first."""
    try:
        yield
    except Misconfigured as error:
        raise Unstorable(error.code, error.text, request_id=error.request_id) from error


def conclude(bucket: Bucket, jobs: JobStore, prices: Prices, end: Concluded) -> None:
    """Write the receipt, with its price, then forget the job.

    The order of its listing pictures is written before the receipt: a death between the two has both repeated, and one
    the other way round would forget the order.

    Raises `Unstorable` when the receipt may not be written.
    """
    job, receipt = end.job, end.receipt
    price = prices.paid(receipt.capability, receipt.attempts, done=receipt.status == "done")
    receipt = receipt.model_copy(update={"price_yuan": price})
    document = receipt.model_dump_json(indent=1).encode()
    with storing():
        if receipt.status != "done":
            if receipt.earlier_calls and not job.bought:  # in the bucket, they are in the receipt that goes first
                jobs.save(replace(job, stage=Waiting()))
            bucket.delete(job.replaces)
        if order := order_for(receipt, job.inputs_etag, receipt.finished_at):
            bucket.write(order.key, order.to_json())
        bucket.write(job.upload.receipt_key, document, inputs_etag=job.inputs_etag)
    if receipt.code == "PictureMissing":
        with suppress(ObjectForbidden):  # if it is there, its own job deletes this receipt once it may be read
            if is_served_with_another(bucket, job.upload):
                bucket.delete((job.upload.receipt_key,))  # the picture came just now
    say = log.warning if receipt.status == "failed" else log.info
    say("concluded", job=job, **receipt.model_dump(include={"status", "code", "message", "price_yuan", "attempts"}))
    forget(bucket, jobs, job)


def forget(bucket: Bucket, jobs: JobStore, job: Job) -> None:
    """Remove the job and its copies. A picture beside which something new lies is looked at once more."""
    if has_new_companion(bucket, job):
        jobs.request_recheck(job.upload)  # before the job goes: else a death in between would forget it
    jobs.remove(withdraw_copies(bucket, job))


def withdraw_copies(bucket: Bucket, job: Job) -> Job:
    """Delete the job's copies; the job without them, to be saved: none is left that no job names."""
    bucket.delete(job.copies)
    return replace(job, copies=())
