"""Works off an order of listing pictures: they are made of the photo and its cutout, and stored with a document.

Nothing is locked. Whoever makes them again stores the same bytes, so an order may be worked off twice, also at once;
and an order that lies in the bucket is work that is not done, whatever died over it. What is stored by an instance that
still works for an earlier version is made good when its order ends: the newest version's order is then written again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from shared import log
from shared.cloud.ports import METADATA, Bucket, ObjectHead
from shared.errors import ObjectForbidden, Rejected, Unavailable
from shared.jobs.listing import Listing, ListingPicture, listing, listing_in
from shared.jobs.listing_order import ListingOrder, order_for, order_in
from shared.jobs.receipt import receipt_in
from shared.jobs.upload import Upload
from shared.messages import jobs as messages
from shared.pictures.sniff import Download
from shared.pipeline.listing_pictures import making
from shared.pipeline.listing_rings import MOST_RINGS

_PIECE = 1 << 16
"""Bytes of a file that are read at once."""
_WRITES = 3
"""Of a document, at the most: two instances may write one at the same time, each with rows of its own order."""


@dataclass(eq=False, repr=False)
class Lister:
    """`bucket` has the photos, their cutouts and the orders; `memory` is the instance's, in bytes."""

    bucket: Bucket
    memory: int
    clock: Callable[[], datetime]

    def work_off(self, key: str) -> bool:
        """Make what the order at `key` is about, and delete the order. False when there is none at that key.

        Raises `Misconfigured` or `Unavailable` when that cannot be done now: then the order stays.
        """
        stored = self.bucket.read(key)
        if stored is None:
            return False
        if order := order_in(stored, key):
            self._work_off(order)
        else:
            log.error("order_unreadable", key=key, message="this was no order of listing pictures: it is deleted")
        self.bucket.delete((key,))
        return True

    def _work_off(self, order: ListingOrder) -> None:
        try:
            pictures = self._current_pictures(order)
        except Rejected as error:  # OSS hands out no more what was archived
            if self.bucket.etag(order.source) == order.etag:
                self._publish(listing(order, self.clock(), error=error), order)
            return
        except ObjectForbidden:
            if order.rings <= MOST_RINGS:
                raise
            self._give_up(order)
            return
        if pictures is not None:
            if order.rings > MOST_RINGS:
                self._give_up(order)
            self._make(order, *pictures)
        newest = self.bucket.etag(order.source) if pictures else ""
        if pictures and not newest:
            self._withdraw(order)
        elif newest != order.etag:
            self._order_newest(order)

    def _current_pictures(self, order: ListingOrder) -> tuple[ObjectHead, ObjectHead] | None:
        """The photo and the cutout; None when one of them is not the one that the order is about."""
        photo = self.bucket.peek(order.source)
        if photo is None or photo.is_link or photo.etag != order.etag:
            return None
        cutout = self.bucket.peek(order.cutout)
        return (photo, cutout) if cutout and cutout.metadata.get(METADATA) == order.inputs_etag else None

    def _order_newest(self, order: ListingOrder) -> None:
        """Order the listing of the newest version again: what was stored for this version may have taken its place."""
        stored = self.bucket.read(Upload(order.source).receipt_key)
        receipt = receipt_in(stored) if stored else None
        newest = order_for(receipt, stored.inputs_etag, self.clock()) if stored and receipt else None
        if newest and newest.source == order.source and newest.key != order.key:
            self.bucket.write(newest.key, newest.to_json())

    def _give_up(self, order: ListingOrder) -> None:
        """Write a document that says `failed`, and delete the order, before the order is tried a last time: a death
        then leaves nothing to ring for. That try is made because settle also rings for an order that only waits for an
        instance, so it may be the first one."""
        text = messages.NOT_LISTED(rings=order.rings)
        log.error("listing_failed", key=order.source, message=text.en)
        self._publish(listing(order, self.clock(), error=Unavailable("NotListed", text)), order)
        self.bucket.delete((order.key,))

    def _make(self, order: ListingOrder, photo: ObjectHead, cutout: ObjectHead) -> None:
        self._withdraw_earlier(order)
        try:
            with making(self.bucket, order, photo, cutout, self.memory) as made:
                if self._current_pictures(order) is None:  # another version came before both were fetched
                    return
                rows = tuple(self._store(row, path, order) for row, path in made.pictures())
                found = listing(order, self.clock(), pictures=rows, reshaped=made.plan.process, **asdict(made.verdict))
        except Rejected as error:
            found = listing(order, self.clock(), error=error)
        self._publish(found, order)
        facts = found.model_dump(include={"capability", "status", "verdict", "code"})
        log.info("listed", key=order.source, listing=order.listing, **facts)

    def _withdraw_earlier(self, order: ListingOrder) -> None:
        """Delete what lies there of an earlier version, before this one's pictures take the same names."""
        key = Upload(order.source).listing_key
        earlier = listing_in(self.bucket.read(key), order.source)
        if earlier and earlier.etag != order.etag:
            self.bucket.delete((key, *earlier.keys()))

    def _withdraw(self, order: ListingOrder) -> None:
        """Delete what was made of a photo that was deleted meanwhile: that is final."""
        key = Upload(order.source).listing_key
        made = listing_in(self.bucket.read(key), order.source)
        self.bucket.delete((key, *(made.keys() if made else ())))

    def _store(self, row: ListingPicture, path: Path | None, order: ListingOrder) -> ListingPicture:
        """Store the picture in the file `path`, if one was made, and delete the file."""
        if path is not None:
            with path.open("rb") as file:
                download = Download(row.content_type, row.key.rpartition(".")[2], iter(partial(file.read, _PIECE), b""))
                self.bucket.store(row.key, download, inputs_etag=order.inputs_etag)
            path.unlink()
        return row

    def _publish(self, found: Listing, order: ListingOrder) -> None:
        """Write the document, with the rows of other orders of this version."""
        key = Upload(order.source).listing_key
        for _ in range(_WRITES):
            there = listing_in(self.bucket.read(key), order.source)
            if there and there.says(found):
                return
            document = found.with_rows_of(there).model_dump_json(indent=1).encode()
            self.bucket.write(key, document, inputs_etag=order.inputs_etag)
