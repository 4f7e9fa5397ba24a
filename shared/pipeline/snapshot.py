"""What lies in the bucket for an upload now: its picture, what lies beside it, and what an earlier version left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from shared import log
from shared.cloud.ports import METADATA, Bucket, ListedObject, ObjectHead, StoredDocument
from shared.errors import ObjectForbidden
from shared.jobs.calls import calls_in, total
from shared.jobs.job import Job, Waiting
from shared.jobs.receipt import is_current_receipt, is_of_older_version, outputs_of, receipt_in
from shared.jobs.upload import Kind, Upload
from shared.pipeline.outcomes import Parked, Skipped, parked
from shared.vendors.capabilities import CAPABILITIES


@dataclass(frozen=True)
class Snapshot:
    """The pictures of an upload as they lie in the bucket now, and the job as it stands with them."""

    job: Job
    image: ObjectHead
    companion: ObjectHead | None
    role: str
    """The companion's; empty without one."""


def take_snapshot(bucket: Bucket, job: Job, now: datetime, image: ObjectHead | None = None) -> Snapshot | Skipped:
    """What lies in the bucket now: the event may be late and the job old. `Skipped` when there is nothing to do.

    `image` is the upload as it was read before the job was claimed.
    """
    read_before = image is not None
    image = image or bucket.peek(job.source)
    if image is None or image.size == 0:
        return Skipped(job, existed=False)
    if METADATA in image.metadata:
        log.warning(
            "result_uploaded",
            job=job,
            message="this is a result of ours, brought back under uploads/, and a rule that does so never ends; "
            "to have it cut out again, upload it without the metadata x-oss-meta-oss-cutout",
        )
        return Skipped(job, existed=True)
    if is_served_with_another(bucket, job.upload):
        return Skipped(job, existed=True)
    role, companion = _companion(bucket, job.upload)
    job = _with_inputs(bucket, job, now, image, None if _is_overruled(role, image, job.upload) else companion)
    job = replace(job, beside=companion.etag if companion else "")
    # What lies beside a picture may have a receipt which says that its picture is missing.
    complaint: tuple[str, ...] = ()
    if companion and (beside := Upload(companion.key)).kind is Kind.COMPANION:
        complaint = (beside.receipt_key,)
    earlier = bucket.read(job.upload.receipt_key)
    if earlier is not None:
        if is_current_receipt(earlier, job):
            bucket.delete(complaint)
            _add_calls(bucket, job, earlier)
            return Skipped(job, existed=True)
        if read_before and not is_of_older_version(earlier, image):
            # A newer version may have been served between that read and the claim.
            return take_snapshot(bucket, job, now)
        job = replace(_with_calls(job, earlier), replaces=(job.upload.receipt_key, *outputs_of(earlier, job.upload)))
    job = replace(job, replaces=(*(key for key in job.replaces if key not in complaint), *complaint))
    return Snapshot(job, image, companion, role)


def outdated(bucket: Bucket, job: Job, now: datetime) -> Skipped | Parked | None:
    """What becomes of a job whose upload is not there as it was: it is over if the upload was deleted. If that was
    overwritten, the job looks at it anew, and still knows of the calls for the version that lay there before.

    None if the upload is there in the version that the job is for: one request to OSS, and none in the run that took
    the snapshot. Where OSS denies the look, the upload is taken to be there: what was bought is stored.
    """
    if job.looked != job.revision:
        with suppress(ObjectForbidden):
            etag = bucket.etag(job.source)
            if not etag:
                return Skipped(job, existed=False)
            if etag != job.etag:
                return parked(job, Waiting(), now)
    return None


def has_new_companion(bucket: Bucket, job: Job) -> bool:
    """Whether a companion came that the job has not seen: something else lies beside the picture than when it looked.

    Asked after the receipt was written: so the receipt is older than a companion that is not found here. One or two
    requests to OSS for each role of the capability; none where nothing can lie beside a picture.
    """
    newest = next(_beside(bucket, job.upload), None) if job.inputs_etag else None
    return newest is not None and newest[1].etag != job.beside


def is_served_with_another(bucket: Bucket, upload: Upload) -> bool:
    """Whether this is a companion whose picture is there. Raises `ObjectForbidden` where OSS denies the look, which it
    does whether the picture is there or not."""
    found = bucket.peek(upload.picture.key) if upload.picture else None
    return found is not None and found.size > 0


def _with_calls(job: Job, earlier: StoredDocument) -> Job:
    """The job with the calls of the receipt that its own will replace. Those of a receipt that it wrote itself, before
    an instance died over its removal, it has already."""
    found = receipt_in(earlier)
    if found is None or found.job == job.public_id:
        return job
    return replace(job, earlier_calls=found.calls_by_month)


def _add_calls(bucket: Bucket, job: Job, current: StoredDocument) -> None:
    """Add to a receipt that stays those calls of the job that would be in none: the upload was overwritten, and then
    again by what it was."""
    found = receipt_in(current)
    if found and job.calls_without_receipt and found.job != job.public_id:
        calls = total(found.earlier_calls, job.calls_without_receipt)
        found = found.model_copy(update={"job": job.public_id, "earlier_calls": calls})
        document = found.model_dump_json(indent=1).encode()
        bucket.write(job.upload.receipt_key, document, inputs_etag=current.inputs_etag)


def _with_inputs(bucket: Bucket, job: Job, now: datetime, image: ObjectHead, companion: ObjectHead | None) -> Job:
    """The job, made from these pictures; begun anew when it was about others."""
    inputs_etag = ",".join(picture.etag for picture in (image, companion) if picture)
    if job.inputs_etag not in ("", inputs_etag):
        bucket.delete(job.copies)  # made from pictures that are no longer there
        job = Job(
            id=job.id,
            source=job.source,
            uploaded_at=job.uploaded_at,
            due=job.due,
            lease_until=job.lease_until,
            revision=job.revision,
            earlier_calls=job.earlier_calls,
            calls_without_receipt=total(job.calls_without_receipt, calls_in(now, job.attempts)),
        )
    return replace(
        job,
        etag=image.etag,
        uploaded_at=image.modified,
        inputs_etag=inputs_etag,
        capability=job.upload.capability,
        looked=job.revision,
    )


def _companion(bucket: Bucket, upload: Upload) -> tuple[str, ObjectHead | None]:
    """What lies beside the picture, with its role."""
    for role, newest in _beside(bucket, upload):
        companion = bucket.peek(newest.key)
        if companion is not None and companion.size > 0:
            return role, companion
    return "", None


def _beside(bucket: Bucket, upload: Upload) -> Iterator[tuple[str, ListedObject]]:
    """What lies beside the picture in each of its roles, of which the first counts: its own, else its folder's; the
    newest where there are several. Nothing lies beside a companion."""
    for role in upload.roles if upload.kind is Kind.PICTURE else ():
        own, folder = upload.companion_prefixes(role)
        listed = ((entry, Upload(entry.key)) for entry in bucket.list(own))
        named_after = (entry for entry, beside in listed if beside.role == role and beside.picture == upload)
        of_folder = (entry for entry in bucket.list(folder) if Upload(entry.key).kind is Kind.FOLDER_COMPANION)
        # None of these is kept as a list: a stranger may have put any number of names there.
        first = next(named_after, None)
        found: Iterator[ListedObject] = chain((first,), named_after) if first else of_folder
        if newest := max((entry for entry in found if entry.size), key=lambda entry: entry.modified, default=None):
            yield role, newest


def _is_overruled(role: str, image: ObjectHead, upload: Upload) -> bool:
    """Whether what lies beside `image` makes no difference: a document that says what the image's metadata say too."""
    return role in image.metadata and role in CAPABILITIES[upload.capability].options
