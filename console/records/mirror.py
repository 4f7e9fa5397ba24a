"""A copy of the receipts, and of the documents of listing pictures, on this machine.

To read 100,000 receipts from the bucket for one question would take 100,000 requests. With the copy it takes a listing,
with 1,000 names a request, and a request for each document whose ETag has changed since. The copy is a file of SQLite,
so that memory does not grow with it. It may be deleted at any time: everything in it is in the bucket.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from console.records.cache import Cache, CacheLost
from console.records.pages import pages
from console.records.record import Order, Position, Query, Record
from console.records.rows import LISTINGS, ORDERS, RECEIPTS, RECORDS, Table, record, where
from shared.cloud.ports import Bucket, StoredDocument
from shared.errors import CutoutError, Misconfigured, Rejected
from shared.jobs import keys
from shared.jobs.upload import Upload

_AT_ONCE = 32
"""Documents that are read at once. Not tuned."""
_PAGE = 500
"""Records in memory at a time: each has some kilobytes."""
_FORMAT = 2
"""Of the tables, and of the documents in them: another one gets another file."""


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
    refused: tuple[CutoutError, ...] = field(default=(), compare=False)
    """Why OSS let some not be read: those are passed over."""
    changed: tuple[str, ...] = field(default=(), compare=False)
    """The uploads of whose documents the last page had another version than before."""
    gone: tuple[str, ...] = field(default=(), compare=False)
    """The uploads whose receipts were found to have been deleted since the last page."""


class Mirror:
    """The documents of `bucket`, in `file`. Its methods may be called in any thread, and raise what `Bucket` and
    `Cache` do."""

    def __init__(self, bucket: Bucket, file: Path) -> None:
        self._bucket, self._cache = bucket, Cache(file)

    def close(self) -> None:
        self._cache.close()

    # ---------------------------------------------------------------- from the bucket

    def refresh(self, prefix: str = keys.UPLOADS, say: Callable[[Refreshed], object] = lambda _: None) -> Refreshed:
        """Bring in what has changed of the uploads below `prefix`; `say` is told how far that is, a page at a time.

        When OSS refuses all documents of a page, that is raised; a single one that it refuses is passed over.
        """
        try:
            return self._refresh(prefix, say)
        except CacheLost:
            return self._refresh(prefix, say)

    def _refresh(self, prefix: str, say: Callable[[Refreshed], object]) -> Refreshed:
        so_far = Refreshed()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for table in (RECEIPTS, LISTINGS):
                with self._cache.writing() as tables:
                    began = _step(tables)
                for page in pages(self._bucket, table.below(prefix)):
                    found = {table.source(each.key): each.etag for each in page if each.key.endswith(".json")}
                    changed = self._changed(table, found)
                    read = dict(zip(changed, pool.map(partial(self._read, table), changed), strict=True))
                    refused = tuple(each for each in read.values() if isinstance(each, CutoutError))
                    if len(refused) == len(found) > 1:  # there is no right to read documents at all
                        raise refused[0]
                    self._put(table, read)
                    so_far = Refreshed(
                        so_far.listed + len(found), so_far.read + len(read), so_far.refused + refused, tuple(read)
                    )
                    say(so_far)
                gone = self._drop_unseen(table, prefix, began)
                of_receipts = table is RECEIPTS  # without its listing pictures, a photo is still there
                so_far = replace(so_far, changed=() if of_receipts else gone, gone=gone if of_receipts else ())
                say(so_far)
        return so_far

    def take_in(self, source: str) -> Record | None:
        """Bring in the documents of one upload; None when it has no receipt, or one that OSS refuses."""
        for table in (RECEIPTS, LISTINGS):
            self._put(table, {source: self._read(table, source)})
        return next(self.find(Query(sources=(source,))), None)

    def _read(self, table: Table, source: str) -> StoredDocument | CutoutError | None:
        try:
            return self._bucket.read(table.key(Upload(source)))
        except (Misconfigured, Rejected) as error:  # it has an ACL of its own, say, or a lifecycle rule archived it
            return error

    def _changed(self, table: Table, found: Mapping[str, str]) -> list[str]:
        """Those uploads of whose documents we have no version, or another one."""
        update = f"UPDATE {table.name} SET seen = ? WHERE source = ? AND etag = ?"
        with self._cache.writing() as tables:
            step = _step(tables)
            return [
                source for source, etag in found.items() if not tables.execute(update, (step, source, etag)).rowcount
            ]

    def _put(self, table: Table, documents: Mapping[str, StoredDocument | CutoutError | None]) -> None:
        """Keep what was read; without what is not there any more, or cannot be read."""
        delete = f"DELETE FROM {table.name} WHERE source = ?"
        insert = f"INSERT OR REPLACE INTO {table.name} VALUES (?, ?, ?{', ?' * table.width})"
        with self._cache.writing() as tables:
            step = _step(tables)
            for source, stored in documents.items():
                if not isinstance(stored, StoredDocument):
                    tables.execute(delete, (source,))
                    continue
                columns = table.columns(stored, source) or (None,) * table.width
                tables.execute(insert, (source, stored.etag, step, *columns))

    def _drop_unseen(self, table: Table, prefix: str, began: int) -> tuple[str, ...]:
        """Drop what nobody has seen since the step `began`; the uploads whose documents these were."""
        unseen, values = "WHERE substr(source, 1, length(?)) = ? AND seen < ?", (prefix, prefix, began)
        with self._cache.writing() as tables:
            gone = tables.execute(f"SELECT source FROM {table.name} {unseen} AND body IS NOT NULL", values).fetchall()
            tables.execute(f"DELETE FROM {table.name} {unseen}", values)
        return tuple(source for (source,) in gone)

    # ---------------------------------------------------------------- from this machine

    def find(
        self, query: Query, order: Order = "new", *, limit: int = -1, after: Position | None = None
    ) -> Iterator[Record]:
        """The records that meet `query` and come after `after`, as they are now, a page of them in memory at a time.
        `limit` of -1: all."""
        clause, values = where(query, order, after)
        found = f"SELECT body, etag, listing FROM {RECORDS} {clause} ORDER BY {ORDERS[order]} LIMIT ?"
        with self._cache.reading() as tables:
            rows = tables.execute(found, (*values, limit))
            while page := rows.fetchmany(_PAGE):
                yield from (record(*row) for row in page)

    def count(self, query: Query, by: str = "status") -> dict[str, int]:
        """How many records meet `query`, by their `status` or `verdict`."""
        return dict(self._select(f"{by}, COUNT(*)", query, f"GROUP BY {by}"))

    def finished(self, query: Query) -> tuple[int, datetime | None]:
        """How many records meet `query`, and when the first of them was finished."""
        ((count, first),) = self._select("COUNT(*), MIN(finished_at)", query)
        return count, datetime.fromisoformat(first) if first else None

    def reasons(self, query: Query) -> list[tuple[str, str, int]]:
        """The statuses and codes of the records that meet `query`, and how many have them: the most frequent first."""
        return self._select("status, code, COUNT(*)", query, "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")

    def sums(self, query: Query) -> tuple[int, float]:
        """How many calls for the records that meet `query` may have been billed, and what they cost in yuan, without
        those whose price is not in their receipts."""
        ((calls, yuan),) = self._select("SUM(calls), SUM(yuan)", query)
        return calls or 0, yuan or 0.0

    def _select(self, columns: str, query: Query, rest: str = "") -> list[Any]:
        clause, values = where(query)
        with self._cache.reading() as tables:
            return tables.execute(f"SELECT {columns} FROM {RECORDS} {clause} {rest}", values).fetchall()


def _step(tables: sqlite3.Connection) -> int:
    """The number of a step: greater than those of all steps before it, by whichever command. No clock tells that, as a
    clock may be set back."""
    tables.execute("UPDATE steps SET number = number + 1")
    (number,) = tables.execute("SELECT number FROM steps").fetchone()
    return int(number)
