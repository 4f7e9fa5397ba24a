"""An order of listing pictures: it lies in the bucket for as long as they are not made."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from pydantic import AwareDatetime, ValidationError

from shared.cloud.ports import StoredDocument
from shared.jobs.keys import UPLOADS
from shared.jobs.output import Document
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.vendors.listing import LISTING


class ListingOrder(Document):
    """What is to be made of a cutout, at `orders/<X>.<digest of what is ordered>.json`.

    The digest is in its name, so that no order ever takes another's place, and deleting one never deletes another: OSS
    has no delete with a condition.
    """

    version: int = 1
    source: str
    """The key of the upload."""
    etag: str
    """The ETag of the upload: of another one, nothing is made."""
    uploaded_at: AwareDatetime
    """When the upload was last written: it tells this version from an earlier one with the same bytes."""
    inputs_etag: str
    """What the cutout was made from, as its metadata say."""
    cutout: str
    """The key of the cutout."""
    capability: str
    listing: str
    """As the option spells it: `<preset>[+<preset>…]`."""
    ordered_at: AwareDatetime
    rings: int = 0
    """How often settle has written the order anew, since nobody had worked it off."""

    @property
    def key(self) -> str:
        ordered = (self.etag, self.uploaded_at.isoformat(), self.inputs_etag, self.cutout, self.listing)
        return Upload(self.source).order_key(hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:32])

    def to_json(self) -> bytes:
        return self.model_dump_json().encode()


def order_for(receipt: Receipt, inputs_etag: str, now: datetime, listing: str = "") -> ListingOrder | None:
    """The order of `listing`, else of what the receipt's own options ask for. None when neither asks for anything, when
    the receipt names no cutout, and when nothing shows in the cutout.

    `inputs_etag` is that of the receipt, and of the cutout.
    """
    listing = listing or receipt.options.get(LISTING, "")
    if not listing or not receipt.shows_something:
        return None
    return ListingOrder(
        source=receipt.source,
        etag=receipt.etag,
        uploaded_at=receipt.uploaded_at,
        inputs_etag=inputs_etag,
        cutout=receipt.outputs[0].key,  # of several, the first is the whole
        capability=receipt.capability,
        listing=listing,
        ordered_at=now,
    )


def order_in(stored: StoredDocument, key: str) -> ListingOrder | None:
    """The order that was stored at `key`; None when the document is no order, is an order with another key, or names
    anything but an upload and its own cutout: OSS may refuse other names, each time."""
    try:
        order = ListingOrder.model_validate_json(stored.body)
    except ValidationError:
        return None
    upload = Upload(order.source)
    is_ours = upload.key.startswith(UPLOADS) and upload.fits and order.cutout.startswith(upload.output_key("", ""))
    return order if is_ours and order.key == key else None
