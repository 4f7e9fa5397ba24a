"""From an upload's name to links for the vendor: what lies in the bucket, held against what the capability takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from shared import log
from shared.cloud.ports import METADATA, Bucket, ObjectHead
from shared.errors import Incomplete, Rejected
from shared.jobs import keys
from shared.jobs.job import Job
from shared.jobs.receipt import CMYK_COLOURS, is_current_receipt, is_of_older_version, outputs_of
from shared.pictures.admission import Limits, admit_mask, admit_picture
from shared.pictures.geometry import Frame
from shared.pictures.header import read_header
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import Rendering
from shared.pipeline.links import Copy, Picture, show
from shared.vendors.capabilities import CAPABILITIES, LABELS, capability, companion_roles, vendor_options
from shared.vendors.capability import Capability, Companion
from shared.vendors.options import Areas, admit_areas
from shared.vendors.protocol import Task


@dataclass(frozen=True)
class Snapshot:
    """The pictures of an upload as they lie in the bucket now, and the job as it stands with them."""

    job: Job
    image: ObjectHead
    companion: ObjectHead | None
    role: str
    """The companion's; empty without one."""


@dataclass(frozen=True)
class NothingToDo:
    """There is nothing to do: the upload is not there, or what it asks for was done before."""

    existed: bool


@dataclass(frozen=True)
class PreparedCall:
    """What the vendor is shown; first, `copies` must be made."""

    row: Capability
    task: Task
    missing_copies: tuple[Copy, ...]


def take_snapshot(bucket: Bucket, job: Job, image: ObjectHead | None = None) -> Snapshot | NothingToDo:
    """What lies in the bucket now. The event may be late and the job old: what counts is the object as it is.

    `image` is the upload as it was seen before the job was claimed.
    """
    seen_before = image is not None
    image = image or bucket.peek(job.source)
    if image is None or image.size == 0:
        return NothingToDo(existed=False)
    if METADATA in image.metadata:
        log.error(
            "result_uploaded",
            job=job,
            message="this is a result of ours, brought back under uploads/, and a rule that does so never ends; "
            "to have it cut out again, upload it without the metadata x-oss-meta-oss-cutout",
        )
        return NothingToDo(existed=True)
    name = keys.capability_name(job.source)
    if is_served_with_another(bucket, job.source):
        return NothingToDo(existed=True)
    role, companion = _companion(bucket, job.source, companion_roles(name))
    used = None if _is_overruled(role, image, name) else companion
    inputs_etag = ",".join(picture.etag for picture in (image, used) if picture)
    if job.inputs_etag not in ("", inputs_etag):
        bucket.delete(job.copies)  # copies of what is no longer there
        job = Job(id=job.id, source=job.source, uploaded_at=job.uploaded_at, due=job.due, lease_until=job.lease_until)
    if not all(bucket.etag(copy) for copy in job.copies):
        bucket.delete(job.copies)  # of which some were never made, or a lifecycle rule took some as the job waited
        job = replace(job, copies=())
    job = replace(
        job, etag=image.etag, uploaded_at=image.modified, inputs_etag=inputs_etag, capability=name, looked=job.revision
    )
    # What lies beside a picture may have been told that its picture is missing.
    complaint = (keys.receipt(companion.key),) if companion and keys.image_of(companion.key, (role,)) else ()
    earlier = bucket.read(keys.receipt(job.source))
    if earlier is not None:
        if is_current_receipt(earlier, job):
            bucket.delete(complaint)
            return NothingToDo(existed=True)
        if seen_before and not is_of_older_version(earlier, image):
            return take_snapshot(bucket, job)  # a newer version may have been served between that look and the claim
        job = replace(job, replaces=(keys.receipt(job.source), *outputs_of(earlier, job.source)))
    job = replace(job, replaces=(*(key for key in job.replaces if key not in complaint), *complaint))
    return Snapshot(job, image, companion, role)


def prepare(bucket: Bucket, snapshot: Snapshot) -> tuple[Job, PreparedCall]:
    """Hold what was seen against the capability. Raises `Rejected` or `Incomplete`."""
    job = snapshot.job
    if not job.capability:
        raise Rejected("InvalidPath", f"a picture belongs into {keys.UPLOADS}<group>/<capability>/")
    if (suffix := keys.suffix(job.source)).isdecimal() or suffix in LABELS:
        # The first of several pictures of `a.jpg` is `a.jpg.0.png`, and so would be the only one of `a.jpg.0`.
        raise Rejected("AmbiguousName", f"a name that ends in .{suffix} is another upload's result's: add its suffix")
    row = capability(job.capability)
    if subject := keys.image_of(job.source, row.companion_roles):
        raise Incomplete("PictureMissing", f"this belongs to {subject}, which has not been uploaded")
    own = {name: snapshot.image.metadata[name] for name in row.options if name in snapshot.image.metadata}
    options = _with_companion(keys.options(job.source) | own, snapshot, row)
    vendor_fields = vendor_options(row, options)
    header = _header(bucket, snapshot.image)
    rendering = admit_picture(header, snapshot.image.size, row.limits)
    frame = Frame(header.width, header.height, header.orientation, rendering.width, rendering.height)
    pictures = [Picture(snapshot.image.key, header, rendering)]
    for option in row.options.values():
        if isinstance(option, Areas) and option.field in vendor_fields:
            vendor_fields[option.field] = admit_areas(vendor_fields[option.field], option, frame)
    if row.companion and row.companion.instead not in options:
        pictures.append(_second(bucket, row.limits, row.companion, snapshot, (header, rendering)))
    links, copies = show(bucket, job, row, pictures)
    remark = CMYK_COLOURS if any(picture.header.cmyk for picture in pictures) else ""
    reshaped = ";".join(picture.rendering.process for picture in pictures if picture.rendering.process)
    job = replace(job, options=options, reshaped=reshaped, remark=remark, frame=frame)
    return job, PreparedCall(row, Task(dict(zip(row.fields.values(), links, strict=False)), vendor_fields), copies)


def is_current(bucket: Bucket, job: Job) -> bool:
    """Whether the upload is still there, in the version that the job is for: one request to OSS, and none in the run
    that looked at it."""
    return job.looked == job.revision or bucket.etag(job.source) == job.etag


def is_served_with_another(bucket: Bucket, upload: str) -> bool:
    """Whether this is a second picture whose first one is there."""
    image = keys.image_of(upload, companion_roles(keys.capability_name(upload)))
    found = bucket.peek(image) if image else None
    return found is not None and found.size > 0


def _companion(bucket: Bucket, upload: str, roles: tuple[str, ...]) -> tuple[str, ObjectHead | None]:
    """What lies beside the picture, in the first of `roles` that anything has: its own, else its folder's; the newest
    where there are several."""
    for role in () if keys.image_of(upload, roles) else roles:
        own, folder = keys.companion_prefixes(upload, role)
        found = [entry for entry in bucket.list(own) if keys.image_of(entry.key, (role,)) == upload] or [
            entry for entry in bucket.list(folder) if keys.serves_folder(entry.key, (role,))
        ]
        newest = max(found, key=lambda entry: entry.modified, default=None)
        companion = bucket.peek(newest.key) if newest else None
        if companion is not None and companion.size > 0:
            return role, companion
    return "", None


def _is_overruled(role: str, image: ObjectHead, name: str) -> bool:
    """Whether what lies beside `image` makes no difference: a document that says what the image's metadata say too."""
    return role in image.metadata and role in CAPABILITIES[name].options


def _with_companion(options: dict[str, str], snapshot: Snapshot, row: Capability) -> dict[str, str]:
    """`options`, with the one that a document beside the picture holds; without it when a second picture is there."""
    if row.companion is None or not row.companion.instead or snapshot.companion is None:
        return options
    if snapshot.role == row.companion.role:
        return {name: value for name, value in options.items() if name != row.companion.instead}
    if row.companion.instead in options:
        return options
    if snapshot.companion.size > len(snapshot.companion.head):
        raise Rejected(
            "InvalidOption", f"{snapshot.companion.key} has {snapshot.companion.size:,} bytes: too long for options"
        )
    return options | {row.companion.instead: snapshot.companion.head.decode("utf-8-sig", "replace")}


def _second(
    bucket: Bucket, limits: Limits, second: Companion, snapshot: Snapshot, first: tuple[Header, Rendering]
) -> Picture:
    """The second picture, fit to be shown with the first one. Raises `Incomplete` as long as there is none."""
    if snapshot.companion is None:
        own, folder = keys.companion_prefixes(snapshot.image.key, second.role)
        beside = f"{keys.companion_prefixes(snapshot.image.key, second.instead)[0]}json"
        instead = f"; nor are there {second.instead}, in metadata or in {beside}" if second.instead else ""
        missing = f"the {second.role} has not been uploaded, neither {own}<ext> nor {folder}<ext>{instead}"
        raise Incomplete("CompanionMissing", missing)
    try:
        header = _header(bucket, snapshot.companion)
        if second.same_size:
            fit = admit_mask(header, snapshot.companion.size, limits, *first)
        else:
            fit = admit_picture(header, snapshot.companion.size, limits)
    except Rejected as error:
        raise Rejected(error.code, f"the {second.role}: {error.message}") from None
    return Picture(snapshot.companion.key, header, fit)


def _header(bucket: Bucket, picture: ObjectHead) -> Header:
    return read_header(picture.head, picture.size, partial(bucket.read_range, picture.key), picture.key)
