"""The receipt: what became of an upload. How one is written, and what an earlier one in its place says."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from shared.cloud.ports import ObjectHead, StoredDocument
from shared.errors import CutoutError, Incomplete, Rejected
from shared.jobs.calls import calls_in, total
from shared.jobs.job import Job
from shared.jobs.output import Document, Output
from shared.jobs.upload import Upload
from shared.messages import pictures as messages
from shared.messages.message import Message
from shared.vendors.capabilities import CAPABILITIES


class Receipt(Document):
    """What became of an upload, at `cutouts/<X>.json`, written last: it exists, so everything it names is there."""

    version: Literal[1] = Field(
        default=1,
        description="1 for as long as no field of these is taken away, renamed or given another meaning or type. More "
        "fields and codes may come: pass over those that you do not know.",
    )
    source: str = Field(description="The key of the upload.")
    etag: str = Field(
        description="The ETag that the upload had, as OSS gives it, without quotes. If it has another one by now, this "
        "is about an earlier version, and another receipt will take its place."
    )
    status: Literal["done", "rejected", "failed"] = Field(
        description="done: every picture in `outputs` is there. rejected: this upload cannot be served; `message` says "
        "what could be. failed: the vendor gave no result in five calls, those of an outage not counted."
    )
    capability: str = Field(default="", description="<group>/<capability>: the first two folders of the upload.")
    provider: str = Field(default="", description="The vendor that serves the capability; empty for no capability.")
    action: str = Field(default="", description="What the vendor calls the capability.")
    options: dict[str, str] = Field(
        default={},
        description="The options that counted, of the upload's folders, its metadata and what lay beside it.",
    )
    request_id: str = Field(default="", description="The vendor's name for the call, to quote when asking about it.")
    job: str = Field(
        default="",
        description="A random name of the work that came to this. A receipt that was written once more, as its writer "
        "died before it could say so, has the same one.",
    )
    outputs: tuple[Output, ...] = Field(default=(), description="The pictures that were stored; none unless done.")
    reshaped: str = Field(
        default="",
        description="What OSS did to the picture before the vendor saw it, as a value of x-oss-process; of two "
        "pictures, joined by a semicolon. Empty: nothing.",
    )
    attempts: int = Field(
        default=0,
        description="Calls that the vendor may have billed; a call that did not reach it, or was turned away, is none.",
    )
    earlier_calls: dict[str, int] = Field(
        default={},
        description="Calls that the vendor may have billed for what stood here before, by month in UTC, as in "
        '{"2026-11": 2}: for earlier versions of the upload, and for tries that had failed. `attempts` are none of '
        "these, and belong to the month of `finished_at`.",
    )
    price_yuan: float | None = Field(
        default=None,
        description="Of a cutout, what a call of its capability costs in yuan: by the setting PRICES, else by the "
        "vendor's list of 2022-05. 0: nothing was called. null: not known.",
    )
    code: str = Field(
        default="",
        description="Why, in a word for programs. Those of ours are listed, with who must act; nobody: what it names "
        "passes by itself, and has been tried again.",
    )
    message: str = Field(default="", description="Why, in a sentence for the person who uploaded the picture.")
    message_zh: str = Field(default="", description="The same in Chinese.")
    uploaded_at: AwareDatetime = Field(description="When the upload was last written.")
    finished_at: AwareDatetime = Field(description="When this was written.")

    @property
    def calls_by_month(self) -> dict[str, int]:
        """All calls that this knows of: its own, and the earlier ones."""
        return total(calls_in(self.finished_at, self.attempts), self.earlier_calls)

    @property
    def shows_something(self) -> bool:
        """Whether there is a picture in which something shows."""
        return bool(self.outputs) and self.code != _EMPTY


_EMPTY = "EmptyResult"
CMYK_COLOURS = "CmykColours"
_REMARKS = {"": Message("", ""), _EMPTY: messages.NO_SUBJECT(), CMYK_COLOURS: messages.CMYK_COLOURS()}
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
    code, text = (error.code, error.text) if error else (remark, _REMARKS[remark])
    return Receipt(
        source=job.source,
        etag=job.etag,
        status=status,
        capability=job.capability,
        provider=row.provider if row else "",
        action=row.action if row else "",
        options=dict(job.options),
        request_id=error.request_id if error and error.request_id else job.request_id,
        job=job.public_id,
        outputs=outputs,
        reshaped=job.reshaped,
        attempts=job.attempts,
        earlier_calls=total(job.earlier_calls, job.calls_without_receipt),
        code=code,
        message=text.en,
        message_zh=text.zh,
        uploaded_at=job.uploaded_at,
        finished_at=now,
    )


def is_current_receipt(stored: StoredDocument, job: Job) -> bool:
    """Whether `stored` is the receipt for the pictures that `job` saw, and still holds: uploading one again asks for
    another try at what failed, and so does a backfill, for the receipt that its job supersedes."""
    found = receipt_in(stored)
    return (
        found is not None
        and stored.etag != job.supersedes
        and stored.inputs_etag == job.inputs_etag
        and (found.status == "done" or found.uploaded_at == job.uploaded_at)
    )


def says_failed(stored: StoredDocument) -> bool:
    """Whether `stored` is a receipt with that status."""
    found = receipt_in(stored)
    return found is not None and found.status == "failed"


def is_of_another_version(stored: StoredDocument, etag: str) -> bool:
    """Whether `stored` is a receipt for the upload as it was when it had another ETag, whichever was written first."""
    found = receipt_in(stored)
    return found is not None and found.etag != etag


def is_of_older_version(stored: StoredDocument, image: ObjectHead) -> bool:
    """Whether `stored` is the receipt of a version that was put before `image`; OSS gives times in whole seconds."""
    found = receipt_in(stored)
    return found is not None and found.uploaded_at < image.modified


def outputs_of(stored: StoredDocument, upload: Upload) -> list[str]:
    """The pictures of `upload` that its receipt `stored` names: what a copied or forged one names beside them is not
    ours to delete."""
    found = receipt_in(stored)
    named = [] if found is None else [(output.key, output.label) for output in found.outputs]
    return [key for key, label in named if key == upload.output_key(label, key.rpartition(".")[2])]


def receipt_in(stored: StoredDocument) -> Receipt | None:
    """The receipt that was stored; None for another file, which was put in its place."""
    try:
        return Receipt.model_validate_json(stored.body)
    except ValidationError:
        return None
