"""What an upload is told in the end, and what an earlier receipt in that place says."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from shared import keys
from shared.capabilities import CAPABILITIES
from shared.documents import Job, Output, Receipt
from shared.errors import CutoutError, Incomplete, Rejected
from shared.models import Source, Stored

_EMPTY = "EmptyResult"
CMYK_COLOURS = "CmykColours"
_REMARKS = {
    "": "",
    _EMPTY: "the vendor found no subject: nothing shows in its picture",
    CMYK_COLOURS: "the picture has the colours of print (CMYK), which may have shifted on the way: "
    "if they have, save it again as RGB, and upload that",
}
"""What is to be said of an upload that was served, by its code."""


def receipt(
    job: Job, now: datetime, *, outputs: tuple[Output, ...] = (), empty: bool = False, error: CutoutError | None = None
) -> Receipt:
    """The receipt of a job that is over: with its outputs, which may all be empty, or with the error that ended it."""
    row = CAPABILITIES.get(job.capability)  # None for an upload that asked for what there is not
    status: Literal["done", "rejected", "failed"]
    match error:
        case None:
            status = "done"
        case Rejected() | Incomplete():
            status = "rejected"
        case _:
            status = "failed"
    remark = _EMPTY if empty else job.remark
    code, message = (error.code, error.message) if error else (remark, _REMARKS[remark])
    return Receipt(
        source=job.source,
        etag=job.etag,
        status=status,
        capability=job.capability,
        provider=row.provider if row else "",
        action=row.action if row else "",
        options=dict(job.options),
        request_id=error.request_id if error and error.request_id else job.request_id,
        outputs=outputs,
        reshaped=job.reshaped,
        attempts=job.attempts,
        code=code,
        message=message,
        uploaded_at=job.uploaded_at,
        finished_at=now,
    )


def is_told(stored: Stored, job: Job) -> bool:
    """Whether `stored` is the receipt for the pictures that `job` saw, and still holds: uploading one again asks for
    another try at what failed."""
    found = _readable(stored)
    return (
        found is not None
        and stored.mark == job.mark
        and (found.status == "done" or found.uploaded_at == job.uploaded_at)
    )


def is_of_older(stored: Stored, image: Source) -> bool:
    """Whether `stored` is the receipt of a version that was put before `image`; OSS tells times in whole seconds."""
    found = _readable(stored)
    return found is not None and found.uploaded_at < image.modified


def outputs_of(stored: Stored, upload: str) -> list[str]:
    """The pictures of `upload` that its receipt `stored` names: what a copied or forged one names beside them is not
    ours to delete."""
    found = _readable(stored)
    named = [] if found is None else [(output.key, output.label) for output in found.outputs]
    return [key for key, label in named if key == keys.output(upload, label, key.rpartition(".")[2])]


def _readable(stored: Stored) -> Receipt | None:
    try:
        return Receipt.model_validate_json(stored.body)
    except ValidationError:
        return None  # somebody's own file in the receipt's place
