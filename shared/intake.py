"""From an upload's name to links for the vendor: what lies in the bucket, held against what the capability takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import ValidationError

from shared import keys
from shared.admission import admit_mask, admit_picture
from shared.capabilities import LABELS, capability, companion_role, vendor_options
from shared.documents import Frame, Job, Receipt
from shared.errors import Incomplete, Rejected
from shared.header import read_header
from shared.models import Capability, Header, Source, Stored
from shared.ports import Bucket

_LINK_SECONDS = 600
"""A synchronous vendor fetches within seconds; this is for its own retries."""
_ASYNC_LINK_SECONDS = 6 * 3600
"""An asynchronous one fetches when its queue comes to it."""


@dataclass(frozen=True)
class Seen:
    """The pictures of an upload as they lie in the bucket now, and the job as it stands with them."""

    job: Job
    image: Source
    companion: Source | None


@dataclass(frozen=True)
class Nothing:
    """There is nothing to do: the upload is not there, or what it asks for was done before."""

    existed: bool


@dataclass(frozen=True)
class Exhibit:
    """What the vendor is shown: a link for each role, and which objects and formats are behind them."""

    row: Capability
    links: dict[str, str]
    options: dict[str, str]
    """In the vendor's words."""
    keys: tuple[str, ...]
    formats: tuple[str, ...]


def look(bucket: Bucket, job: Job) -> Seen | Nothing:
    """What lies in the bucket now. The event may be late and the job old: what counts is the object as it is."""
    image = bucket.look(job.source)
    if image is None or image.size == 0:
        return Nothing(existed=False)
    name = keys.capability_name(job.source)
    role = companion_role(name)
    if is_served_with_another(bucket, job.source):
        return Nothing(existed=True)
    companion = None if keys.image_of(job.source, role) else _companion(bucket, job.source, role)
    mark = ",".join(picture.etag for picture in (image, companion) if picture)
    if job.mark not in ("", mark):
        bucket.delete(job.staged)  # copies of what is no longer there
        job = Job(id=job.id, source=job.source, uploaded_at=job.uploaded_at, due=job.due, held_until=job.held_until)
    if not all(bucket.etag(copy) for copy in job.staged):
        job = replace(job, staged=())  # a lifecycle rule took them while the job waited
    job = replace(job, etag=image.etag, uploaded_at=image.modified, mark=mark, capability=name)
    earlier = bucket.read(keys.receipt(job.source))
    if earlier is not None:
        receipt = _readable(earlier)
        if receipt is not None and earlier.mark == job.mark and _stands(receipt, job):
            return Nothing(existed=True)
        job = replace(job, replaces=(keys.receipt(job.source), *_outputs(receipt, job.source)))
    if companion and keys.image_of(companion.key, role):
        # It may have been told that its picture is missing.
        complaint = keys.receipt(companion.key)
        job = replace(job, replaces=(*(key for key in job.replaces if key != complaint), complaint))
    return Seen(job, image, companion)


def admit(bucket: Bucket, seen: Seen) -> tuple[Job, Exhibit]:
    """Hold what was seen against the capability. Raises `Rejected` or `Incomplete`."""
    job = seen.job
    if not job.capability:
        raise Rejected("InvalidPath", f"a picture belongs into {keys.UPLOADS}<group>/<capability>/")
    if (suffix := keys.suffix(job.source)).isdecimal() or suffix in LABELS:
        # The first of several pictures of `a.jpg` is `a.jpg.0.png`, and so would be the only one of `a.jpg.0`.
        raise Rejected("AmbiguousName", f"a name that ends in .{suffix} is another upload's result's: add its suffix")
    row = capability(job.capability)
    own = {name: seen.image.metadata[name] for name in row.options if name in seen.image.metadata}
    options = keys.options(job.source) | own
    spoken = vendor_options(row, options)
    pictures, headers = [seen.image], [_header(bucket, seen.image)]
    shown = [admit_picture(headers[0], seen.image.size, row.limits)]
    if row.second:
        second = _second(job.source, row.second.role, seen)
        pictures.append(second)
        try:
            headers.append(_header(bucket, second))
            if row.second.same_size:
                shown.append(admit_mask(headers[1], second.size, row.limits, headers[0], shown[0]))
            else:
                shown.append(admit_picture(headers[1], second.size, row.limits))
        except Rejected as error:
            raise Rejected(error.code, f"the {row.second.role}: {error.message}") from None
    originals = tuple(picture.key for picture in pictures)
    seconds = _ASYNC_LINK_SECONDS if row.asynchronous else _LINK_SECONDS
    links = {
        role: bucket.link(key, each.process, seconds)
        for role, key, each in zip(row.fields, job.staged or originals, shown, strict=True)
    }
    frame = Frame(headers[0].width, headers[0].height, headers[0].orientation, shown[0].width, shown[0].height)
    reshaped = ";".join(each.process for each in shown if each.process)
    job = replace(job, options=options, reshaped=reshaped, frame=frame)
    return job, Exhibit(row, links, spoken, originals, tuple(header.format for header in headers))


def is_served_with_another(bucket: Bucket, upload: str) -> bool:
    """Whether this is a second picture whose first one is there."""
    image = keys.image_of(upload, companion_role(keys.capability_name(upload)))
    found = bucket.look(image) if image else None
    return found is not None and found.size > 0


def _readable(document: Stored) -> Receipt | None:
    try:
        return Receipt.model_validate_json(document.body)
    except ValidationError:
        return None  # somebody's own file in the receipt's place


def _outputs(receipt: Receipt | None, upload: str) -> list[str]:
    """The upload's own: what a copied or forged receipt names beside them is not ours to delete."""
    own = [] if receipt is None else [(output.key, output.label) for output in receipt.outputs]
    return [key for key, label in own if key == keys.output(upload, label, key.rpartition(".")[2])]


def _stands(receipt: Receipt, job: Job) -> bool:
    """Whether a receipt for the same pictures still holds: uploading one again asks for another try at what failed."""
    return receipt.status == "done" or receipt.uploaded_at == job.uploaded_at


def _companion(bucket: Bucket, upload: str, role: str) -> Source | None:
    """The second picture: the upload's own, else its folder's; the newest where there are several."""
    if not role:
        return None
    own, folder = keys.companion_prefixes(upload, role)
    found = [entry for entry in bucket.list(own) if keys.image_of(entry.key, role) == upload] or [
        entry for entry in bucket.list(folder) if keys.serves_folder(entry.key, role)
    ]
    newest = max(found, key=lambda entry: entry.modified, default=None)
    return bucket.look(newest.key) if newest else None


def _second(upload: str, role: str, seen: Seen) -> Source:
    if seen.companion is not None:
        return seen.companion
    if subject := keys.image_of(upload, role):
        raise Incomplete("PictureMissing", f"this is the {role} of {subject}, which has not been uploaded")
    own, folder = keys.companion_prefixes(upload, role)
    raise Incomplete("CompanionMissing", f"the {role} has not been uploaded, neither {own}<ext> nor {folder}<ext>")


def _header(bucket: Bucket, picture: Source) -> Header:
    def more(start: int, length: int) -> bytes:
        length = min(length, picture.size - start)
        return bucket.window(picture.key, start, length) if length > 0 else b""

    return read_header(picture.head, more)
