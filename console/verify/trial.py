"""The trial: photos are uploaded, and their receipts waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.account import Account, ApiError, speaking
from console.verify.photos import Photo
from console.verify.pictures import is_partial, subject_share
from shared.jobs.job import Job
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload

if TYPE_CHECKING:
    import oss2

PATIENCE = 900.0
"""Seconds that a receipt is waited for: a vendor's asynchronous job may take minutes, and a queue as well."""
_PAUSE = 1.0


@dataclass(frozen=True)
class Outcome:
    """What became of a photo. `seconds` are from its upload to its receipt, to within a second."""

    photo: Photo
    seconds: float
    receipt: Receipt | None = None
    """None when it did not come."""
    stuck: str = ""
    """What its job says then: a stage, and a code."""
    subject: float | None = None
    """The share of the picture that shows something, as `pictures.subject_share` has it; None without a picture."""

    @property
    def has_picture(self) -> bool:
        """Whether a picture came with something in it, and something cut away."""
        return is_partial(self.subject)


def upload(account: Account, photos: Sequence[Photo]) -> dict[str, float]:
    """When each was uploaded, by key, by the clock of `time.monotonic`. Raises `ApiError`."""
    bucket, at = account.bucket(), dict[str, float]()
    for photo in photos:
        with speaking("OSS", "PutObject"):
            for key, content in (*photo.beside, (photo.key, photo.content)):
                bucket.put_object(key, content)
        at[photo.key] = time.monotonic()
    return at


def outcomes(account: Account, photos: Sequence[Photo], at: dict[str, float]) -> Iterator[Outcome]:
    """Each as it comes; what has not come after `PATIENCE` comes last. Raises `ApiError`."""
    bucket, waiting = account.bucket(), {photo.key: photo for photo in photos}
    ends = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < ends:
        for key, photo in [*waiting.items()]:
            if (found := _read(bucket, Upload(key).receipt_key)) is not None:
                del waiting[key]
                seconds, receipt = time.monotonic() - at[key], Receipt.model_validate_json(found)
                contents = [content for each in receipt.outputs if (content := _read(bucket, each.key)) is not None]
                yield Outcome(photo, seconds, receipt, subject=subject_share(photo.capability, contents))
        time.sleep(_PAUSE if waiting else 0)
    jobs = account.bucket(account.settings.jobs_bucket)
    for key, photo in waiting.items():
        yield Outcome(photo, time.monotonic() - at[key], stuck=_what_it_waits_for(jobs, key))


def _what_it_waits_for(jobs: oss2.Bucket, key: str) -> str:
    if (found := _read(jobs, Upload(key).job_key)) is None:
        return ""
    job = Job.from_json(found)
    return " ".join(filter(None, (job.stage.name, job.code)))


def _read(bucket: oss2.Bucket, key: str) -> bytes | None:
    """None when there is no such object."""
    try:
        with speaking("OSS", "GetObject"):
            content: bytes = bucket.get_object(key).read()
            return content
    except ApiError as error:
        if error.code == "NoSuchKey":
            return None
        raise
