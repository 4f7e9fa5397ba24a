"""What is known of one photo that is served, and which photos are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

from shared.jobs.keys import UPLOADS
from shared.jobs.listing import Listing
from shared.jobs.receipt import Receipt
from shared.messages.message import Message

STATUSES = ("done", "rejected", "failed")
"""Those of receipts."""
FAILURES = ("failed", "rejected")
"""Those of photos that have no result."""
Order = Literal["new", "old", "name"]
"""The last one finished first, the first one first, or by the key."""
Position = tuple[str, str]
"""Where a record is in each of these orders: when it was finished, as `in_utc` has it, and its key."""


@dataclass(frozen=True)
class Record:
    """A receipt as it lies in the bucket, with its ETag, and what was made of the same version for listings, if any."""

    receipt: Receipt
    etag: str
    listing: Listing | None = None

    @property
    def source(self) -> str:
        """The key of the upload."""
        return self.receipt.source

    @property
    def position(self) -> Position:
        return in_utc(self.receipt.finished_at), self.source

    @property
    def verdict(self) -> str:
        """`look`, `ok`, or empty where nothing was judged."""
        return self.listing.verdict if self.listing else ""

    @property
    def message(self) -> Message:
        """Why the photo was not served; empty where it was. A receipt without Chinese says it in English twice."""
        return Message(self.receipt.message, self.receipt.message_zh or self.receipt.message)

    @property
    def reasons(self) -> tuple[Message, ...]:
        """Why a person should look at the cutout."""
        return tuple(map(Message, self.listing.reasons, self.listing.reasons_zh)) if self.listing else ()


@dataclass(frozen=True)
class Query:
    """Which records: those that meet all of this. Empty, or None: all of them."""

    prefix: str = UPLOADS
    statuses: tuple[str, ...] = ()
    verdict: str = ""
    capability: str = ""
    code: str | None = None
    """That of the receipt; empty: it has none."""
    text: str = ""
    """A part of the key, the code or the message, in any case."""
    since: datetime | None = None
    """Finished then or later."""
    until: datetime | None = None
    """Finished before that."""
    sources: tuple[str, ...] = ()
    """These uploads."""
    without: tuple[str, ...] = ()
    """Not these."""


def in_utc(moment: datetime) -> str:
    """ISO 8601 in UTC, always with microseconds: so moments sort as text."""
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
