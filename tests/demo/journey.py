"""There and back: photos into the bucket, and everything that came of them home into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from oss2.exceptions import OssError

from shared.jobs import keys
from shared.jobs.job import Job
from shared.jobs.listing import Listing
from shared.jobs.listing_order import order_for
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from tests.demo.bucket import Bucket
from tests.demo.photos import Photo

_PAUSE = 0.25
"""Seconds between two looks into the bucket."""


@dataclass(frozen=True)
class Shot:
    """A photo and what became of it: the receipt, or, where there is none, a sentence that says why."""

    photo: Photo
    receipt: Receipt | None = None
    trouble: str = ""
    listing: Listing | None = None

    @property
    def is_to_be_listed(self) -> bool:
        """Whether listing pictures are being made of its cutout."""
        return (
            self.served
            and self.receipt is not None
            and order_for(self.receipt, "", self.receipt.finished_at) is not None
        )

    @property
    def empty(self) -> bool:
        """Whether there is a result, and nothing shows in it."""
        return self.served and self.receipt is not None and self.receipt.code == "EmptyResult"

    @property
    def rejected(self) -> bool:
        """Whether the answer is that this photo cannot be served, and why."""
        return self.receipt is not None and self.receipt.status == "rejected" and not self.trouble

    @property
    def served(self) -> bool:
        return self.receipt is not None and self.receipt.status == "done" and not self.trouble


def send(bucket: Bucket, photo: Photo) -> str:
    """Upload `photo`; why that cannot be, empty when it is done."""
    if photo.refusal:
        return photo.refusal
    try:
        bucket.put(photo.key, photo.content)
    except (OssError, OSError) as error:
        return f"It could not be uploaded: {error}"
    return ""


def receipts(
    bucket: Bucket, uploads: Collection[str], *, patience: float, waiting: Callable[[int], None]
) -> Iterator[Receipt]:
    """The receipts of `uploads`, each as it comes; ends when all have come, or none has for `patience` seconds.

    `waiting` is told, over and over, how many are still to come.
    """
    missing = {Upload(upload).receipt_key for upload in uploads}
    last = time.monotonic()
    while missing and time.monotonic() - last < patience:
        for key in missing.intersection(bucket.names(keys.CUTOUTS)):
            # Whoever uploads again what was there takes the old receipt away.
            if (body := bucket.read(key)) is not None:
                missing.remove(key)
                last = time.monotonic()
                yield Receipt.model_validate_json(body)
        waiting(len(missing))
        if missing:
            time.sleep(_PAUSE)


def with_listings(bucket: Bucket, shots: list[Shot], *, patience: float) -> list[Shot]:
    """The shots, each with its listing, as long as all of them come within `patience` seconds."""
    ends = time.monotonic() + patience
    listed = {shot.photo.key: Upload(shot.photo.key).listing_key for shot in shots if shot.is_to_be_listed}
    while {*listed.values()} - {*bucket.names(keys.LISTINGS)} and time.monotonic() < ends:
        time.sleep(_PAUSE)
    found = {upload: bucket.read(key) for upload, key in listed.items()}
    documents = {upload: Listing.model_validate_json(body) for upload, body in found.items() if body}
    return [replace(shot, listing=documents.get(shot.photo.key)) for shot in shots]


def why_unfinished(bucket: Bucket, upload: str) -> str:
    """Why `upload` has no receipt, as far as its job says."""
    body = bucket.read(Upload(upload).job_key)
    if body is None:
        return "There is neither a receipt nor a job: no function has begun it."
    job = Job.from_json(body)
    trouble = f": {job.code}, {job.message}" if job.code else ""
    return f"No receipt came in time; its job is {job.stage.name}{trouble}."


def bring_home(bucket: Bucket, folder: Path, shots: list[Shot]) -> list[Shot]:
    """Download uploads, cutouts and listings into `folder`, in the bucket's own layout; what cannot be kept is on its
    shot."""
    lost: dict[str, str] = {}
    for key in (name for prefix in (keys.UPLOADS, keys.CUTOUTS, keys.LISTINGS) for name in bucket.names(prefix)):
        path = folder / key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            bucket.save(key, path)
        except OSError as error:  # such as a name that is too long for this file system
            lost[key] = f"{key} could not be saved here: {error.strerror}"
    return [_without(shot, lost) for shot in shots]


def _without(shot: Shot, lost: dict[str, str]) -> Shot:
    outputs = shot.receipt.outputs if shot.receipt else ()
    reasons = [lost[key] for key in (shot.photo.key, *(output.key for output in outputs)) if key in lost]
    return replace(shot, trouble="; ".join(reasons)) if reasons else shot
