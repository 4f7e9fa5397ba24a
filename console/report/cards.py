"""What the report shows of one photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console import moments
from console.records.record import Record
from console.report.words import WORDS
from console.screen import Language


@dataclass(frozen=True)
class Shown:
    """A picture of the bucket: its key, and what stands below it. Without a key there is only the text."""

    key: str
    title: str
    made: bool = True
    """By us; else it is the photo itself."""


@dataclass(frozen=True)
class Card:
    """One photo, with the words in the report's language."""

    source: str
    status: str
    look: bool
    """Whether a person should look at the cutout."""
    message: str
    reasons: tuple[str, ...]
    capability: str
    options: str
    finished: str
    request_id: str
    pictures: tuple[Shown, ...]


def card(record: Record, language: Language) -> Card:
    receipt, look = record.receipt, record.verdict == "look"
    return Card(
        source=receipt.source,
        status=receipt.status,
        look=look,
        message=getattr(record.message, language),
        reasons=tuple(getattr(reason, language) for reason in record.reasons) if look else (),
        capability=receipt.capability,
        options=", ".join(f"{name}={value}" for name, value in sorted(receipt.options.items())),
        finished=moments.local(receipt.finished_at),
        request_id=receipt.request_id,
        pictures=(Shown(receipt.source, getattr(WORDS["photo"], language), made=False), *_made(record, language)),
    )


def _made(record: Record, language: Language) -> Iterator[Shown]:
    for output in record.receipt.outputs:
        yield Shown(output.key, f"{getattr(WORDS['result'], language)} {output.label}".rstrip())
    for picture in record.listing.pictures if record.listing else ():
        why = picture.message_zh if language == "zh" else picture.message
        yield Shown(picture.key, picture.preset if picture.key else f"{picture.preset}: {why}")
