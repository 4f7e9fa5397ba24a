"""Photos as the page is told of them: a card each, in JSON."""

from __future__ import annotations

from typing import Any

from console.records.record import Record
from console.records.under_way import UnderWay
from shared.errors import Rejected
from shared.jobs.job import Job
from shared.jobs.upload import Upload
from shared.messages.message import Message

Card = dict[str, Any]
_NOTHING = Message("", "")


def of_record(record: Record) -> Card:
    """What became of a photo."""
    receipt, listing = record.receipt, record.listing
    return _card(
        receipt.source,
        receipt.status,
        status=receipt.status,
        options=receipt.options,
        code=receipt.code,
        message=said(record.message),
        price_yuan=receipt.price_yuan,
        attempts=receipt.attempts,
        request_id=receipt.request_id,
        uploaded_at=receipt.uploaded_at.isoformat(),
        finished_at=receipt.finished_at.isoformat(),
        outputs=[output.model_dump(include=_OF_OUTPUT) for output in receipt.outputs],
        listings=[
            {
                **picture.model_dump(include=_OF_LISTING),
                "message": said(Message(picture.message, picture.message_zh or picture.message)),
            }
            for picture in (listing.pictures if listing else ())
        ],
        verdict=record.verdict,
        reasons=[said(reason) for reason in record.reasons] if record.verdict == "look" else [],
    )


_OF_OUTPUT = {"key", "label", "content_type", "bytes", "width", "height"}
_OF_LISTING = {"preset", "key", "width", "height", "bytes", "code"}


def of_job(found: UnderWay, job: Job | None = None) -> Card:
    """A photo that is under way; with what its job says, where that was read."""
    text, code = (job.text, job.code) if job else (_NOTHING, "")
    return _card(found.source, found.stage, code=code, message=said(text), attempts=job.attempts if job else 0)


def of_upload(source: str) -> Card:
    """A photo of which nothing is known but that it was uploaded."""
    return _card(source, "uploaded")


def said(text: Message) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _card(source: str, stage: str, **facts: Any) -> Card:
    upload = Upload(source)
    return {
        "source": source,
        "name": source.rpartition("/")[2],
        "stage": stage,
        "status": "",
        "capability": upload.capability,
        "options": _options(upload),
        "code": "",
        "message": said(_NOTHING),
        "price_yuan": None,
        "attempts": 0,
        "request_id": "",
        "uploaded_at": None,
        "finished_at": None,
        "outputs": [],
        "listings": [],
        "verdict": "",
        "reasons": [],
    } | facts


def _options(upload: Upload) -> dict[str, str]:
    try:
        return upload.options
    except Rejected:
        return {}
