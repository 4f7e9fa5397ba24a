"""The rows of the mirror: what they have of each document, and how they are asked for, in SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from pydantic import ValidationError

from console.records.record import Order, Position, Query, Record, in_utc
from shared.cloud.ports import StoredDocument
from shared.jobs import keys
from shared.jobs.listing import Listing, listing_in
from shared.jobs.receipt import Receipt, receipt_in
from shared.jobs.upload import Upload

RECORDS = """
receipts LEFT JOIN (SELECT source, about, verdict, body AS listing FROM listings) USING (source, about)
"""
ORDERS: Mapping[Order, str] = {
    "new": "finished_at DESC, source DESC",
    "old": "finished_at, source",
    "name": "source",
}

_MOST_CALLS, _MOST_YUAN = 1_000_000, 1_000_000
"""Calls for one upload, and the price of one."""
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(3000, 1, 1, tzinfo=timezone.utc)
"""Moments that every computer can convert to its own time zone: Windows knows none after the year 3000."""


@dataclass(frozen=True)
class Table:
    """One kind of document: where those of the uploads below a folder lie, which is that of an upload, and its columns
    after `seen`; none for what is no such document."""

    name: str
    below: Callable[[str], str]
    key: Callable[[Upload], str]
    columns: Callable[[StoredDocument, str], tuple[Any, ...] | None]
    width: int

    def source(self, key: str) -> str:
        """The upload whose document lies at `key`."""
        return keys.UPLOADS + key.partition("/")[2].removesuffix(".json")


def _of_receipt(stored: StoredDocument, source: str) -> tuple[Any, ...] | None:
    found = receipt_in(stored)
    if found is None or found.source != source or not _can_be_ours(found):
        return None
    said, finished = f"{found.code} {found.message} {found.message_zh}", in_utc(found.finished_at)
    yuan = None if found.price_yuan is None else found.attempts * found.price_yuan
    return (stored.body, found.etag, found.status, found.code, found.capability, said, finished, found.attempts, yuan)


def _can_be_ours(receipt: Receipt) -> bool:
    """Whether its numbers and moments are some that can be stored and added up: a forged one must not keep all others
    from being shown. The line only takes from it what `shared.jobs.calls` lets pass."""
    moments = (receipt.uploaded_at, receipt.finished_at)
    return (
        0 <= receipt.attempts <= _MOST_CALLS
        and 0 <= (receipt.price_yuan or 0) <= _MOST_YUAN
        and all(_EARLIEST <= moment <= _LATEST for moment in moments)
    )


def _of_listing(stored: StoredDocument, source: str) -> tuple[Any, ...] | None:
    found = listing_in(stored, source)
    return (stored.body, found.etag, found.verdict) if found else None


RECEIPTS = Table("receipts", keys.receipts_below, lambda upload: upload.receipt_key, _of_receipt, 9)
LISTINGS = Table("listings", keys.listings_below, lambda upload: upload.listing_key, _of_listing, 3)


def where(query: Query, order: Order = "new", after: Position | None = None) -> tuple[str, tuple[str, ...]]:
    """The clause for the records that meet `query` and come after `after` in that order, and the values in it."""
    conditions = [*_conditions(query), *([_after(order, after)] if after else [])]
    values = tuple(value for _, those in conditions for value in those)
    return " AND ".join(("WHERE body IS NOT NULL", *(condition for condition, _ in conditions))), values


def _conditions(query: Query) -> Iterator[tuple[str, tuple[str, ...]]]:
    if query.prefix:
        yield "substr(source, 1, length(?)) = ?", (query.prefix, query.prefix)
    lists = (("status IN", query.statuses), ("source IN", query.sources), ("source NOT IN", query.without))
    for column_in, values in lists:
        if values:  # as one value, since the number of values in a statement is limited
            yield f"{column_in} (SELECT value FROM json_each(?))", (json.dumps(values, ensure_ascii=False),)
    for column, value in (("verdict", query.verdict), ("capability", query.capability)):
        if value:
            yield f"{column} = ?", (value,)
    if query.code is not None:
        yield "code = ?", (query.code,)
    if query.text:
        yield "instr(lower(source || ' ' || said), lower(?)) > 0", (query.text,)
    if query.since:
        yield "finished_at >= ?", (in_utc(query.since),)
    if query.until:
        yield "finished_at < ?", (in_utc(query.until),)


def _after(order: Order, position: Position) -> tuple[str, tuple[str, ...]]:
    if order == "name":
        return "source > ?", position[1:]
    return f"(finished_at, source) {'<' if order == 'new' else '>'} (?, ?)", position


def record(body: bytes, etag: str, listing: bytes | None) -> Record:
    """Raises `sqlite3.DatabaseError` for what was no document when it was kept, or is none any more: damage that SQLite
    does not see, as its pages have no checksums."""
    try:
        receipt = Receipt.model_validate_json(body)
        return Record(receipt, etag, Listing.model_validate_json(listing) if listing else None)
    except ValidationError as error:
        raise sqlite3.DatabaseError("no document") from error
