"""A copy of the receipts, and of the documents of listing pictures, on this machine.

To read 100,000 receipts from the bucket for one question would take 100,000 requests. With the copy it takes a listing,
with 1,000 names a request, and a request for each document whose ETag has changed since. The copy is a file of SQLite,
so that memory does not grow with it. It may be deleted at any time: everything in it is in the bucket.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

from console.records.pages import pages
from console.records.record import Order, Query, Record, in_utc
from shared.cloud.ports import Bucket, StoredDocument
from shared.jobs import keys
from shared.jobs.listing import Listing, listing_in
from shared.jobs.receipt import Receipt, receipt_in
from shared.jobs.upload import Upload

_AT_ONCE = 32
"""Documents that are read at once. Not tuned."""
_PAGE = 500
"""Records in memory at a time: each has some kilobytes."""
_PATIENCE = 60.0
"""Seconds that another command's writing is waited for."""
_ORDERS: Mapping[Order, str] = {
    "new": "finished_at DESC, source DESC",
    "old": "finished_at, source",
    "name": "source",
}
_FORMAT = 1
"""Of the tables: another one gets another file."""
_COLUMNS = "source TEXT PRIMARY KEY, etag TEXT, seen INTEGER, body BLOB, about TEXT"
_TABLES = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS receipts ({_COLUMNS}, status TEXT, code TEXT, capability TEXT, said TEXT, finished_at TEXT,
    calls INTEGER, yuan REAL);
CREATE TABLE IF NOT EXISTS listings ({_COLUMNS}, verdict TEXT);
CREATE INDEX IF NOT EXISTS finished ON receipts (finished_at, source);
"""
"""`about` is the ETag of the upload that a document is about. A file that is no document of ours has no body."""
_RECORDS = """
receipts LEFT JOIN (SELECT source, about, verdict, body AS listing FROM listings) USING (source, about)
"""


def cache_file(bucket: str) -> Path:
    """Where a bucket's documents are kept: in the user's folder of caches (XDG Base Directory Specification)."""
    return (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oss-cutout" / f"{bucket}.{_FORMAT}.sqlite"
    )


@dataclass(frozen=True)
class Refreshed:
    """What a refresh has gone through: documents that are there, and those of them that were read."""

    listed: int = 0
    read: int = 0
    changed: tuple[str, ...] = field(default=(), compare=False)
    """The uploads whose documents were read from the last page of names."""


@dataclass(frozen=True)
class _Table:
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
    if found is None or found.source != source:
        return None
    said, finished = f"{found.code} {found.message} {found.message_zh}", in_utc(found.finished_at)
    yuan = None if found.price_yuan is None else found.attempts * found.price_yuan
    return (stored.body, found.etag, found.status, found.code, found.capability, said, finished, found.attempts, yuan)


def _of_listing(stored: StoredDocument, source: str) -> tuple[Any, ...] | None:
    found = listing_in(stored, source)
    return (stored.body, found.etag, found.verdict) if found else None


_RECEIPTS = _Table("receipts", keys.receipts_below, lambda upload: upload.receipt_key, _of_receipt, 9)
_LISTINGS = _Table("listings", keys.listings_below, lambda upload: upload.listing_key, _of_listing, 3)


class Mirror:
    """The documents of `bucket`, in `file`. Its methods may be called in any thread, and raise what `Bucket` does."""

    def __init__(self, bucket: Bucket, file: Path) -> None:
        self._bucket, self._file = bucket, file
        self._lock = RLock()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._tables = _opened(file)
        except sqlite3.DatabaseError:  # the machine went down while it was written
            for each in file.parent.glob(f"{file.name}*"):
                each.unlink()
            self._tables = _opened(file)

    def close(self) -> None:
        self._tables.close()

    # ---------------------------------------------------------------- from the bucket

    def refresh(self, prefix: str = keys.UPLOADS, say: Callable[[Refreshed], object] = lambda _: None) -> Refreshed:
        """Bring in what has changed of the uploads below `prefix`; `say` is told how far that is, a page at a time."""
        so_far = Refreshed()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for table in (_RECEIPTS, _LISTINGS):
                began = time.time_ns()  # another command may refresh too: it deletes nothing that was seen after this
                for page in pages(self._bucket, table.below(prefix)):
                    found = {table.source(each.key): each.etag for each in page if each.key.endswith(".json")}
                    changed = self._changed(table, found, began)
                    read = pool.map(partial(self._read, table), changed)
                    self._put(table, [*zip(changed, read, strict=True)], began)
                    so_far = Refreshed(so_far.listed + len(found), so_far.read + len(changed), tuple(changed))
                    say(so_far)
                gone = f"DELETE FROM {table.name} WHERE substr(source, 1, length(?)) = ? AND seen < ?"
                self._run(gone, (prefix, prefix, began))
        return so_far

    def take_in(self, source: str) -> Record | None:
        """Bring in the documents of one upload; None when it has no receipt."""
        for table in (_RECEIPTS, _LISTINGS):
            self._put(table, [(source, self._read(table, source))], time.time_ns())
        return next(self.find(Query(sources=(source,))), None)

    def _read(self, table: _Table, source: str) -> StoredDocument | None:
        return self._bucket.read(table.key(Upload(source)))

    def _changed(self, table: _Table, found: Mapping[str, str], began: int) -> list[str]:
        """Those uploads of whose documents we have no version, or another one."""
        update = f"UPDATE {table.name} SET seen = ? WHERE source = ? AND etag = ?"
        with self._lock, self._tables:
            return [
                source
                for source, etag in found.items()
                if not self._tables.execute(update, (began, source, etag)).rowcount
            ]

    def _put(self, table: _Table, documents: Iterable[tuple[str, StoredDocument | None]], seen: int) -> None:
        """Keep what was read; without what is not there any more."""
        delete = f"DELETE FROM {table.name} WHERE source = ?"
        insert = f"INSERT OR REPLACE INTO {table.name} VALUES (?, ?, ?{', ?' * table.width})"
        with self._lock, self._tables:
            for source, stored in documents:
                if stored is None:
                    self._tables.execute(delete, (source,))
                    continue
                columns = table.columns(stored, source) or (None,) * table.width
                self._tables.execute(insert, (source, stored.etag, seen, *columns))

    # ---------------------------------------------------------------- from this machine

    def find(self, query: Query, order: Order = "new", *, limit: int = -1, skip: int = 0) -> Iterator[Record]:
        """The records that meet `query`, as they are now, a page of them in memory at a time. `limit` of -1: all."""
        where, values = _where(query)
        found = f"SELECT body, etag, listing FROM {_RECORDS} {where} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?"
        # A connection of its own sees what was there when it began, whatever is brought in meanwhile. A web server goes
        # on with it in whichever of its threads is free.
        with closing(sqlite3.connect(self._file, timeout=_PATIENCE, check_same_thread=False)) as tables:
            rows = tables.execute(found, (*values, limit, skip))
            while page := rows.fetchmany(_PAGE):
                yield from (_record(*row) for row in page)

    def count(self, query: Query, by: str = "status") -> dict[str, int]:
        """How many records meet `query`, by their `status` or `verdict`."""
        where, values = _where(query)
        return dict(self._run(f"SELECT {by}, COUNT(*) FROM {_RECORDS} {where} GROUP BY {by}", values))

    def finished(self, query: Query) -> tuple[int, datetime | None]:
        """How many records meet `query`, and when the first of them was finished."""
        where, values = _where(query)
        ((count, first),) = self._run(f"SELECT COUNT(*), MIN(finished_at) FROM {_RECORDS} {where}", values)
        return count, datetime.fromisoformat(first) if first else None

    def reasons(self, query: Query) -> list[tuple[str, str, int]]:
        """The statuses and codes of the records that meet `query`, and how many have them: the most frequent first."""
        where, values = _where(query)
        by = f"SELECT status, code, COUNT(*) FROM {_RECORDS} {where} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
        return self._run(by, values)

    def sums(self, query: Query) -> tuple[int, float]:
        """How many calls for the records that meet `query` may have been billed, and what they cost in yuan, without
        those whose price is not in their receipts."""
        where, values = _where(query)
        ((calls, yuan),) = self._run(f"SELECT SUM(calls), SUM(yuan) FROM {_RECORDS} {where}", values)
        return calls or 0, yuan or 0.0

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        with self._lock, self._tables:
            return self._tables.execute(statement, values).fetchall()


def _opened(file: Path) -> sqlite3.Connection:
    tables = sqlite3.connect(file, timeout=_PATIENCE, check_same_thread=False)
    file.chmod(0o600)  # names of files, and what is wrong with them
    tables.executescript(_TABLES)
    return tables


def _where(query: Query) -> tuple[str, tuple[str, ...]]:
    conditions = [*query.conditions()]
    values = tuple(value for _, those in conditions for value in those)
    return " AND ".join(("WHERE body IS NOT NULL", *(condition for condition, _ in conditions))), values


def _record(body: bytes, etag: str, listing: bytes | None) -> Record:
    receipt = Receipt.model_validate_json(body)
    return Record(receipt, etag, Listing.model_validate_json(listing) if listing else None)
