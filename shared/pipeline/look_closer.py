"""What a backfill learns of an upload from its receipt, beyond what listings show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared import log
from shared.cloud.ports import Bucket
from shared.errors import CutoutError
from shared.jobs.listing import listing_in
from shared.jobs.listing_order import order_for
from shared.jobs.receipt import is_of_another_version, receipt_in, says_failed
from shared.pipeline.backfill_order import Order
from shared.pipeline.unserved import TO_BE_SERVED, ListedUpload, Standing
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.listing import is_listable


def look_closer(pictures: Bucket, order: Order, now: datetime, found: ListedUpload) -> ListedUpload:
    """`found`, with what its receipt says about what was ordered, where it has one that must be read."""
    try:
        if order.listing:
            return _for_listing(pictures, order, now, found)
        if found.standing is Standing.EARLY_RECEIPT or (order.failed and found.standing is Standing.RECEIPT):
            return _for_another_try(pictures, order, found)
    except CutoutError as error:
        log.warning("backfill", key=found.upload.key, message=error.message, code=error.code)
        return replace(found, standing=Standing.UNREADABLE_RECEIPT)
    return found


def _for_another_try(pictures: Bucket, order: Order, found: ListedUpload) -> ListedUpload:
    stored = pictures.read(found.upload.receipt_key)
    if stored and is_of_another_version(stored, found.listed.etag):
        return replace(found, standing=Standing.NO_RECEIPT)
    if order.failed and stored and says_failed(stored):
        return replace(found, standing=Standing.FAILED, supersedes=stored.etag)
    return found


def _for_listing(pictures: Bucket, order: Order, now: datetime, found: ListedUpload) -> ListedUpload:
    """With the order of its listing pictures, where the receipt names a cutout that they can be made of."""
    if found.standing not in (Standing.RECEIPT, Standing.EARLY_RECEIPT, *TO_BE_SERVED):
        return found
    stored = pictures.read(found.upload.receipt_key)  # it tells its version itself, in whatever second it was written
    receipt = receipt_in(stored) if stored else None
    wanted = order_for(receipt, stored.inputs_etag, now, order.listing) if stored and receipt else None
    if receipt is None or wanted is None or receipt.etag != found.listed.etag:
        return replace(found, standing=Standing.NO_CUTOUT)
    row = CAPABILITIES.get(receipt.capability)
    if row is None or not is_listable(row, receipt.options):
        return replace(found, standing=Standing.NOT_LISTABLE)
    there = listing_in(pictures.read(found.upload.listing_key), found.upload.key)
    if there and there.answers(wanted):
        return replace(found, standing=Standing.LISTED)
    return replace(found, standing=Standing.LISTABLE, listing_order=wanted)
