"""Prepares a call: checks an upload's pictures and options against its capability, and makes links for the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from shared.cloud.ports import Bucket, ObjectHead
from shared.errors import Incomplete, Rejected
from shared.jobs import keys
from shared.jobs.job import Job
from shared.jobs.receipt import CMYK_COLOURS
from shared.jobs.upload import Kind, Upload
from shared.messages import uploads as messages
from shared.pictures.admission import Limits, admit_mask, admit_picture
from shared.pictures.geometry import Frame
from shared.pictures.header import read_header
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import Rendering
from shared.pipeline.links import Copy, Picture, show
from shared.pipeline.snapshot import Snapshot
from shared.vendors.capabilities import LABELS, capability, vendor_options
from shared.vendors.capability import Capability, Companion
from shared.vendors.listing import LISTING, with_listing
from shared.vendors.options import Areas, admit_areas
from shared.vendors.protocol import Task


@dataclass(frozen=True)
class PreparedCall:
    """A call that is ready to be made, once its `copies` are there."""

    row: Capability
    task: Task
    copies: tuple[Copy, ...]


def prepare(bucket: Bucket, snapshot: Snapshot, listings: Mapping[str, str]) -> tuple[Job, PreparedCall]:
    """Check the snapshot against its capability, and make the call. Raises `Rejected` or `Incomplete`.

    `listings` are the listing pictures, by capability, that are made where an upload asks for none itself.
    """
    job = snapshot.job
    if not job.capability:
        raise Rejected("InvalidPath", messages.INVALID_PATH(uploads=keys.UPLOADS))
    if (suffix := job.upload.suffix).isdecimal() or suffix in LABELS:
        # The first of several pictures of `a.jpg` is `a.jpg.0.png`, and so would be the only one of `a.jpg.0`.
        raise Rejected("AmbiguousName", messages.AMBIGUOUS_NAME(suffix=suffix))
    row = capability(job.capability)
    if beside := job.upload.named_after:
        raise _without_picture(job.upload.role, beside)
    own = {name: value for name, value in snapshot.image.metadata.items() if name in (*row.options, LISTING)}
    options = _with_companion(job.upload.options | own, snapshot, row)
    vendor_fields = vendor_options(row, {name: value for name, value in options.items() if name != LISTING})
    options = with_listing(row, options, listings.get(row.name, ""))
    header = _header(bucket, snapshot.image)
    rendering = admit_picture(header, snapshot.image.size, row.limits)
    frame = Frame(header.width, header.height, header.orientation, rendering.width, rendering.height)
    pictures = [Picture(snapshot.image.key, header, rendering)]
    for option in row.options.values():
        if isinstance(option, Areas) and option.field in vendor_fields:
            vendor_fields[option.field] = admit_areas(vendor_fields[option.field], option, frame)
    if row.companion and row.companion.instead not in options:
        pictures.append(_companion_picture(bucket, row.limits, row.companion, snapshot, (header, rendering)))
    links, copies = show(bucket, job, row, pictures)
    remark = CMYK_COLOURS if any(picture.header.cmyk for picture in pictures) else ""
    reshaped = ";".join(picture.rendering.process for picture in pictures if picture.rendering.process)
    job = replace(job, options=options, reshaped=reshaped, remark=remark, frame=frame)
    return job, PreparedCall(row, Task(dict(zip(row.fields.values(), links, strict=False)), vendor_fields), copies)


def _without_picture(role: str, beside: Upload) -> Incomplete | Rejected:
    """Why a companion is not served, which is named after `beside`."""
    if beside.kind is not Kind.PICTURE:
        return Rejected("CompanionOfCompanion", messages.COMPANION_OF_COMPANION(role=role, beside=beside.key))
    return Incomplete("PictureMissing", messages.PICTURE_MISSING(picture=beside.key))


def _with_companion(options: dict[str, str], snapshot: Snapshot, row: Capability) -> dict[str, str]:
    """`options`, with the one that a document beside the picture holds; without it when a picture lies there."""
    if row.companion is None or not row.companion.instead or snapshot.companion is None:
        return options
    if snapshot.role == row.companion.role:
        return {name: value for name, value in options.items() if name != row.companion.instead}
    if row.companion.instead in options:
        return options
    if snapshot.companion.is_link:
        raise Rejected("Symlink", messages.IN_COMPANION(role=snapshot.role, said=messages.SYMLINK()))
    if snapshot.companion.size > len(snapshot.companion.head):
        said = messages.OPTIONS_TOO_LONG(key=snapshot.companion.key, size=snapshot.companion.size)
        raise Rejected("InvalidOption", said)
    return options | {row.companion.instead: snapshot.companion.head.decode("utf-8-sig", "replace")}


def _companion_picture(
    bucket: Bucket, limits: Limits, second: Companion, snapshot: Snapshot, first: tuple[Header, Rendering]
) -> Picture:
    """The second picture, fit to be shown with the first one. Raises `Incomplete` as long as there is none."""
    if snapshot.companion is None:
        upload = snapshot.job.upload
        own, folder = upload.companion_prefixes(second.role)
        beside = f"{upload.companion_prefixes(second.instead)[0]}json"
        instead = messages.NOR_INSTEAD(option=second.instead, document=beside) if second.instead else ""
        missing = messages.COMPANION_MISSING(role=second.role, own=own, folder=folder, instead=instead)
        raise Incomplete("CompanionMissing", missing)
    try:
        header = _header(bucket, snapshot.companion)
        if second.same_size:
            fit = admit_mask(header, snapshot.companion.size, limits, *first)
        else:
            fit = admit_picture(header, snapshot.companion.size, limits)
    except Rejected as error:
        raise Rejected(error.code, messages.IN_COMPANION(role=second.role, said=error.text)) from None
    return Picture(snapshot.companion.key, header, fit)


def _header(bucket: Bucket, picture: ObjectHead) -> Header:
    if picture.is_link:
        raise Rejected("Symlink", messages.SYMLINK())
    return read_header(picture.head, picture.size, partial(bucket.read_range, picture.key), picture.key)
