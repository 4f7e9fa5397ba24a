"""Ends a job: its receipt is written last, and the job is removed with its copies."""

from __future__ import annotations

from shared import log
from shared.cloud.ports import Bucket
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.pipeline.outcomes import Concluded
from shared.pipeline.snapshot import has_new_companion, is_current, is_served_with_another
from shared.vendors.prices import Prices


def conclude(bucket: Bucket, jobs: JobStore, prices: Prices, end: Concluded) -> None:
    """Write the receipt, with its price, then forget the job. An upload that was deleted gets no receipt but `done`."""
    job, receipt = end.job, end.receipt
    if receipt.status != "done":
        if not is_current(bucket, job):
            forget(bucket, jobs, job)
            return
        bucket.delete(job.replaces)
    price = prices.paid(receipt.capability, receipt.attempts, done=receipt.status == "done")
    receipt = receipt.model_copy(update={"price_yuan": price})
    document = receipt.model_dump_json(indent=1).encode()
    bucket.write(job.upload.receipt_key, document, inputs_etag=job.inputs_etag)
    if receipt.code == "PictureMissing" and is_served_with_another(bucket, job.upload):
        bucket.delete((job.upload.receipt_key,))  # the picture came just now
    say = log.warning if receipt.status == "failed" else log.info
    say("concluded", job=job, **receipt.model_dump(include={"status", "code", "message", "price_yuan", "attempts"}))
    forget(bucket, jobs, job)


def forget(bucket: Bucket, jobs: JobStore, job: Job) -> None:
    """Remove the job and its copies. A picture beside which something new lies is looked at once more."""
    if has_new_companion(bucket, job):
        jobs.request_recheck(job.upload)  # before the job goes: else a death in between would forget it
    bucket.delete(job.copies)
    jobs.remove(job)
